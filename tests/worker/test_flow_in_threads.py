"""Where evaluations have threads in this process, each of these tells its value and takes the next point itself."""

import threading
import time
from contextvars import ContextVar

import pytest

import glompo
from glompo.events import Noted
from glompo.optimizers import RandomSampling
from glompo.storage.reader import read_events

BOX = [(-5.0, 5.0)] * 2
MANNER: ContextVar[str] = ContextVar("manner", default="usual")


class Flowing(glompo.BaseOptimizer):
    """Keeps four points in flight, and hands each value to `heard`."""

    heard = staticmethod(lambda number, value: None)

    def minimize(self, function, x0, bounds):
        def tell(number, value):
            del asked[number]
            self.heard(number, value)
            asked[number + 4] = self.rng.uniform(-5, 5, 2)
            return True

        MANNER.set("of the search")
        asked = {number: self.rng.uniform(-5, 5, 2) for number in range(4)}
        function.flow(asked, tell, lambda: False)
        return glompo.MinimizeResult(True)

    def callstop(self, reason=""):
        pass


def run(search, folder, **settings):
    settings = {"max_evaluations": 60, "max_jobs": 4, "rng": 1} | settings
    return glompo.minimize(uneven, BOX, optimizers=search(workers=4), working_dir=folder / "run", **settings)


def uneven(x):
    time.sleep(abs(float(x[0])) * 1e-3)
    return float(x @ x)


def test_a_value_is_told_in_the_thread_that_evaluated_it_in_the_context_of_the_search_and_alone(tmp_path):
    inside, told = threading.Lock(), []

    class Search(Flowing):
        @staticmethod
        def heard(number, value):
            assert inside.acquire(blocking=False)
            told.append((threading.current_thread().name.rpartition("-")[0], MANNER.get()))
            time.sleep(1e-4)  # others land meanwhile
            inside.release()

    assert run(Search, tmp_path).nfev == 60
    assert set(told) == {("glompo-evaluation", "of the search")}
    assert len(told) == 60


def test_what_a_search_raises_when_it_is_told_ends_the_search_and_not_a_thread(tmp_path):
    class Search(Flowing):
        @staticmethod
        def heard(number, value):
            if number == 2:
                raise ZeroDivisionError("told too much")

    run(Search, tmp_path)
    notes = [one.text for one in read_events(tmp_path / "run") if isinstance(one, Noted)]
    assert notes
    assert all("ZeroDivisionError: told too much" in note for note in notes)


@pytest.mark.parametrize("deterministic", [False, True])
def test_all_evaluations_of_a_budget_are_told_when_credits_come_one_by_one(tmp_path, deterministic):
    told = []

    class Search(Flowing):
        @staticmethod
        def heard(number, value):
            told.append(number)

    assert run(Search, tmp_path, max_evaluations=41, deterministic=deterministic).nfev == 41
    assert sorted(told) == list(range(41)) if deterministic else len(told) == 41


def test_points_outside_between_points_inside_are_told_without_an_evaluation(tmp_path):
    called = []

    class Search(RandomSampling):
        def minimize(self, function, x0, bounds):
            return super().minimize(function, x0, [(-10.0, 10.0)] * 2)

    glompo.minimize(
        lambda x: called.append(1) or float(x @ x), BOX, optimizers=Search(workers=4), max_evaluations=50, max_jobs=4,
        rng=1, working_dir=tmp_path / "run",
    )  # fmt: skip
    assert len(called) == 50

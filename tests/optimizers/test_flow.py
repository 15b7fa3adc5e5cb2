"""With several evaluations in flight no slot waits for the slowest of a batch, and the record says what was told."""

import time

import numpy as np
import pytest

import glompo
from glompo.events import Diverged, Evaluated, Recovered
from glompo.exit_conditions import MaxTotalFunctionCalls
from glompo.optimizers import CMAOptimizer, GridSampling, RandomSampling
from glompo.storage.reader import read_events
from glompo.testing import simulate
from glompo.testing.spy import Witness, _Overheard

BOX = [(-5.0, 5.0)] * 2
FLOWING = [RandomSampling(workers=8), GridSampling(20, workers=8), CMAOptimizer(workers=8)]
NAMES = ["random", "grid", "CMA-ES"]


def uneven(x):
    """Return the sphere, after a moment that differs from point to point."""
    time.sleep(abs(float(x[0])) * 1e-3)
    return float(x @ x)


@pytest.mark.parametrize("optimizer", FLOWING, ids=NAMES)
def test_one_long_evaluation_holds_up_no_other(optimizer):
    begun = 0

    def seconds(opt, x):
        nonlocal begun
        begun += 1
        return 40.0 if begun == 3 else 1.0

    done = simulate([optimizer], MaxTotalFunctionCalls(40 * 7 + 1), bounds=BOX, seconds=seconds, max_jobs=8)
    assert done.view.calls == 281
    assert done.view.now <= 42.0


def test_a_search_whose_generation_fills_the_slots_keeps_to_its_generations():
    done = simulate([CMAOptimizer(workers=3)], MaxTotalFunctionCalls(13), bounds=BOX, seconds=1.0, max_jobs=3)
    assert done.view.now == 1 + 4.0  # the starting point, then two generations of six


def test_a_search_with_a_surrogate_keeps_to_its_generations():
    built = CMAOptimizer(workers=20, surrogate=True)
    assert not built.stepper(np.zeros(2), np.array(BOX)).flows()


@pytest.mark.parametrize("saved", [None, 30], ids=["replay", "saved state"])
@pytest.mark.parametrize("optimizer", FLOWING, ids=NAMES)
def test_a_flow_that_was_interrupted_comes_back_exactly(optimizer, saved, tmp_path):
    usual = {"optimizers": optimizer, "max_jobs": 8, "rng": 1, "working_dir": tmp_path / "run", "stoppers": ()}
    glompo.minimize(uneven, BOX, max_evaluations=100, save_states_every=saved, **usual)
    glompo.minimize(uneven, BOX, max_evaluations=160, resume="auto", **usual)
    events = list(read_events(tmp_path / "run"))
    assert not [event for event in events if isinstance(event, Diverged)]
    ways = [event.way for event in events if isinstance(event, Recovered) and event.opt == 1]
    assert ways == (["replay"] if saved is None else ["saved state"])
    assert sum(len(event.f) for event in events if isinstance(event, Evaluated)) == 160


def test_what_is_sampled_does_not_depend_on_the_slots():
    def points(workers):
        done = simulate(
            [RandomSampling(40, workers=workers)], MaxTotalFunctionCalls(40), bounds=BOX, max_jobs=workers, rng=3
        )
        found = np.concatenate([event.X for event in done.events if isinstance(event, Evaluated) and event.opt == 1])
        return sorted(map(tuple, found.tolist()))

    assert points(1) == points(8)


def test_in_deterministic_mode_a_flow_is_told_in_the_order_of_asking(tmp_path):
    def points(run):
        usual = {"optimizers": CMAOptimizer(workers=8), "max_jobs": 8, "rng": 1, "deterministic": True}
        glompo.minimize(uneven, BOX, max_evaluations=90, working_dir=tmp_path / run, **usual)
        return np.concatenate([one.X for one in read_events(tmp_path / run) if isinstance(one, Evaluated)])

    assert np.array_equal(points("a"), points("b"))


def test_failures_points_outside_and_repeated_attempts_are_told_as_they_land(tmp_path):
    told, failed = {}, set()

    class Search(glompo.BaseOptimizer):
        def minimize(self, function, x0, bounds):
            asked = {n: np.full(2, float(n)) for n in range(4)}  # 2 and 3 lie outside

            def tell(number, value):
                told[number] = value
                del asked[number]
                return True

            function.flow(asked, tell, lambda: False)
            return glompo.MinimizeResult(True)

        def callstop(self, reason=""):
            pass

    def task(x):
        if x[0] == 1.0 and 1 not in failed:
            failed.add(1)
            raise ValueError("once")
        return float(x[0]) + 0.5

    glompo.minimize(
        task,
        [(0.0, 1.5)] * 2,
        optimizers=Search(workers=2),
        failure_policy="retry(1)",
        max_jobs=2,
        max_evaluations=3,
        working_dir=tmp_path / "run",
    )
    assert told == {0: 0.5, 1: 1.5, 2: np.inf, 3: np.inf}


class Looked(dict):
    """Points that were asked for; counts how many of them were looked at."""

    looks = 0

    def __reversed__(self):
        for number in super().__reversed__():
            self.looks += 1
            yield number

    def items(self):
        self.looks += len(self)
        return super().items()


def test_a_value_that_lands_has_only_new_points_looked_at():
    asked = Looked()

    class Counting(RandomSampling):
        def minimize(self, function, x0, bounds):
            points = iter(self.rng.uniform(-5, 5, (1000, 2)))

            def tell(number, value):
                del asked[number]
                asked[number + 100] = next(points)
                return number < 200

            asked.update((number, next(points)) for number in range(100))
            function.flow(asked, tell, lambda: False)
            return self.ended()

    uneven = {"seconds": lambda opt, x: 10.0 + float(x[0])}
    done = simulate([Counting(workers=100)], MaxTotalFunctionCalls(500), bounds=BOX, max_jobs=100, **uneven)
    assert done.view.calls > 200
    assert asked.looks < 5 * done.view.calls


@pytest.mark.parametrize("optimizer", FLOWING, ids=NAMES)
def test_a_flow_without_a_manager_evaluates_batch_by_batch(optimizer):
    cls, (args, kwargs) = type(optimizer), optimizer.template()
    calls = 0
    alone = cls(*args, **kwargs)

    def task(x):
        nonlocal calls
        calls += 1
        if calls == 50:
            alone.callstop("enough")
        return float(x @ x)

    assert alone.minimize(task, np.ones(2), BOX).fx < 50


def test_what_a_contract_overhears_of_a_flow_is_what_was_evaluated():
    heard = []

    class Function:
        def flow(self, asked, tell, heed):
            for number in list(asked):
                heard.append(asked[number])
                tell(number, 1.0)

    witness = Witness()
    asked = {0: np.zeros(2), 1: np.ones(2)}
    _Overheard(Function(), witness).flow(asked, lambda number, value: asked.pop(number) is not None, lambda: True)
    assert np.array_equal(witness.points, heard)
    assert witness.values == [1.0, 1.0]

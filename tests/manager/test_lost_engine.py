"""An engine that takes no evaluations ends the session, costs nothing of the budget, and the run goes on later."""

import logging
import os
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import pytest

from glompo import minimize
from glompo.errors import EngineLostError
from glompo.evaluators.protocol import NotEvaluated
from glompo.events import Evaluated
from glompo.function import Outcome, Status
from glompo.optimizers import RandomSampling
from glompo.storage.reader import read_events

BUDGET = 60


class Mortal:
    """An evaluator that takes so many evaluations, and then raises something."""

    def __init__(self, error, left):
        self.error, self.left = error, left

    def evaluate(self, x):
        if self.left == 0:
            raise self.error
        self.left -= 1
        return Outcome(float(x @ x))

    def submit(self, x):
        future = Future()
        try:
            future.set_result(self.evaluate(x))
        except Exception as error:
            future.set_exception(error)
        return future

    def resize(self, workers):
        pass

    def close(self, kill=False):
        pass


def bowl(x):
    return float(x @ x)


def run(tmp_path, **settings):
    usual = {"max_evaluations": BUDGET, "max_jobs": 2, "rng": 1, "stoppers": (), "optimizers": RandomSampling}
    return minimize(bowl, [(-5, 5)] * 2, working_dir=tmp_path / "run", resume="auto", **{**usual, **settings})


def statuses(tmp_path):
    events = read_events(tmp_path / "run")
    return [Status(code) for event in events if isinstance(event, Evaluated) for code in event.status]


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("deterministic", [False, True])
@pytest.mark.parametrize("error", [NotEvaluated("gone"), RuntimeError("cannot schedule new futures after shutdown")])
def test_the_session_ends_with_an_error_and_the_same_call_goes_on(tmp_path, caplog, workers, deterministic, error):
    settings = {"optimizers": RandomSampling(workers=workers), "deterministic": deterministic}
    with caplog.at_level(logging.ERROR, "glompo"), pytest.raises(EngineLostError) as raised:
        run(tmp_path, evaluator=Mortal(error, 25), **settings)
    for part in (str(error), f"working_dir='{tmp_path / 'run'}'", "resume='auto'"):
        assert part in str(raised.value)
    assert str(error) in caplog.text
    result = raised.value.result
    assert (result.success, result.status) == (False, "left")
    assert str(error) in result.message
    assert set(statuses(tmp_path)) == {Status.OK}
    assert result.nfev == len(statuses(tmp_path)) <= 25
    result = run(tmp_path, evaluator=Mortal(error, -1), **settings)
    assert result.success
    assert statuses(tmp_path) == [Status.OK] * BUDGET
    assert {row.how for row in result.optimizers} <= {"stopped", "cut", "converged"}


def test_an_optimizer_that_catches_everything_does_not_hide_it(tmp_path):
    from glompo.optimizers import FunctionOptimizer

    def stubborn(f, x0, bounds):
        while True:
            try:
                f(x0)
            except Exception:
                continue

    with pytest.raises(EngineLostError):
        run(tmp_path, optimizers=FunctionOptimizer(stubborn), evaluator=Mortal(RuntimeError("gone"), 5))
    assert statuses(tmp_path) == [Status.OK] * 5


def test_an_executor_broken_by_one_evaluation_costs_that_one(tmp_path):
    def kills(x):
        return bowl(x) if x[0] < 4.5 else os._exit(3)

    settings = {"max_jobs": 1, "max_evaluations": 200}

    def broken(executor):
        usual = {"rng": 1, "stoppers": (), "optimizers": RandomSampling, "resume": "auto", **settings}
        return minimize(kills, [(-5, 5)] * 2, working_dir=tmp_path / "run", evaluator=executor, **usual)

    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor, pytest.raises(EngineLostError):
        broken(executor)
    before = statuses(tmp_path)
    assert before == [Status.OK] * (len(before) - 1) + [Status.CRASHED]
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor, pytest.raises(EngineLostError):
        broken(executor)
    after = statuses(tmp_path)
    assert after[: len(before)] == before
    assert after.count(Status.CRASHED) == 2


def test_an_executor_that_was_shut_down_costs_nothing(tmp_path):
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    with pytest.raises(EngineLostError, match="the executor takes no evaluations: RuntimeError: cannot schedule new"):
        run(tmp_path, evaluator=executor)
    assert statuses(tmp_path) == []


def test_a_pool_that_cannot_be_started_costs_nothing(tmp_path):
    class Unloadable:
        def __call__(self, x):
            return 0.0

        def __reduce__(self):
            return _loaded, (os.getpid(),)

    def _loaded(here):
        if os.getpid() != here:
            raise OSError("the licence server is gone")
        return Unloadable()

    with pytest.raises(EngineLostError, match="no worker can be started: OSError: the licence server is gone"):
        minimize(
            Unloadable(), [(0, 1)], max_evaluations=9, max_jobs=1, evaluator="pool", optimizers=RandomSampling,
            working_dir=tmp_path / "run",
        )  # fmt: skip
    assert statuses(tmp_path) == []

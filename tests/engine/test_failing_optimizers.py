"""Optimizers that bring nothing do not go on for ever, on any backend, and are heard of."""

import math

import numpy as np
import pytest

import glompo
from glompo.core.state.lifecycle import How
from glompo.exit_conditions import MaxOptimizersConverged, MaxOptimizersStarted, MaxTotalFunctionCalls
from glompo.optimizer import BaseOptimizer, MinimizeResult
from glompo.optimizers import FunctionOptimizer, RandomSampling
from glompo.selectors import CycleSelector, NOptimizersSpawnStop
from glompo.testing import ScriptedOptimizer, simulate

NEVER = MaxOptimizersConverged(10_000)
OUTSIDE = [[9e9, 0.0]] * 3
BOX = [(-1.0, 1.0)] * 2


class NotBuilt(BaseOptimizer):
    def __init__(self, **kwargs):
        raise ValueError("no such basis set")

    def minimize(self, function, x0, bounds):
        raise AssertionError

    def callstop(self, reason=""):
        pass


class AtOnce(BaseOptimizer):
    def minimize(self, function, x0, bounds):
        return MinimizeResult(False)

    def callstop(self, reason=""):
        pass


FRUITLESS = {
    "crash at once": (ScriptedOptimizer([], error=OSError("no licence")), "OSError: no licence (6 times)"),
    "crash after evaluations": (ScriptedOptimizer([[0.0, 0.0]] * 4, error=OSError("boom")), "OSError: boom (6 times)"),
    "crash in the constructor": (NotBuilt, "ValueError: no such basis set (6 times)"),
    "return at once": (AtOnce, "AtOnce: returned without success (6 times)"),
    "only outside": (ScriptedOptimizer(OUTSIDE), "the script is over; no valid point was found (6 times)"),
    "nothing": (FunctionOptimizer(lambda f, x0, bounds: None), "no valid point was found (6 times)"),
    "exit": (ScriptedOptimizer([[0.0, 0.0]], error=SystemExit(3)), "SystemExit: 3 (6 times)"),
}


@pytest.mark.parametrize("name", FRUITLESS)
@pytest.mark.parametrize("slots", [1, 3])
def test_the_run_ends_with_the_reasons(name, slots):
    optimizer, reason = FRUITLESS[name]
    run = simulate([optimizer], NEVER, max_jobs=slots, bounds=BOX)
    assert run.state.finished.rule == "failing optimizers"
    assert reason in run.state.finished.why
    assert run.view.n_started <= 6 + slots


def test_optimizers_that_only_meet_failures_end_the_run_as_well():
    """One valid value before, so that the task as a whole is not to blame."""
    calls = []

    def task(x):
        calls.append(x)
        return 1.0 if len(calls) == 1 else math.nan

    run = simulate([ScriptedOptimizer([[0.0, 0.0]] * 2)], NEVER, task=task, max_jobs=1, bounds=BOX)
    assert run.state.finished.rule == "failing optimizers"
    assert run.state.finished.why.startswith("101 optimizers found no finite value")


def test_one_that_does_its_work_begins_a_new_count():
    crash, work = ScriptedOptimizer([], error=OSError("now and then")), ScriptedOptimizer([[0.5, 0.5]])
    run = simulate([crash, work], MaxTotalFunctionCalls(30), max_jobs=1, bounds=BOX)
    assert run.view.calls == 30
    assert run.view.ended[How.CRASHED] > 20


def test_leaving_a_run_early_counts_against_no_optimizer():
    """Seven optimizers that have not evaluated yet are asked to stop, and are back in the next session."""
    from glompo.testing import history

    run = history(slots=8)
    for _ in range(7):
        run.start()
    for opt in range(1, 8):
        run.stop(opt, by="session")
    assert run.view().in_vain == ()


def test_a_new_session_begins_a_new_count():
    from glompo.testing import history

    run = history(slots=1)
    for _ in range(6):
        run.crash(run.start(), "no licence")
    assert len(run.view().in_vain) == 6
    run.resume()
    assert run.view().in_vain == ()


@pytest.mark.parametrize("backend", ["threads", "processes"])
def test_default_conditions_end_a_run_of_crashes(backend, tmp_path):
    result = glompo.minimize(
        lambda x: float(x @ x),
        BOX,
        optimizers=ScriptedOptimizer([[0.5, 0.5]], error=RuntimeError("boom")),
        max_jobs=2,
        backend=backend,
        working_dir=tmp_path / "run",
    )
    assert not result.success
    assert result.fx == 0.5
    assert "RuntimeError: boom" in result.message
    assert "ScriptedOptimizer: crashed: RuntimeError: boom" in repr(result)


def test_a_process_that_dies_before_it_begins_ends_the_run(tmp_path):
    class Deadly(BaseOptimizer):
        def __init__(self, **kwargs):
            import os

            os._exit(3)

        def minimize(self, function, x0, bounds):
            raise AssertionError

        def callstop(self, reason=""):
            pass

    with pytest.raises(glompo.WorkerError, match="its process ended with exit code 3"):
        glompo.minimize(
            lambda x: float(x @ x), BOX, optimizers=Deadly, max_jobs=2, backend="processes", working_dir=tmp_path / "r"
        )


def test_a_run_in_which_all_crashed_is_no_success():
    """Also one that came to the end that it was asked for."""
    crash = ScriptedOptimizer([[0.5, 0.5]], error=RuntimeError("boom"))
    run = simulate([crash], MaxOptimizersStarted(4), max_jobs=1, bounds=BOX)
    result = glompo.read.result_of(run.view)
    assert run.view.ended == {How.CRASHED: 3, How.CUT: 1}
    assert not result.success
    assert result.message.endswith("; every optimizer failed: 3 of 4, ScriptedOptimizer: crashed: RuntimeError: boom")


def test_a_run_that_only_exhausted_its_optimizers_is_no_success():
    once = CycleSelector(RandomSampling(iters=5), allow_spawn=NOptimizersSpawnStop(1))
    by_default = glompo.minimize(lambda x: float(x @ x), BOX, optimizers=RandomSampling(iters=5), rng=1)
    left = glompo.minimize(lambda x: float(x @ x), BOX, optimizers=once, max_evaluations=100, rng=1)
    assert (by_default.success, by_default.message) == (False, "MaxOptimizersExhausted(n=1): 1 of 1 exhausted")
    assert (left.success, left.optimizers[0].how) == (False, "exhausted")
    assert "1 exhausted" in repr(left)
    assert np.isfinite(left.fx)

"""Case 15: stop rules hold exactly, on every evaluator."""

import os
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import nullcontext
from multiprocessing import get_context

import pytest

import glompo
from glompo.exit_conditions import MaxTotalFunctionCalls
from glompo.function import Status
from glompo.optimizers import CMAOptimizer, RandomSampling

BOX = [(-5, 5)] * 3


def counted(x):
    """Leave a mark for each call, in whatever process it is made."""
    with open(os.environ["COUNT"], "ab", buffering=0) as file:
        file.write(b"x")
    return float(x @ x)


def slow(x):
    threading.Event().wait(0.4)
    return float(x @ x)


def processes():
    return ProcessPoolExecutor(2, mp_context=get_context("spawn"))


def loky():
    return pytest.importorskip("loky").ProcessPoolExecutor(2)


WHERE = [
    pytest.param(lambda: nullcontext("inline"), "threads", id="inline"),
    pytest.param(lambda: nullcontext("inline"), "processes", id="inline in processes"),
    pytest.param(lambda: nullcontext("pool"), "threads", id="pool"),
    pytest.param(lambda: nullcontext("pool"), "processes", id="pool in processes"),
    pytest.param(lambda: ThreadPoolExecutor(8), "threads", id="ThreadPoolExecutor"),
    pytest.param(processes, "threads", id="ProcessPoolExecutor"),
    pytest.param(loky, "threads", id="loky"),
]


@pytest.fixture
def calls(tmp_path, monkeypatch):
    """Return a function that counts the calls of the task."""
    path = tmp_path / "calls"
    monkeypatch.setenv("COUNT", str(path))
    return lambda: path.stat().st_size


@pytest.mark.parametrize(
    "optimizers",
    [
        pytest.param(CMAOptimizer(workers=8), id="8 workers"),
        pytest.param([CMAOptimizer(workers=4), RandomSampling(workers=3), RandomSampling], id="3 optimizers"),
    ],
)
@pytest.mark.parametrize(("make", "backend"), WHERE)
def test_15_a_budget_is_used_exactly_with_8_at_once_and_batches(run, calls, make, backend, optimizers):
    with make() as evaluator:
        result, record = run(
            counted, BOX, optimizers=optimizers, exit_conditions=MaxTotalFunctionCalls(101), max_jobs=8,
            evaluator=evaluator, backend=backend,
        )  # fmt: skip
    assert calls() == result.nfev == 101
    assert sum(status is not Status.OUT_OF_BOUNDS for status in record.statuses) == 101


@pytest.mark.parametrize("budget", [0, -3])
def test_15_a_budget_of_nothing_is_refused(tmp_path, budget):
    with pytest.raises(glompo.UserError, match=f"max_evaluations is {budget}; give a whole number, 1 or more"):
        glompo.minimize(slow, BOX, max_evaluations=budget, working_dir=tmp_path / "run")
    with pytest.raises(glompo.UserError, match=f"n is {budget}; give a whole number, 1 or more"):
        MaxTotalFunctionCalls(budget)
    assert not (tmp_path / "run").exists()


def test_15_a_budget_of_one_is_one(run, calls):
    result, _ = run(counted, BOX, optimizers=CMAOptimizer(workers=8), max_evaluations=1, max_jobs=8)
    assert calls() == result.nfev == 1
    assert result.success


@pytest.mark.parametrize(("make", "backend"), WHERE)
def test_15_a_time_limit_shorter_than_one_evaluation_gives_the_result_of_that_evaluation(run, make, backend):
    with make() as evaluator:
        result, record = run(
            slow, BOX, optimizers=RandomSampling, max_seconds=0.05, max_jobs=1, evaluator=evaluator, backend=backend
        )
    assert result.status == "finished"
    assert "of 0.05 s" in result.message
    assert [Status.OK] * result.nfev == record.statuses
    assert (result.nfev, result.success) in ((1, True), (0, False))  # 0 where it took longer to start a process

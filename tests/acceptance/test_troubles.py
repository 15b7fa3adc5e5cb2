"""Tasks that hang, spawn and die: cases 1 to 4, and many of them in one run."""

from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from multiprocessing import get_context

import numpy as np
import pytest

from glompo import minimize
from glompo.errors import EngineLostError
from glompo.function import Status
from glompo.read import rows

from .misbehaving import (
    BOUNDS,
    DEAF_LOOP_IN_C,
    EXPECTED,
    GRANDCHILD,
    HOG,
    KILL_SELF,
    LOOP_IN_C,
    NAN,
    RAISE,
    SEGFAULT,
    VALUE,
    task,
    visiting,
)


def pool():
    return nullcontext("pool")


def executor():
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"))


def loky():
    return pytest.importorskip("loky").ProcessPoolExecutor(1)


KILLING = [
    pytest.param((pool, "threads"), id="pool"),
    pytest.param((pool, "processes"), id="pool in processes"),
    pytest.param((executor, "threads"), id="ProcessPoolExecutor"),
    pytest.param((loky, "threads"), id="loky"),
]


@pytest.fixture(params=KILLING)
def visit(request, run, processes):
    """Return a function that has points of some kinds evaluated, by everything that can kill."""
    make, backend = request.param

    def go(kinds, **settings):
        with make() as evaluator:
            result, record = run(
                task, BOUNDS, optimizers=visiting(kinds), max_evaluations=len(kinds), max_jobs=1,
                evaluator=evaluator, backend=backend, **settings,
            )  # fmt: skip
        assert result.nfev == len(kinds)
        return record

    return go


def test_1_a_loop_in_c_that_holds_the_interpreter_lock_is_killed_at_its_deadline_and_the_run_goes_on(visit):
    record = visit([VALUE, LOOP_IN_C, VALUE], evaluation_timeout=1.0)
    assert record.statuses == [Status.OK, Status.TIMEOUT, Status.OK]
    assert record.f.tolist() == [0.0, np.inf, 2.0]
    assert record.errors == {1: "ended at its deadline of 1 s"}


def test_1_also_if_it_does_not_end_when_asked_to(run):
    kinds = [VALUE, DEAF_LOOP_IN_C, VALUE]
    _, record = run(
        task, BOUNDS, optimizers=visiting(kinds), max_evaluations=3, max_jobs=1, evaluator="pool",
        evaluation_timeout=1.0,
    )  # fmt: skip
    assert record.statuses == [Status.OK, Status.TIMEOUT, Status.OK]


def test_2_a_task_that_spawns_a_grandchild_and_hangs_leaves_no_process_behind(visit, processes):
    record = visit([VALUE, GRANDCHILD, VALUE], evaluation_timeout=1.0)
    assert record.statuses == [Status.OK, Status.TIMEOUT, Status.OK]
    assert processes.grandchildren == []


def test_3_a_task_that_kills_its_own_process_is_recorded_as_crashed(visit):
    record = visit([VALUE, KILL_SELF, SEGFAULT, VALUE], evaluation_timeout=60.0)
    assert record.statuses == [Status.OK, Status.CRASHED, Status.CRASHED, Status.OK]
    assert "signal 9 (SIGKILL)" in record.errors[1]
    assert "signal 11 (SIGSEGV)" in record.errors[2]


@pytest.mark.parametrize("make", [executor, loky])
def test_4_without_a_guard_a_crash_breaks_the_executor_but_never_the_run(tmp_path, make):
    kinds = [VALUE, KILL_SELF, VALUE, VALUE]
    settings = {"optimizers": visiting(kinds), "max_evaluations": 4, "max_jobs": 1, "resume": "auto"}
    with make() as evaluator, pytest.raises(EngineLostError, match=r"guard.*resume='auto'") as raised:
        minimize(task, BOUNDS, evaluator=evaluator, working_dir=tmp_path, **settings)
    assert raised.value.result.nfev == 2
    with make() as evaluator:
        result = minimize(task, BOUNDS, evaluator=evaluator, working_dir=tmp_path, **settings)
    assert result.nfev == 4
    assert [row.status for row in rows(tmp_path)] == ["ok", "crashed", "ok", "ok"]


@pytest.mark.parametrize("n", [100, pytest.param(10_000, marks=pytest.mark.chaos)])
def test_a_run_in_which_one_evaluation_in_a_hundred_has_each_trouble_uses_its_exact_budget(run, processes, n):
    troubles = [LOOP_IN_C, SEGFAULT, HOG, RAISE, NAN] * (n // 100)
    kinds = np.random.default_rng(n).permutation(troubles + [VALUE] * (n - len(troubles)))
    result, record = run(
        task, BOUNDS, optimizers=visiting(kinds, workers=3), max_evaluations=n, max_jobs=3, evaluator="pool",
        evaluation_timeout=1.5, memory_limit=200 * 2**20,
    )  # fmt: skip
    assert result.nfev == n == len(record.statuses)
    assert sorted(record.X[:, 1].tolist()) == list(range(n))
    assert [EXPECTED[int(kind)] for kind in record.X[:, 0]] == record.statuses
    good = record.X[:, 0] == VALUE
    assert (record.f[good] == record.X[good, 1]).all()
    assert (record.f[~good] == np.inf).all()
    assert processes.survivors == []

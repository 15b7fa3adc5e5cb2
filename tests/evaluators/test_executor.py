import os
import signal
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest

from glompo.errors import SettingError, SettingTypeError
from glompo.evaluators import remote
from glompo.evaluators.executor import ExecutorEvaluator
from glompo.evaluators.guarded import KEPT
from glompo.function import Status

from ..endings import PATIENCE, is_gone
from .importable import troubles as t


def at(trouble, *rest):
    return np.array([trouble, *rest], dtype=float)


def spawned(workers=1):
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"))


def loky(workers=1):
    return pytest.importorskip("loky", reason="loky is not installed").ProcessPoolExecutor(workers)


ENGINES = [ThreadPoolExecutor, spawned, loky]


@pytest.fixture
def engine(request, notes):
    with request.param(1) as executor:
        yield executor


@pytest.mark.parametrize("engine", ENGINES, indirect=True)
def test_a_value_and_a_failure_are_the_same_as_in_this_process(engine):
    evaluator = ExecutorEvaluator(engine, "troubles:task")
    assert evaluator.evaluate(at(t.VALUE, 3.0)).fx == 9.0
    assert evaluator.evaluate(at(t.RAISE)).error == "ZeroDivisionError: division by zero"
    assert evaluator.evaluate(at(t.NAN)).status is Status.INVALID
    evaluator.close()
    assert engine.submit(abs, -1).result() == 1  # it is not ours to shut down


@pytest.mark.parametrize("engine", ENGINES, indirect=True)
def test_a_guarded_executor_survives_what_a_pool_survives(engine, notes):
    evaluator = ExecutorEvaluator(engine, "troubles:task", timeout=1.0, memory_limit=200 * 2**20, guard=True)
    troubles = [t.HANG_WITH_GRANDCHILD, t.HANG_IN_C, t.KILL_SELF, t.SEGFAULT, t.HOG, t.VALUE]
    outcomes = [evaluator.evaluate(at(trouble, 2.0)) for trouble in troubles]
    expected = [Status.TIMEOUT] * 2 + [Status.CRASHED] * 2 + [Status.OUT_OF_MEMORY, Status.OK]
    assert [one.status for one in outcomes] == expected
    (grandchild,) = notes.pids
    assert is_gone(grandchild)
    evaluator.close()


def test_guarded_processes_end_with_the_executor(notes):
    with spawned(2) as executor:
        evaluator = ExecutorEvaluator(executor, "troubles:task", timeout=PATIENCE)
        assert evaluator.evaluate(at(t.VALUE, 1.0)).fx == 1.0
        evaluator.close()
    assert notes.survivors == []


def test_guarded_processes_of_threads_end_with_the_evaluator(notes):
    with ThreadPoolExecutor(2) as executor:
        evaluator = ExecutorEvaluator(executor, "troubles:task", timeout=PATIENCE, guard=True)
        guarded = [future.result() for future in [evaluator.submit(at(t.PID)) for _ in range(4)]]
        evaluator.close()
        assert os.getpid() not in {one.fx for one in guarded}
        assert notes.survivors == []


def test_guarded_processes_that_are_not_used_end(notes, monkeypatch):
    monkeypatch.setattr("glompo.evaluators.guarded.LINGER", 0.1)
    with ThreadPoolExecutor(1) as executor:
        evaluator = ExecutorEvaluator(executor, "troubles:task", guard=True)
        assert is_gone(int(evaluator.evaluate(at(t.PID)).fx))
        assert evaluator.evaluate(at(t.VALUE, 2.0)).fx == 4.0
        evaluator.close()


def test_a_worker_keeps_few_guarded_tasks(notes):
    with ThreadPoolExecutor(1) as executor:
        made = [
            ExecutorEvaluator(executor, "troubles:task", guard=True, initial_environment={"NUMBER": str(i)})
            for i in range(KEPT + 2)
        ]
        pids = [int(evaluator.evaluate(at(t.PID)).fx) for evaluator in made]
        assert [is_gone(pid) for pid in pids[:2]] == [True, True]
        assert made[0].evaluate(at(t.VALUE, 2.0)).fx == 4.0  # it is brought again
        for evaluator in made:
            evaluator.close()
    assert notes.survivors == []


def test_a_broken_executor_is_told_and_replaced(notes):
    evaluator = ExecutorEvaluator(None, "troubles:task", fresh=spawned)
    outcome = evaluator.evaluate(at(t.EXIT))
    assert outcome.status is Status.CRASHED
    assert outcome.error.startswith("the executor broke, perhaps by another evaluation: BrokenProcessPool: ")
    assert evaluator.evaluate(at(t.VALUE, 3.0)).fx == 9.0
    evaluator.close()
    assert notes.survivors == []


def test_without_a_fresh_executor_every_evaluation_is_crashed():
    with spawned() as executor:
        evaluator = ExecutorEvaluator(executor, "troubles:task")
        outcomes = [evaluator.evaluate(at(trouble)) for trouble in (t.EXIT, t.VALUE)]
        assert [one.status for one in outcomes] == [Status.CRASHED, Status.CRASHED]


def test_a_large_task_travels_to_each_worker_once(monkeypatch):
    sizes = []

    class Recording(ThreadPoolExecutor):
        def submit(self, call, commission, payload, x):
            sizes.append(0 if payload is None else len(payload))
            return super().submit(call, commission, payload, x)

    table = np.ones(remote.SMALL)
    with Recording(1) as executor:
        evaluator = ExecutorEvaluator(executor, lambda x: float(table[0] + x[0]), guard=True)
        assert [evaluator.evaluate(np.array([i])).fx for i in (1.0, 2.0, 3.0)] == [2.0, 3.0, 4.0]
        evaluator.close()
    assert [size > remote.SMALL for size in sizes] == [False, True, False, False]


def test_a_task_that_cannot_be_loaded_over_there_fails():
    with spawned() as executor:
        outcome = ExecutorEvaluator(executor, "troubles:no_such_task").evaluate(at(t.VALUE))
        assert outcome.status is Status.FAILED
        assert "no attribute 'no_such_task'" in outcome.error


def test_what_the_executor_cancels_is_cancelled():
    class Cancelling(ThreadPoolExecutor):
        def submit(self, *arguments):
            future = Future()
            future.cancel()
            future.set_running_or_notify_cancel()
            return future

    with Cancelling(1) as executor:
        assert ExecutorEvaluator(executor, "troubles:task").evaluate(at(t.VALUE)).status is Status.CANCELLED


def test_closing_awaits_what_was_submitted(gate, notes):
    with ThreadPoolExecutor(1) as executor, ThreadPoolExecutor(1) as other:
        evaluator = ExecutorEvaluator(executor, t.task)
        waiting = evaluator.submit(at(t.WAIT))
        closing = other.submit(evaluator.close)
        assert not closing.done()
        gate.open("wb").close()
        closing.result(PATIENCE)
        assert waiting.result(0).fx == 5.0
        with pytest.raises(RuntimeError, match="closed"):
            evaluator.submit(at(t.VALUE))


def test_a_worker_that_is_killed_takes_its_guarded_processes_along(notes):
    with spawned() as executor:
        evaluator = ExecutorEvaluator(executor, "troubles:task", timeout=PATIENCE)
        worker = executor.submit(os.getpid).result()
        guarded = int(evaluator.evaluate(at(t.PID)).fx)
        assert guarded != worker
        hanging = evaluator.submit(at(t.HANG_IN_C))
        os.kill(worker, signal.SIGKILL)
        assert hanging.result(PATIENCE).status is Status.CRASHED
    assert notes.survivors == []


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"timeout": 1.0}, SettingError, "threads, which cannot be killed, .* use evaluator='pool', an executor with"),
        ({"memory_limit": 2**30}, SettingError, "threads, which cannot be killed"),
        ({"executor": 5}, SettingTypeError, "the executor is 5; give something with submit"),
        ({"executor": None}, SettingTypeError, "the executor is None; give one, or fresh="),
        ({"guard": False, "timeout": 1.0}, SettingError, "threads, which cannot be killed"),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused_with_the_remedy(settings, error, message):
    with ThreadPoolExecutor(1) as executor, pytest.raises(error, match=message):
        ExecutorEvaluator(**({"executor": executor, "task": t.task} | settings))


def test_limits_without_the_guard_are_refused():
    with spawned() as executor, pytest.raises(SettingError, match="leave guard out, or the limits"):
        ExecutorEvaluator(executor, "troubles:task", guard=False, timeout=1.0)

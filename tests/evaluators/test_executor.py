import os
import signal
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest

from glompo.errors import SettingError, SettingTypeError
from glompo.evaluators import remote
from glompo.evaluators.executor import MOST_LOSSES, ExecutorEvaluator
from glompo.evaluators.protocol import NotEvaluated
from glompo.evaluators.remote_worker import TASKS_KEPT
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
    monkeypatch.setattr("glompo.evaluators.remote_worker.GUARD_IDLE_LIMIT", 0.1)
    with ThreadPoolExecutor(1) as executor:
        evaluator = ExecutorEvaluator(executor, "troubles:task", guard=True)
        assert is_gone(int(evaluator.evaluate(at(t.PID)).fx))
        assert evaluator.evaluate(at(t.VALUE, 2.0)).fx == 4.0
        evaluator.close()


def test_a_worker_keeps_few_guarded_tasks(notes):
    with ThreadPoolExecutor(1) as executor:
        made = [
            ExecutorEvaluator(executor, "troubles:task", guard=True, initial_environment={"NUMBER": str(i)})
            for i in range(TASKS_KEPT + 2)
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
    assert outcome.error.startswith("its process ended, which broke the executor: BrokenProcessPool: ")
    assert evaluator.evaluate(at(t.VALUE, 3.0)).fx == 9.0
    evaluator.close()
    assert notes.survivors == []


@pytest.mark.parametrize("make", [spawned, loky])
def test_the_evaluation_that_breaks_an_executor_is_crashed_and_no_other_is_recorded(make, notes, gate):
    with make(2) as executor:
        evaluator = ExecutorEvaluator(executor, "troubles:task")
        beside = evaluator.submit(at(t.WAIT))
        with gate.open("wb"):  # it is open for reading: it has begun
            evaluator.evaluate(at(t.VALUE))  # the executor knows of both its processes
            culprit = evaluator.submit(at(t.EXIT))
            waiting = [evaluator.submit(at(t.VALUE)) for _ in range(5)]
            assert culprit.result(PATIENCE).status is Status.CRASHED
            for innocent in (beside, *waiting):
                assert innocent.exception(PATIENCE) is None or isinstance(innocent.exception(), NotEvaluated)
            assert isinstance(beside.exception(), NotEvaluated)
        with pytest.raises(
            NotEvaluated, match=r"the executor takes no evaluations: .*; a limit such as evaluation_timeout"
        ):
            evaluator.evaluate(at(t.VALUE))
        evaluator.close()


def test_a_fresh_executor_makes_what_the_broken_one_had_not_made(notes, gate):
    def task(x):
        if x[0] > 0.0:
            return 1.0 if x[0] == 1.0 else os._exit(3)
        try:
            notes.folder.joinpath(".begun").touch(exist_ok=False)
        except FileExistsError:
            return 5.0
        return len(gate.read_bytes())

    evaluator = ExecutorEvaluator(None, task, fresh=lambda: spawned(2))
    beside = evaluator.submit(at(0.0))
    with gate.open("wb"):
        assert evaluator.evaluate(at(1.0)).fx == 1.0  # the executor knows of both its processes
        assert evaluator.evaluate(at(2.0)).status is Status.CRASHED
        assert beside.result(PATIENCE).fx == 5.0
    evaluator.close()
    assert notes.survivors == []


def test_an_executor_that_never_begins_an_evaluation_is_replaced_a_few_times_only(notes):
    made = []

    def fresh():
        made.append(ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=os._exit, initargs=(1,)))
        return made[-1]

    evaluator = ExecutorEvaluator(None, "troubles:task", fresh=fresh)
    with pytest.raises(NotEvaluated, match="the executor broke"):
        evaluator.evaluate(at(t.VALUE))
    assert len(made) == 1 + MOST_LOSSES
    evaluator.close(kill=True)


@pytest.mark.parametrize("make", [ThreadPoolExecutor, spawned, loky])
def test_an_executor_that_was_shut_down_makes_no_evaluation(make):
    executor = make(1)
    evaluator = ExecutorEvaluator(executor, t.task)
    executor.shutdown()
    with pytest.raises(NotEvaluated, match="the executor takes no evaluations: "):
        evaluator.evaluate(at(t.VALUE))
    evaluator.close()


def test_threads_whose_initializer_fails_make_no_evaluation():
    with ThreadPoolExecutor(1, initializer=divmod, initargs=(1, 0)) as executor:
        evaluator = ExecutorEvaluator(executor, t.task)
        with pytest.raises(NotEvaluated, match="BrokenThreadPool"):
            evaluator.evaluate(at(t.VALUE))


def test_a_large_task_travels_to_each_worker_once(monkeypatch):
    sizes = []

    class Recording(ThreadPoolExecutor):
        def submit(self, call, spec, payload, *rest):
            sizes.append(0 if payload is None else len(payload))
            return super().submit(call, spec, payload, *rest)

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


class Cancelling(ThreadPoolExecutor):
    """Cancels the first evaluations."""

    def __init__(self, times):
        super().__init__(1)
        self.times = times

    def submit(self, *arguments):
        self.times -= 1
        if self.times < 0:
            return super().submit(*arguments)
        future = Future()
        future.cancel()
        future.set_running_or_notify_cancel()
        return future


def test_what_others_cancel_is_submitted_again():
    with Cancelling(2) as executor:
        assert ExecutorEvaluator(executor, t.task).evaluate(at(t.VALUE, 2.0)).fx == 4.0


def test_what_is_cancelled_each_time_is_not_made():
    with (
        Cancelling(100) as executor,
        pytest.raises(NotEvaluated, match="the executor lost an evaluation: CancelledError"),
    ):
        ExecutorEvaluator(executor, t.task).evaluate(at(t.VALUE))


def test_what_is_cancelled_by_a_shutdown_is_not_made(notes, gate):
    executor = ThreadPoolExecutor(1)
    evaluator = ExecutorEvaluator(executor, t.task)
    busy, waiting = evaluator.submit(at(t.WAIT)), evaluator.submit(at(t.VALUE))
    executor.shutdown(wait=False, cancel_futures=True)
    assert isinstance(waiting.exception(PATIENCE), NotEvaluated)
    gate.open("wb").close()
    assert busy.result(PATIENCE).fx == 5.0


def test_an_answer_that_cannot_be_sent_is_the_fault_of_its_evaluation():
    class Unsendable:
        def __call__(self, x):
            return 1.0

        def detailed_call(self, x):
            return 1.0, lambda: None

    with spawned() as executor:
        outcome = ExecutorEvaluator(executor, Unsendable(), detailed=True).evaluate(at(t.VALUE))
        assert (outcome.status, "cannot be sent" in outcome.error) == (Status.FAILED, True)


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
        assert isinstance(hanging.exception(PATIENCE), NotEvaluated)  # it was not the evaluation that ended the worker
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

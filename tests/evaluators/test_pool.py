import os
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from glompo.errors import InternalError, SettingError, SettingTypeError
from glompo.evaluators.inline import InlineEvaluator
from glompo.evaluators.pool import process_table
from glompo.evaluators.pool.evaluator import PoolEvaluator
from glompo.evaluators.protocol import NotEvaluated
from glompo.function import Status

from ..endings import PATIENCE, is_gone
from .importable import troubles as t

HUNDRED_MB = 100 * 2**20


def at(trouble, *rest):
    return np.array([trouble, *rest], dtype=float)


def how(outcome):
    return outcome.status, outcome.error


def test_a_value_is_the_same_as_in_this_process(pool):
    rng = np.random.default_rng(1)
    evaluator = pool(workers=2)
    points = [at(t.VALUE, *rng.normal(size=4)) for _ in range(20)]
    outcomes = [future.result() for future in [evaluator.submit(x) for x in points]]
    expected = [InlineEvaluator(t.task).evaluate(x) for x in points]
    assert [(one.fx, one.status, one.error) for one in outcomes] == [(one.fx, Status.OK, "") for one in expected]


@pytest.mark.parametrize(
    ("trouble", "status", "error"),
    [
        (t.RAISE, Status.FAILED, "ZeroDivisionError: division by zero"),
        (t.SYS_EXIT, Status.FAILED, "SystemExit: 4"),
        (t.NAN, Status.INVALID, "the task returned nan"),
        (t.EXIT, Status.CRASHED, "the task ended its process with exit code 3"),
        (t.SEGFAULT, Status.CRASHED, "the task's process was killed by signal 11 (SIGSEGV)"),
        (t.ABORT, Status.CRASHED, "the task's process was killed by signal 6 (SIGABRT)"),
        (t.CLOSE_LINE, Status.CRASHED, "the task closed the line of its process"),
        (
            t.KILL_SELF,
            Status.CRASHED,
            "the task's process was killed by signal 9 (SIGKILL), perhaps for want of memory",
        ),
    ],
)
def test_how_an_evaluation_ended_is_told_and_the_next_is_unharmed(pool, trouble, status, error):
    evaluator = pool()
    assert how(evaluator.evaluate(at(trouble))) == (status, error)
    assert evaluator.evaluate(at(t.VALUE, 3.0)).fx == 9.0


def test_a_loop_in_c_that_holds_the_interpreter_lock_is_killed_at_its_deadline(pool):
    evaluator = pool(workers=2, timeout=0.5)
    hanging = evaluator.submit(at(t.HANG_IN_C))
    assert evaluator.evaluate(at(t.VALUE, 2.0)).fx == 4.0
    outcome = hanging.result(PATIENCE)
    assert how(outcome) == (Status.TIMEOUT, "ended at its deadline of 0.5 s")
    assert outcome.seconds >= 0.5
    assert evaluator.evaluate(at(t.VALUE, 3.0)).fx == 9.0


@pytest.mark.parametrize("trouble", [t.HANG_WITH_GRANDCHILD, t.GRANDCHILD_IN_OWN_SESSION, t.STUBBORN_GRANDCHILD])
def test_a_task_that_hangs_with_a_grandchild_leaves_no_process_behind(pool, notes, trouble):
    evaluator = pool(timeout=0.5, grace=0.3)
    assert evaluator.evaluate(at(trouble)).status is Status.TIMEOUT
    (grandchild,) = notes.pids
    assert is_gone(grandchild)


def test_a_task_that_crashes_with_a_grandchild_leaves_no_process_behind(pool, notes):
    assert pool().evaluate(at(t.CRASH_WITH_GRANDCHILD)).status is Status.CRASHED
    (grandchild,) = notes.pids
    assert is_gone(grandchild)


def test_a_task_that_ignores_sigterm_is_killed_after_its_grace(pool):
    outcome = pool(timeout=0.3, grace=0.3).evaluate(at(t.STUBBORN))
    assert outcome.status is Status.TIMEOUT
    assert outcome.seconds >= 0.6


def test_a_process_that_even_sigkill_does_not_end_is_given_up(pool, monkeypatch):
    monkeypatch.setattr("glompo.evaluators.pool.process_table.KILL_TIMEOUT", 0.2)
    monkeypatch.setattr("glompo.evaluators.pool.process.signal_tree", lambda *arguments: None)  # as the kernel might
    evaluator = pool(timeout=0.3, grace=0.1)
    stuck = int(evaluator.evaluate(at(t.PID)).fx)
    assert evaluator.evaluate(at(t.STUBBORN)).status is Status.TIMEOUT
    assert evaluator.evaluate(at(t.VALUE, 1.0)).fx == 1.0
    os.kill(stuck, signal.SIGKILL)
    assert is_gone(stuck)
    evaluator.close()


def test_a_task_that_fills_memory_is_ended_at_its_limit(pool):
    evaluator = pool(memory_limit=2 * HUNDRED_MB)
    outcome = evaluator.evaluate(at(t.HOG))
    assert outcome.status is Status.OUT_OF_MEMORY
    assert outcome.error.endswith("in memory, over the limit of 200 MiB")
    assert evaluator.evaluate(at(t.VALUE, 1.0)).fx == 1.0


def test_memory_of_grandchildren_counts(pool):
    assert pool(memory_limit=2 * HUNDRED_MB).evaluate(at(t.HOG_IN_GRANDCHILD)).status is Status.OUT_OF_MEMORY


def test_a_memory_error_is_out_of_memory_and_does_not_cost_the_process(pool):
    evaluator = pool()
    before = evaluator.evaluate(at(t.PID)).fx
    assert evaluator.evaluate(at(t.MEMORY_ERROR)).status is Status.OUT_OF_MEMORY
    assert evaluator.evaluate(at(t.PID)).fx == before


def test_a_process_that_has_leaked_is_replaced_between_evaluations(pool):
    evaluator = pool(memory_limit=3 * HUNDRED_MB)
    outcomes = [evaluator.evaluate(at(t.LEAK)) for _ in range(3)]
    assert [one.status for one in outcomes] == [Status.OK] * 3
    assert len({one.fx for one in outcomes}) == 3


def test_interrupts_and_batch_signals_do_not_reach_an_evaluation(pool):
    evaluator = pool()
    assert evaluator.evaluate(at(t.INTERRUPT)).fx == 7.0
    child = int(evaluator.evaluate(at(t.PID)).fx)
    assert os.getsid(child) == child  # the terminal's Ctrl-C goes to the session of this process


def test_a_process_killed_while_it_is_idle_costs_no_evaluation(pool):
    evaluator = pool()
    for _ in range(5):
        os.kill(int(evaluator.evaluate(at(t.PID)).fx), signal.SIGKILL)
        assert how(evaluator.evaluate(at(t.VALUE, 2.0))) == (Status.OK, "")


@pytest.mark.parametrize(("times", "status"), [(1, Status.OK), (2, Status.CRASHED)])
def test_a_foreign_sigterm_in_the_middle_of_an_evaluation_has_it_made_again_once(pool, tmp_path, times, status):
    (calls := tmp_path / "calls").mkdir()

    def is_sent_sigterm(x):
        n = len(list(calls.iterdir()))
        if n < times:
            (calls / str(n)).touch()
            os.kill(os.getpid(), signal.SIGTERM)
            signal.pause()
        return 1.0

    assert pool(is_sent_sigterm).evaluate(np.zeros(1)).status is status
    assert len(list(calls.iterdir())) == times


def test_closing_awaits_what_was_submitted_and_leaves_no_process(pool, notes):
    evaluator = pool(workers=2)
    futures = [evaluator.submit(at(t.PID)) for _ in range(6)]
    evaluator.close()
    assert all(future.result(0).status is Status.OK for future in futures)
    assert notes.survivors == []
    with pytest.raises(RuntimeError, match="closed"):
        evaluator.submit(at(t.VALUE))
    evaluator.close()


def test_closing_with_kill_cancels_what_was_submitted(pool, notes, gate):
    evaluator = pool()
    waiting = [evaluator.submit(at(t.WAIT)), evaluator.submit(at(t.VALUE, 1.0))]
    evaluator.close(kill=True)
    outcomes = [future.result(0) for future in waiting]
    assert [how(one) for one in outcomes] == [(Status.CANCELLED, "the evaluator was closed")] * 2
    assert notes.survivors == []


def test_a_future_that_is_still_in_wait_can_be_cancelled(pool, gate):
    evaluator = pool()
    busy, waiting = evaluator.submit(at(t.WAIT)), evaluator.submit(at(t.VALUE, 1.0))
    after = evaluator.submit(at(t.VALUE, 2.0))
    assert waiting.cancel()
    gate.open("wb").close()
    assert (busy.result(PATIENCE).fx, after.result(PATIENCE).fx) == (5.0, 4.0)


def test_a_task_whose_module_fails_in_the_worker_is_reported_and_not_tried_for_ever(pool, notes):
    evaluator = pool("unimportable:task", workers=2)
    for _ in range(5):
        with pytest.raises(
            NotEvaluated, match="no worker can be started: ModuleNotFoundError: No module named 'no_such_mod"
        ):
            evaluator.evaluate(at(0))
    assert len(list(notes.folder.iterdir())) <= process_table.START_FAILURES + 2


def test_a_task_that_takes_for_ever_to_load_is_reported(pool, monkeypatch):
    for place in ("process_table", "supervisor"):
        monkeypatch.setattr(f"glompo.evaluators.pool.{place}.LOAD_TIMEOUT", 0.2)
    slow = type("Slow", (), {"__call__": len, "__reduce__": lambda self: (time.sleep, (t.FOREVER,))})()
    with pytest.raises(NotEvaluated, match=r"no worker can be started: it was not ready after 0\.2 s"):
        pool(slow).evaluate(at(t.VALUE))


def test_a_defect_of_the_supervision_leaves_no_caller_waiting(pool, notes, monkeypatch):
    evaluator = pool()
    assert evaluator.evaluate(at(t.VALUE, 1.0)).fx == 1.0
    monkeypatch.setattr(evaluator._supervisor._deadlines, "note", lambda seconds: 1 / 0)
    with pytest.raises(InternalError, match="the supervision of evaluations broke: ZeroDivisionError"):
        evaluator.evaluate(at(t.VALUE))
    evaluator.close()
    assert notes.survivors == []


def test_an_adaptive_deadline_ends_what_takes_much_longer_than_usual(pool, monkeypatch):
    monkeypatch.setattr("glompo.evaluators.pool.limits.ADAPTIVE_LEAST", 0.3)
    evaluator = pool(adaptive_timeout=3.0)
    for _ in range(10):
        evaluator.evaluate(at(t.VALUE))
    assert evaluator.evaluate(at(t.HANG_IN_C)).error == "ended at its deadline of 0.3 s, from 3 × the running median"


def test_a_system_without_room_for_processes_is_reported(pool, monkeypatch):
    evaluator = pool()
    child = int(evaluator.evaluate(at(t.PID)).fx)
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    os.kill(child, signal.SIGKILL)
    with pytest.raises(NotEvaluated, match="no worker can be started: FileNotFoundError"):
        evaluator.evaluate(at(t.VALUE))


def test_a_process_is_replaced_although_the_directory_of_the_run_is_gone(pool, tmp_path, monkeypatch):
    place = tmp_path / "gone"
    place.mkdir()
    monkeypatch.chdir(place)
    evaluator = pool()
    child = int(evaluator.evaluate(at(t.PID)).fx)
    place.rmdir()
    os.kill(child, signal.SIGKILL)
    assert evaluator.evaluate(at(t.VALUE)).status is Status.OK


def test_lambdas_and_closures_travel(pool):
    shift = np.array([1.0, 2.0])
    assert pool(lambda x: float(((x - shift) ** 2).sum())).evaluate(np.zeros(2)).fx == 5.0


def test_what_a_script_defines_travels_and_the_script_is_not_run_again(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent(
            """
            import numpy as np
            from glompo.evaluators.pool.evaluator import PoolEvaluator

            print("begun")

            class Model:
                def __init__(self, centre):
                    self.centre = centre

            MODEL = Model(2.0)

            def square(x):
                return x * x

            def task(x):
                return square(x[0] - MODEL.centre)

            pool = PoolEvaluator(task, 2)  # no "if __name__ == '__main__'"
            print(pool.evaluate(np.array([5.0])).fx)
            """
        )
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=PATIENCE)
    assert (done.stdout, done.stderr, done.returncode) == ("begun\n9.0\n", "", 0)


def test_an_object_that_cannot_be_sent_is_named(pool):
    log = open(os.devnull, "w")  # noqa: SIM115
    with (
        log,
        pytest.raises(SettingTypeError, match=r"its closure variable 'log' is <_io.TextIOWrapper name='/dev/null'"),
    ):
        pool(lambda x: log.write(str(x)))


def test_extra_values_travel(pool):
    text, doubled, number = pool("troubles:DETAILED", detailed=True).evaluate(np.array([0.0, 3.0])).extras
    assert (text, doubled.tolist(), number) == ("text", [0.0, 6.0], 3)


def test_large_points_and_extra_values_travel(pool):
    x = np.zeros(200_000)
    x[0] = 2.0
    outcome = pool("troubles:DETAILED", detailed=True).evaluate(x)
    assert (outcome.fx, len(outcome.extras[0])) == (2.0, 10**6)


def test_extra_values_that_cannot_be_sent_make_the_evaluation_invalid(pool):
    outcome = pool("troubles:DETAILED", detailed=True).evaluate(np.array([1.0, 3.0]))
    assert outcome.status is Status.INVALID
    assert outcome.error.startswith("detailed_call returned extra values that cannot be sent: ")


def test_numerical_libraries_get_the_threads_that_were_asked_for(pool):
    assert pool().evaluate(at(t.THREADS)).fx == 1.0
    assert pool(threads_per_worker=3).evaluate(at(t.THREADS)).fx == 3.0
    assert pool(initial_environment={"OMP_NUM_THREADS": "5"}).evaluate(at(t.THREADS)).fx == 5.0


def test_captured_output_is_shown_in_the_error_of_a_failure(pool):
    evaluator = pool(capture=True)
    for _ in range(2):  # the second shows nothing of the first
        outcome = evaluator.evaluate(at(t.PRINT_AND_RAISE))
        assert outcome.error == "ValueError: step 3 failed; its output ends: step 1 done | step 2 done"


def test_many_threads_may_share_one_evaluator(pool):
    evaluator = pool(workers=2)
    with ThreadPoolExecutor(8) as threads:
        values = list(threads.map(lambda i: evaluator.evaluate(at(t.VALUE, i)).fx, range(200)))
    assert values == [float(i * i) for i in range(200)]


def test_a_fork_of_the_owner_refuses_instead_of_waiting_for_ever():
    code = f"""
import os, sys, numpy as np, warnings
warnings.simplefilter("ignore")
from glompo.evaluators.pool.evaluator import PoolEvaluator
pool = PoolEvaluator("troubles:task", 1)
pool.evaluate(np.array([{t.VALUE}]))
if os.fork() == 0:
    try:
        pool.submit(np.array([{t.VALUE}]))
    except RuntimeError as error:
        print(error, flush=True)
    pool.close(kill=True)  # must not reach the processes of the owner
    os._exit(0)
os.wait()
print(pool.evaluate(np.array([{t.VALUE}, 2.0])).fx)
"""
    environment = {**os.environ, "PYTHONPATH": sys.path[0]}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.stdout.splitlines() == [
        "the evaluator has been closed, or belongs to the process from which this one was forked; make a new one",
        "4.0",
    ], done.stderr


@pytest.mark.parametrize("trouble", ["HANG_WITH_GRANDCHILD", "HANG_IN_C"])
def test_worker_processes_end_when_their_parent_is_killed(tmp_path, notes, trouble):
    script = textwrap.dedent(
        f"""
        import os, numpy as np, troubles
        from glompo.evaluators.pool.evaluator import PoolEvaluator
        pool = PoolEvaluator("troubles:task", 2)
        for pid in [int(future.result().fx) for future in [pool.submit(np.array([troubles.PID])) for _ in range(9)]]:
            troubles.note(pid)
        pool.submit(np.array([troubles.{trouble}]))
        print(flush=True)
        pool.submit(np.array([troubles.HANG_WITH_GRANDCHILD])).result()
        """
    )
    environment = {**os.environ, "PYTHONPATH": sys.path[0]}
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, env=environment)
    with process:
        process.stdout.readline()
        os.kill(process.pid, signal.SIGKILL)
    assert notes.pids
    assert notes.survivors == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"workers": 0}, "workers is 0; give 1 or more"),
        ({"timeout": 0}, "timeout is 0; give seconds above 0"),
        ({"timeout": float("inf")}, "None for no deadline"),
        ({"adaptive_timeout": 1.0}, "adaptive_timeout is 1.0; give a factor above 1"),
        ({"memory_limit": 2}, "memory_limit is 2 bytes, less than the interpreter itself holds"),
        ({"grace": -1.0}, "grace is -1.0"),
        ({"threads_per_worker": 0}, "threads_per_worker is 0"),
        ({"task": "troubles.task"}, "an import path has the form 'module:function'"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_refused(settings, message):
    with pytest.raises(SettingError, match=message):
        PoolEvaluator(**({"task": "troubles:task", "workers": 1} | settings))


@pytest.mark.parametrize("setting", ["timeout", "adaptive_timeout", "grace", "memory_limit"])
def test_a_setting_of_another_type_is_refused(setting):
    with pytest.raises(SettingTypeError, match=f"{setting} is '1 GB'"):
        PoolEvaluator("troubles:task", 1, **{setting: "1 GB"})

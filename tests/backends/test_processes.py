"""Optimizers in real processes that are really killed."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import glompo
from glompo.core.state.run_state import RunState
from glompo.core.state.snapshot import same
from glompo.events import Escalated, Evaluated, StopRequested
from glompo.exit_conditions import MaxOptimizersExhausted
from glompo.optimizers import CMAOptimizer, FunctionOptimizer, RandomSampling, Scipy
from glompo.storage.reader import read_events

from ..endings import wait_until

BOX = [(-5, 5)] * 3


def sphere(x):
    return float(x @ x)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def run(task=sphere, **settings):
    return glompo.minimize(
        task, BOX, **{"backend": "processes", "max_jobs": 2, "rng": 1, "working_dir": "run", **settings}
    )


def events_of(result):
    return list(read_events(result.run_dir))


def lives(pid):
    """Whether the process exists and is no zombie."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def done(run_dir):
    """Return how many evaluations are on record."""
    return sum(len(event.f) for event in read_events(run_dir) if isinstance(event, Evaluated))


def hanging(tmp_path, hang, calls=1):
    """Return a task that hangs in the first calls, and finds the target once all of these have called `under_way`."""

    def task(x):
        for n in range(calls):
            try:
                (tmp_path / f"call {n}").mkdir()
            except FileExistsError:
                continue
            return hang(under_way=(tmp_path / f"hangs {n}").touch)
        while len(list(tmp_path.glob("hangs *"))) < calls:
            threading.Event().wait(0.01)
        return 0.0

    return task


def test_a_run_in_processes_is_a_run_with_an_exact_budget():
    offset = 3.0  # a closure travels by value
    options = [CMAOptimizer(workers=2), RandomSampling, Scipy("Nelder-Mead")]
    result = run(lambda x: sphere(x) + offset, optimizers=options, max_evaluations=700, max_jobs=4)
    assert result.success
    assert result.nfev == 700
    assert result.fx >= 3.0
    state = RunState()
    for event in events_of(result):
        state.apply(event)
    again = RunState()
    for event in events_of(result):
        again.apply(event)
    assert same(state, again)


def test_each_optimizer_has_a_process_of_its_own():
    def whereabouts(x):
        return float(os.getpid())

    result = run(whereabouts, optimizers=RandomSampling(iters=3), exit_conditions=MaxOptimizersExhausted(2))
    found = {value for event in events_of(result) if isinstance(event, Evaluated) for value in event.f.tolist()}
    assert len(found) >= 2
    assert os.getpid() not in found
    assert not any(lives(int(pid)) for pid in found)


def test_an_optimizer_whose_process_dies_is_lost_with_its_signal_and_its_evaluations_are_kept():
    def deadly(x):
        deadly.calls = getattr(deadly, "calls", 0) + 1
        if deadly.calls == 4:
            while done(Path("run")) < 3:
                threading.Event().wait(0.01)
            os.kill(os.getpid(), signal.SIGKILL)
        return sphere(x)

    result = run(deadly, optimizers=RandomSampling, max_evaluations=20, max_jobs=1)
    assert result.optimizers[0].how == "lost"
    assert "SIGKILL" in result.optimizers[0].ended_because
    assert result.optimizers[0].evaluations == 3
    assert result.nfev < 20  # calls that a dead worker may have made are never made again


def test_an_exit_code_is_told():
    def leaves(x):
        os._exit(7)

    with pytest.raises(glompo.WorkerError, match="exit code 7"):
        run(leaves, optimizers=RandomSampling, max_evaluations=1000)


def hang_holding_the_interpreter(under_way):
    under_way()
    (10**8) ** (10**8)  # one C call that neither ends nor lets go of the interpreter lock
    return 0.0


def test_an_optimizer_that_neither_stops_nor_answers_is_terminated_and_the_run_ends(tmp_path):
    task = hanging(tmp_path, hang_holding_the_interpreter, calls=2)
    result = run(task, optimizers=RandomSampling, target=0.0, end_timeout=0.3, max_jobs=3)
    assert [row.how for row in result.optimizers].count("forced") == 2
    rungs = [event.rung for event in events_of(result) if isinstance(event, Escalated)]
    assert set(rungs) <= {"terminate", "kill"}
    assert rungs.count("terminate") == 2


def test_an_optimizer_without_a_sign_of_life_is_replaced():
    def sticks_once(x):
        try:
            Path("stuck").mkdir()
        except FileExistsError:
            return sphere(x)
        threading.Event().wait()

    result = run(sticks_once, optimizers=RandomSampling, max_evaluations=20, force_terminations_after=0.7)
    assert any(row.how == "forced" for row in result.optimizers)
    stops = [event for event in events_of(result) if isinstance(event, StopRequested) and event.by == "silence"]
    assert "no sign of life for 0.7 s" in stops[0].verdict.why


def test_sigterm_that_is_ignored_is_followed_by_sigkill(tmp_path):
    def stubborn(under_way):
        signal.signal(signal.SIGTERM, signal.SIG_IGN) if threading.current_thread() is threading.main_thread() else None
        under_way()
        while True:
            threading.Event().wait(1.0)

    result = run(hanging(tmp_path, stubborn), optimizers=RandomSampling, target=0.0, end_timeout=0.1)
    assert [event.rung for event in events_of(result) if isinstance(event, Escalated)] == ["terminate", "kill"]
    assert any("SIGKILL" in row.ended_because for row in result.optimizers)


def test_what_a_task_started_is_ended_with_it(tmp_path):
    def parent(under_way):
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(100)"])
        (tmp_path / "pid").write_text(str(child.pid))
        under_way()
        child.wait()

    run(hanging(tmp_path, parent), optimizers=RandomSampling, target=0.0, end_timeout=0.1)
    wait_until(lambda: not lives(int((tmp_path / "pid").read_text())))


def test_the_children_end_when_the_engine_is_killed(tmp_path):
    script = f"""
import glompo, os, pathlib, time
from glompo.optimizers import RandomSampling
def slow(x):
    pathlib.Path({str(tmp_path)!r}, f"pid{{os.getpid()}}").touch()
    time.sleep(0.05)
    return 0.0
glompo.minimize(slow, [(0, 1)], optimizers=RandomSampling, max_evaluations=10**6, max_jobs=2, backend="processes")
"""
    engine = subprocess.Popen([sys.executable, "-c", script])  # without an "if __name__ == '__main__'"
    wait_until(lambda: len(list(tmp_path.glob("pid*"))) == 2)
    pids = [int(path.name[3:]) for path in tmp_path.glob("pid*")]
    engine.kill()
    engine.wait()
    wait_until(lambda: not any(lives(pid) for pid in pids))


def test_what_cannot_be_sent_is_named_before_anything_is_written(tmp_path):
    lock = threading.Lock()

    def locked(x):
        with lock:
            return sphere(x)

    with pytest.raises(glompo.UserError, match=r"the task cannot be sent .*lock.* use backend='threads'"):
        run(locked, optimizers=RandomSampling, max_evaluations=5)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(glompo.UserError, match=r"the optimizer FunctionOptimizer\(<lambda>\) cannot be sent"):
        run(optimizers=FunctionOptimizer(lambda f, x0, bounds: lock), max_evaluations=5)


@pytest.mark.parametrize("setting", [{"force_terminations_after": 5}, {"aggressive_kill": True}])
def test_threads_cannot_be_ended_and_say_so(setting):
    with pytest.raises(glompo.UserError, match="a thread cannot be ended; use backend='processes'"):
        run(backend="threads", max_evaluations=5, **setting)


@pytest.mark.parametrize(
    ("given", "threads"), [({}, 1), ({"evaluation_threads": 3}, 3), ({"evaluation_threads": None}, 7)]
)
def test_each_evaluation_may_use_so_many_numerical_threads(monkeypatch, given, threads):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")

    def limit(x):
        return float(os.environ["OMP_NUM_THREADS"])

    assert run(limit, optimizers=RandomSampling(workers=2), max_evaluations=4, **given).fx == threads


def test_what_each_optimizer_prints_goes_into_files_of_its_own():
    def talks(x):
        print("here", x[0])
        return sphere(x)

    result = run(talks, optimizers=RandomSampling, max_evaluations=6)
    folder = result.run_dir / "glompo_optimizer_printstreams"
    lines = [line for path in sorted(folder.glob("printstream_*.out")) for line in path.read_text().splitlines()]
    assert len(lines) == 6
    assert all(line.startswith("here ") for line in lines)
    assert [path.read_text() for path in folder.glob("*.err")] == ["", ""]

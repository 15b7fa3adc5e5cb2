"""Accidents of whole runs: a full disk, a resumption that is broken off, followers that misbehave."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import glompo
from glompo.core.state.run_state import RunState
from glompo.events import Evaluated, SessionOpened
from glompo.exit_conditions import MaxOptimizersStarted, TargetFunctionValue
from glompo.optimizers import RandomSampling, Scipy
from glompo.problems import Rastrigin
from glompo.storage.reader import JournalFollower, read_events
from glompo.testing import trace_of

PATIENCE = 60.0
"""Seconds after which a test gives up waiting for a process."""

RUN = """
import os, resource, sys, time
import glompo
from glompo.optimizers import RandomSampling, Scipy
from glompo.problems import Rastrigin

def slow(x):
    time.sleep(0.002)
    with open("calls", "ab", buffering=0) as calls:
        calls.write(b".")
        if calls.tell() == int(sys.argv[3]):  # of all sessions together
            exec(sys.argv[4])
    return Rastrigin(2)(x)

limit = int(sys.argv[2])
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
glompo.minimize(slow, [(-5.0, 5.0)] * 2, optimizers=[RandomSampling, Scipy("Nelder-Mead")], max_evaluations=400,
    max_jobs=2, rng=5, deterministic=True, resume="auto", working_dir=sys.argv[1])
"""


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def command(run_dir="run", limit=0, at=0, do=""):
    return [sys.executable, "-c", RUN, str(run_dir), str(limit), str(at), do]


def run(**settings):
    usual = {"optimizers": [RandomSampling, Scipy("Nelder-Mead")], "max_jobs": 2, "rng": 5, "deterministic": True}
    usual |= {"max_evaluations": 400, "resume": "auto", "working_dir": "run", "resume_task": "changed"}
    return glompo.minimize(Rastrigin(2), [(-5.0, 5.0)] * 2, **(usual | settings))


def trace(run_dir="run"):
    return trace_of(read_events(Path(run_dir)))


def evaluations(run_dir="run"):
    try:
        return sum(len(event.f) for event in read_events(Path(run_dir)) if isinstance(event, Evaluated))
    except glompo.GlompoError:
        return 0


def await_evaluations(n, process):
    end = time.monotonic() + PATIENCE
    while evaluations() < n and process.poll() is None and time.monotonic() < end:
        threading.Event().wait(0.01)
    assert process.poll() is None


def whole():
    """Return the essence of the run to which nothing happens."""
    run(working_dir="whole")
    return trace("whole")


def told_to(process_run):
    state = RunState()
    for event in read_events(Path(process_run)):
        state.apply(event)
    return state


def test_a_full_disk_is_a_clear_error_and_the_run_goes_on_when_there_is_room():
    ended = subprocess.run(command(limit=9_000), capture_output=True, text=True, timeout=PATIENCE)
    assert ended.returncode == 1
    last = ended.stderr.strip().splitlines()[-1]
    assert "StoreError: cannot append" in last
    assert "bytes before are intact, and the run can be resumed from them" in last
    before = evaluations()
    assert 20 < before < 400
    told_to("run")  # what is there can be folded
    assert run().nfev == 400
    assert trace().difference(whole()) == ""


@pytest.fixture
def small_disk(tmp_path):
    """Return a prefix of commands for which the folder `small` is a disk of 24 kB."""
    (tmp_path / "small").mkdir()
    if shutil.which("unshare") is None:
        pytest.skip(reason="needs the command unshare")
    prefix = ["unshare", "-rm", "sh", "-c", 'mount -t tmpfs -o size=24k none small && exec "$@"', "sh"]
    if subprocess.run([*prefix, "true"], capture_output=True).returncode:
        pytest.skip(reason="this system lets users mount nothing")
    return prefix


def test_no_space_left_on_a_real_disk_is_named_with_the_remedy(small_disk):
    ended = subprocess.run([*small_disk, *command("small/run")], capture_output=True, text=True, timeout=PATIENCE)
    assert ended.returncode == 1
    last = ended.stderr.strip().splitlines()[-1]
    assert "No space left on device; free space on that disk" in last


def test_a_resumption_that_is_broken_off_can_be_resumed_again():
    for at, number in ((60, signal.SIGKILL), (150, signal.SIGINT), (250, signal.SIGKILL)):
        signalled = command(at=at, do=f"os.kill(os.getpid(), {int(number)})")
        process = subprocess.run(signalled, stderr=subprocess.DEVNULL)
        assert process.returncode == (0 if number == signal.SIGINT else -number)
        with pytest.raises(glompo.UserError, match="Give the same optimizers as before"):
            run(optimizers=Scipy("Powell"))  # refused, and nothing is broken by it
    assert run().nfev == 400
    assert trace().difference(whole()) == ""


def test_a_run_is_resumed_with_a_larger_budget_another_end_and_more_workers():
    assert run(max_evaluations=100).nfev == 100
    assert run(max_evaluations=160, max_jobs=3).nfev == 160
    best = run(max_evaluations=None, exit_conditions=MaxOptimizersStarted(3), max_jobs=4).fx
    ended = run(max_evaluations=None, exit_conditions=TargetFunctionValue(best), max_jobs=4)
    assert ended.fx == best
    assert ended.nfev >= 160
    opened = [event for event in read_events(Path("run")) if isinstance(event, SessionOpened)]
    assert [event.slots for event in opened] == [0, 3, 4, 4]
    assert any("exit_conditions" in change for change in opened[2].changes)


FOLLOW = """
import sys, time
from pathlib import Path
from glompo.storage.reader import JournalFollower
follower = JournalFollower(Path("run"))
while True:
    for event in follower.poll():
        time.sleep(float(sys.argv[1]))
    print(flush=True)
    time.sleep(0.001)
"""


def test_followers_that_are_slow_or_die_do_not_disturb_the_run():
    process = subprocess.Popen(command(at=20, do='while not os.path.exists("go"): time.sleep(0.01)'))
    await_evaluations(10, process)
    watchers = [
        subprocess.Popen([sys.executable, "-c", FOLLOW, pause], stdout=subprocess.PIPE) for pause in ("0", "0.05")
    ]
    try:
        watchers[0].stdout.readline()  # it has read
        watchers[0].kill()
        attached = JournalFollower(Path("run"))
        seen = attached.poll()
        Path("go").touch()
        assert process.wait(PATIENCE) == 0
        seen += attached.poll()
    finally:
        for watcher in watchers:
            watcher.kill()
            watcher.communicate()
    assert seen == list(read_events(Path("run")))
    assert trace().difference(whole()) == ""
    assert os.listdir("run/journal") == ["000001.seg"]

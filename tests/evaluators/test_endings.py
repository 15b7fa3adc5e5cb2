"""What is seen of processes: their families, their ends, and what kernels say."""

import os
import signal
import subprocess
import sys

import pytest

from glompo.evaluators.pool.process_table import LONGEST_BACKOFF, START_FAILURES, StartBackoff
from glompo.evaluators.pool.process_tree import (
    KernelKills,
    await_end,
    may_have_descendants,
    process_trees,
    resident,
    signal_name,
    signal_tree,
    verdict,
)
from glompo.function import Status

from ..endings import PATIENCE, is_gone

WAIT = "import sys; print(flush=True); sys.stdin.read()"
TREE = f"""
import subprocess, sys
for options in ({{}}, {{"process_group": 0}}, {{"start_new_session": True}}):
    child = subprocess.Popen([sys.executable, "-c", {WAIT!r}], stdout=subprocess.PIPE, **options)
    child.stdout.readline()
    print(child.pid)
print(flush=True)
sys.stdin.read()
"""


@pytest.fixture
def tree():
    """Return a process that leads a session, and the numbers of its three children."""
    options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "start_new_session": True}
    with subprocess.Popen([sys.executable, "-c", TREE], **options) as process:
        pids = [int(process.stdout.readline()) for _ in range(3)]
        yield process, pids
        for pid in (process.pid, *pids):
            if not is_gone_now(pid):
                os.kill(pid, signal.SIGKILL)


def is_gone_now(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_a_family_is_the_descendants_whatever_group_or_session_they_are_in(tree):
    process, pids = tree
    assert sorted(process_trees([process.pid])[process.pid]) == sorted(pids)


@pytest.mark.parametrize("leads", [False, True])
def test_a_process_without_children_is_known_without_a_look_at_all(tree, leads):
    assert may_have_descendants(tree[0].pid)
    with subprocess.Popen(["sleep", "1000"], start_new_session=leads) as alone:
        assert may_have_descendants(alone.pid) is leads  # its session may hold others
        alone.kill()


def test_a_session_is_remembered_when_its_leader_has_died(tree):
    process, pids = tree
    process.kill()
    assert await_end(process, PATIENCE)
    assert sorted(process_trees([process.pid])[process.pid]) == sorted(pids[:2])  # all but the one with its own session


def test_a_signal_reaches_the_whole_family(tree):
    process, pids = tree
    signal_tree(process.pid, signal.SIGKILL)
    assert all(is_gone(pid) for pid in (process.pid, *pids))


def test_a_family_that_is_gone_can_be_signalled(tree):
    process, pids = tree
    signal_tree(process.pid, signal.SIGKILL)
    process.wait()
    assert all(is_gone(pid) for pid in pids)
    signal_tree(process.pid, signal.SIGKILL)
    assert process_trees([process.pid]) == {process.pid: []}


def test_the_memory_of_a_process_is_read_and_that_of_none_is_0(tree):
    process, _ = tree
    assert 2**20 < resident(process.pid) < 2**30
    process.kill()
    process.wait()
    assert resident(process.pid) == 0


def test_waiting_for_an_end_stops_at_its_time(tree):
    process, _ = tree
    assert not await_end(process, 0.0)
    process.kill()
    assert await_end(process, None)


def test_waiting_for_an_end_works_without_descriptors_of_processes(tree, monkeypatch):
    monkeypatch.setattr("glompo.evaluators.pool.process_tree.watch", lambda pid: None)
    process, _ = tree
    assert not await_end(process, 0.001)
    process.kill()
    assert await_end(process, PATIENCE)


@pytest.mark.parametrize("platform", [sys.platform, "another"])
def test_a_group_ends_with_the_process_that_holds_its_lifeline(platform):
    code = f"""
import os, subprocess, sys
from glompo.evaluators.pool import lifeline
lifeline.sys = type("System", (), {{"platform": {platform!r}}})
lifeline.end_with_parent(int(sys.argv[1]), os.getppid())
print(subprocess.Popen(["sleep", "1000"], stdout=subprocess.DEVNULL).pid, flush=True)
sys.stdin.read()
"""
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(reading)],
        pass_fds=(reading,),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    with process:
        os.close(reading)
        grandchild = int(process.stdout.readline())
        os.close(writing)
        assert process.wait(PATIENCE) == -signal.SIGKILL
        assert is_gone(grandchild)


@pytest.fixture
def counter(tmp_path):
    path = tmp_path / "vmstat"
    path.write_text("nr_free_pages 5\noom_kill 3\nhtlb_buddy_alloc_success 0\n")
    return path


def test_a_kill_is_told_from_one_by_the_kernel_for_want_of_memory(counter):
    kills = KernelKills(str(counter))
    assert verdict(-9, kills)[0] is Status.CRASHED
    counter.write_text("oom_kill 4\n")
    assert verdict(-11, kills)[0] is Status.CRASHED
    reason = "the kernel killed the task's process for want of memory (SIGKILL)"
    assert verdict(-9, kills) == (Status.OUT_OF_MEMORY, reason)
    assert verdict(-9, kills)[0] is Status.CRASHED


def test_a_kernel_that_does_not_count_is_no_error(tmp_path):
    assert not KernelKills(str(tmp_path / "none")).rose()


@pytest.mark.parametrize(("number", "name"), [(11, "signal 11 (SIGSEGV)"), (40, "signal 40")])
def test_signals_are_named(number, name):
    assert signal_name(number) == name


def test_starting_rests_longer_and_longer_after_failures_in_a_row():
    starts = StartBackoff()
    rests = []
    for _ in range(START_FAILURES + 8):
        starts.failed("no room", 100.0)
        rests.append(max(0.0, starts.retry_at - 100.0))
    assert rests[: START_FAILURES + 2] == [0.0] * (START_FAILURES - 1) + [0.5, 1.0, 2.0]
    assert rests[-1] == LONGEST_BACKOFF
    assert starts.waiting(100.0 + LONGEST_BACKOFF - 1)
    starts.succeeded()
    assert not starts.waiting(100.0)

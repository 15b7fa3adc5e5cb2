"""One writer per run directory: real processes that hold, die and race for the lease."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import asdict, replace

import pytest

from glompo.errors import LeaseHeldError, StoreError, UserError
from glompo.storage import lease, lease_state
from glompo.storage.lease import BEAT_SECONDS, STALE_SECONDS, Lease
from glompo.storage.lease_state import Writer, host_name, machine_identity, start_time

HOLDER = """
import sys
from pathlib import Path
from glompo.errors import LeaseHeldError
from glompo.storage.lease import Lease
print("ready", flush=True)
sys.stdin.readline()
try:
    lease = Lease.acquire(Path(sys.argv[1]))
    print("won", flush=True)
except LeaseHeldError:
    print("lost", flush=True)
sys.stdin.readline()
"""


@contextmanager
def processes(run_dir, n):
    """Start `n` processes that try to take the lease when told, and kill them at the end."""
    started = [
        subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(run_dir)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(n)
    ]
    try:
        for process in started:
            assert process.stdout.readline() == "ready\n"
        yield started
    finally:
        for process in started:
            process.kill()
            process.communicate()


def told(process):
    process.stdin.write("\n")
    process.stdin.flush()


def write_holder(run_dir, holder, age=0.0, number=1):
    """Put a holder into the folder as another process would have, and age it."""
    path = run_dir / "lease" / f"{number:06d}"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(asdict(holder)))
    then = time.time() - age
    os.utime(path, (then, then))


@pytest.fixture
def me(tmp_path):
    return lease._this_process(tmp_path)


@pytest.fixture
def elsewhere(me):
    return replace(me, host="node-17", machine="another machine", token="theirs")


@pytest.fixture
def dead(me):
    """This process, as if its id had belonged to another one before."""
    return replace(me, started="1", token="theirs")


def test_a_living_process_keeps_others_out_and_is_named_until_it_is_killed(tmp_path):
    with processes(tmp_path, 1) as (holder,):
        told(holder)
        assert holder.stdout.readline() == "won\n"
        with pytest.raises(LeaseHeldError) as caught:
            Lease.acquire(tmp_path)
        message = str(caught.value)
        assert f"process {holder.pid} on {host_name()}" in message
        assert f"end it (kill {holder.pid})" in message
        assert f"delete {tmp_path / 'lease'}" in message
        os.kill(holder.pid, signal.SIGKILL)
        os.waitid(os.P_PID, holder.pid, os.WEXITED | os.WNOWAIT)  # dead, and not yet reaped by its parent
        with Lease.acquire(tmp_path) as mine:
            mine.verify()


def test_of_several_processes_exactly_one_gets_a_dead_lease(tmp_path, dead):
    for _ in range(2):  # the second time they race for the lease of a killed winner
        if not (tmp_path / "lease").exists():
            write_holder(tmp_path, dead)
        with processes(tmp_path, 5) as racers:
            for racer in racers:
                told(racer)
            assert sorted(racer.stdout.readline() for racer in racers) == ["lost\n"] * 4 + ["won\n"]


@pytest.mark.parametrize("left", ["nothing", "a dead lease", "a released lease"])
def test_of_several_threads_exactly_one_gets_a_free_lease(tmp_path, dead, left):
    for turn in range(30):
        run_dir = tmp_path / str(turn)
        run_dir.mkdir()
        if left != "nothing":
            write_holder(run_dir, replace(dead, released=left == "a released lease"), number=turn + 1)
        outcomes = []
        start = threading.Barrier(6)

        def race(run_dir=run_dir, outcomes=outcomes, start=start):
            start.wait()
            try:
                outcomes.append(Lease.acquire(run_dir))
            except LeaseHeldError as error:
                outcomes.append(error)

        threads = [threading.Thread(target=race) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [type(outcome) for outcome in outcomes].count(Lease) == 1
        winner = next(outcome for outcome in outcomes if isinstance(outcome, Lease))
        winner.verify()
        assert len(list((run_dir / "lease").iterdir())) == 1


def test_who_looked_too_early_does_not_win_against_who_came_and_went(tmp_path, dead, monkeypatch):
    """Its number came, went and was cleaned up between its look and its link."""
    write_holder(tmp_path, dead)
    real = lease._link
    rivals = []

    def overtaken(claim, path):
        monkeypatch.setattr(lease, "_link", real)
        Lease.acquire(tmp_path).release()
        rivals.append(Lease.acquire(tmp_path))
        assert not path.exists()
        return real(claim, path)

    monkeypatch.setattr(lease, "_link", overtaken)
    with pytest.raises(LeaseHeldError):
        Lease.acquire(tmp_path)
    rivals[0].verify()


def test_a_lease_is_held_even_against_its_own_process(tmp_path):
    with Lease.acquire(tmp_path), pytest.raises(LeaseHeldError, match=f"process {os.getpid()}"):
        Lease.acquire(tmp_path)
    Lease.acquire(tmp_path)


def test_a_held_lease_is_the_users_and_the_stores_matter(tmp_path):
    assert issubclass(LeaseHeldError, UserError)
    assert issubclass(LeaseHeldError, StoreError)


def test_a_reused_process_id_is_not_the_holder(tmp_path, dead):
    write_holder(tmp_path, dead)
    Lease.acquire(tmp_path).verify()


def test_another_machine_counts_as_dead_when_its_heartbeat_is_old(tmp_path, elsewhere):
    write_holder(tmp_path, elsewhere, age=STALE_SECONDS - 5)
    with pytest.raises(LeaseHeldError, match=r"on node-17 .*last sign of life 25 s ago.*try again in 5 s"):
        Lease.acquire(tmp_path)
    write_holder(tmp_path, elsewhere, age=STALE_SECONDS + 1)
    Lease.acquire(tmp_path).verify()


def test_a_living_process_of_this_machine_is_never_too_old(tmp_path, me):
    write_holder(tmp_path, me, age=1e6)
    with pytest.raises(LeaseHeldError):
        Lease.acquire(tmp_path)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"pid": 1}'])
def test_a_damaged_lease_is_waited_for_and_then_passed_over(tmp_path, content):
    path = tmp_path / "lease" / "000004"
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(LeaseHeldError, match="an unknown process"):
        Lease.acquire(tmp_path)
    os.utime(path, (0, 0))
    Lease.acquire(tmp_path).verify()


def test_a_heartbeat_renews_the_stamp_and_not_too_often(tmp_path):
    with Lease.acquire(tmp_path) as mine:
        path = tmp_path / "lease" / "000001"

        def renewed_at(now):
            os.utime(path, (0, 0))
            mine.beat(now)
            return path.stat().st_mtime > 0

        assert [renewed_at(now) for now in (7.0, 7.0 + BEAT_SECONDS - 0.1, 7.0 + BEAT_SECONDS)] == [True, False, True]


def test_who_was_taken_for_dead_learns_it_and_leaves_the_successor_alone(tmp_path, elsewhere):
    mine = Lease.acquire(tmp_path)
    write_holder(tmp_path, elsewhere, number=2)
    for attempt in (mine.verify, lambda: mine.beat(0.0)):
        with pytest.raises(LeaseHeldError, match=r"no longer holds.*node-17"):
            attempt()
    mine.release()
    with pytest.raises(LeaseHeldError, match=r"process .* on node-17"):
        Lease.acquire(tmp_path)


def test_a_holder_survives_that_the_files_are_deleted(tmp_path):
    mine = Lease.acquire(tmp_path)
    (tmp_path / "lease" / "000001").unlink()
    (tmp_path / "lease").rmdir()
    mine.beat(0.0)
    with pytest.raises(LeaseHeldError):
        Lease.acquire(tmp_path)
    (tmp_path / "lease" / "000001").unlink()
    mine.release()
    assert list((tmp_path / "lease").iterdir()) == []
    Lease.acquire(tmp_path)


def test_a_released_lease_is_free_and_known_to_be_over(tmp_path):
    mine = Lease.acquire(tmp_path)
    mine.release()
    mine.release()
    with pytest.raises(LeaseHeldError, match="no longer holds"):
        mine.verify()
    Lease.acquire(tmp_path).verify()


def test_a_file_system_without_links_will_do(tmp_path, dead, monkeypatch):
    def refused(*args):
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refused)
    write_holder(tmp_path, dead)
    mine = Lease.acquire(tmp_path)
    with pytest.raises(LeaseHeldError):
        Lease.acquire(tmp_path)
    mine.release()
    Lease.acquire(tmp_path)


def test_a_link_whose_answer_was_lost_is_recognised(tmp_path, monkeypatch):
    real = os.link

    def repeated(*args):
        real(*args)
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))

    monkeypatch.setattr(os, "link", repeated)
    Lease.acquire(tmp_path).verify()


def test_a_directory_that_cannot_be_written_is_a_clear_error(tmp_path):
    (tmp_path / "lease").write_text("a file in its place")
    with pytest.raises(StoreError, match=f"cannot take the lease in {tmp_path / 'lease'}: File exists"):
        Lease.acquire(tmp_path)


def test_a_process_is_known_by_its_start_and_a_dead_one_has_none():
    assert start_time(os.getpid()) == start_time(os.getpid()) != ""
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert start_time(child.pid) == ""
    child.wait()
    assert start_time(child.pid) == ""


def test_without_proc_a_process_is_known_by_its_id_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(lease_state, "_PROC", tmp_path / "nowhere")
    assert start_time(os.getpid()) == "?"
    assert machine_identity() == host_name()
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    child.wait()
    assert start_time(child.pid) == ""
    mine = Lease.acquire(tmp_path)
    with pytest.raises(LeaseHeldError):
        Lease.acquire(tmp_path)
    mine.release()
    write_holder(tmp_path, replace(mine.holder, pid=child.pid), number=2)
    Lease.acquire(tmp_path)


def test_readers_know_a_copy_of_a_held_directory_from_one_that_was_moved(tmp_path):
    held = tmp_path / "held"
    held.mkdir()
    with Lease.acquire(held):
        assert lease_state.writer_of(held) is Writer.LIVES
        shutil.copytree(held, tmp_path / "copy")
        assert lease_state.writer_of(tmp_path / "copy") is Writer.ELSEWHERE
        (tmp_path / "link").symlink_to(held)
        assert lease_state.writer_of(tmp_path / "link") is Writer.LIVES
        held.rename(tmp_path / "moved")
        assert lease_state.writer_of(tmp_path / "moved") is Writer.LIVES
        (tmp_path / "moved").rename(held)
    assert lease_state.writer_of(held) is Writer.DEAD


@pytest.mark.parametrize("age", [0.0, 1000.0])
def test_a_copy_from_another_machine_is_known_at_any_age_of_its_heartbeat(tmp_path, elsewhere, age):
    write_holder(tmp_path, replace(elsewhere, directory=["/scratch/run", 1]), age)
    assert lease_state.writer_of(tmp_path) is Writer.ELSEWHERE
    write_holder(tmp_path, replace(elsewhere, directory=[]), age)  # of an earlier version
    assert lease_state.writer_of(tmp_path) is (Writer.DEAD if age else Writer.LIVES)

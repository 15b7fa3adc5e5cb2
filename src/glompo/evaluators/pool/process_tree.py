"""A process and everything that it has started: its members, signals to it, its end, and what that end says.

On Linux the tree is read from /proc: the descendants, and the members of the session that the process opened, also
after their own parents are gone. A program that opens a session of its own *and* outlives the process that started it
leaves the tree unseen. Elsewhere the tree is the process group.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from time import monotonic

from glompo.function import Status

PAGE = os.sysconf("SC_PAGE_SIZE")
TICKS = os.sysconf("SC_CLK_TCK")
"""Units of processor time in a second."""

GONE = ("Z", "X")
"""States of a process that has ended and waits for its parent to notice."""

EXITING = 0x4
"""Flag of a process on Linux that is about to end."""

TAIL_BYTES = 2000
"""Bytes of a program's output that are looked at for the error of an evaluation that failed."""

TAIL_LINES = 5
"""Lines of it that are shown."""

LINUX = sys.platform == "linux"
"""Whether there is a /proc to read."""


def process_trees(leaders: Iterable[int]) -> dict[int, list[int]]:
    """Return the living members of the trees of some leaders, without the leaders, from one look at /proc."""
    found: dict[int, list[int]] = {leader: [] for leader in leaders}
    parents: dict[int, int] = {}
    sessions: dict[int, int] = {}
    for entry in _processes():
        fields = _fields(entry)
        if fields and fields[0] not in GONE:
            parents[int(entry)], sessions[int(entry)] = int(fields[1]), int(fields[3])
    for pid, session in sessions.items():
        if session in found and pid != session:
            found[session].append(pid)
        elif (leader := _ancestor_in(found, pid, parents)) is not None:
            found[leader].append(pid)
    return found


def may_have_descendants(pid: int) -> bool:
    """Return whether :func:`process_trees` may find members of the tree of a process, without a look at all others."""
    try:
        threads = os.listdir(f"/proc/{pid}/task")
        return os.getsid(pid) == pid or any(Path(f"/proc/{pid}/task/{one}/children").read_bytes() for one in threads)
    except OSError:  # the system does not tell, or a thread has just ended
        return True


def resident(pid: int) -> int:
    """Return the bytes that a process holds in memory; 0 if it is gone."""
    fields = _fields(str(pid))
    return int(fields[21]) * PAGE if fields else 0


def cpu_seconds(pid: int) -> float:
    """Return the processor time of a process and of its children that have ended; 0 if it is gone."""
    return sum(map(int, _fields(str(pid))[11:15])) / TICKS


def has_ended(pid: int) -> bool:
    """Return whether a process has ended or is about to, also if its parent has not noticed yet.

    One that ends closes its files, by which others see its end, some time before it is a zombie.
    """
    if LINUX:
        fields = _fields(str(pid))
        return not fields or fields[0] in GONE or bool(int(fields[6]) & EXITING)
    shown = subprocess.run(["ps", "-o", "state=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return not shown.strip() or not {"Z", "E"}.isdisjoint(shown)


def signal_tree(leader: int, number: signal.Signals, descendants: list[int] | None = None) -> None:
    """Send a signal to a process that has not been waited for, to its group, and to the rest of its tree.

    Parameters
    ----------
    leader : int
        Number of the process that leads the group.
    number : Signals
        Which signal.
    descendants : list of int, optional
        The rest of the tree; looked for by default, after SIGKILL once more for members started meanwhile.
    """
    others = process_trees([leader])[leader] if descendants is None else descendants
    signal_group(leader, number)
    for pid in others:
        _to(pid, number)
    if others and descendants is None and number is signal.SIGKILL:
        for pid in process_trees([leader])[leader]:
            _to(pid, number)


def watch(pid: int) -> int | None:
    """Return a descriptor that becomes readable when the child process `pid` ends; None where the system has none."""
    try:
        return os.pidfd_open(pid) if LINUX else None
    except OSError:  # a kernel before 5.3
        return None


def await_end(process: subprocess.Popen[bytes], seconds: float | None) -> bool:
    """Wait for the end of a process; say whether it came in time. On Linux its number stays taken until `wait`."""
    descriptor = watch(process.pid)
    if descriptor is None:
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True
    end = None if seconds is None else monotonic() + seconds
    try:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        return bool(poll.poll(None if end is None else max(0.0, end - monotonic()) * 1000))
    finally:
        os.close(descriptor)


def _ancestor_in(leaders: dict[int, list[int]], pid: int, parents: dict[int, int]) -> int | None:
    while (parent := parents.get(pid)) is not None:
        if parent in leaders:
            return parent
        pid = parent
    return None


def _processes() -> list[str]:
    return [name for name in os.listdir("/proc") if name.isdecimal()] if LINUX else []


def _fields(pid: str) -> list[str]:
    """Return the fields of /proc/PID/stat from the state on; nothing if they cannot be had.

    The name of the program before them may hold spaces and parentheses.
    """
    if not LINUX:
        return []
    try:
        with open(f"/proc/{pid}/stat", "rb", buffering=0) as file:
            return file.read().rpartition(b")")[2].decode().split()
    except OSError:  # gone, or of another user
        return []


def signal_group(leader: int, number: signal.Signals) -> None:
    """Send a signal to a process group, if it has members left."""
    try:
        os.killpg(leader, number)
    except (ProcessLookupError, PermissionError):  # all gone; or, on macOS, gone but not yet waited for
        return


def _to(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return


class KernelKills:
    """Tells whether the kernel has killed processes of this machine for want of memory lately.

    Linux counts such kills for the machine as a whole (`oom_kill` in /proc/vmstat; those inside a memory cgroup
    included), so a kill elsewhere at the same time looks the same.
    """

    def __init__(self, path: str = "/proc/vmstat") -> None:
        self._path = path
        self._seen = self._count()

    def rose(self) -> bool:
        """Return whether the count rose since it was last looked at."""
        count = self._count()
        risen, self._seen = count > self._seen, count
        return risen

    def _count(self) -> int:
        try:
            with open(self._path, "rb") as file:
                return next((int(line.split()[1]) for line in file if line.startswith(b"oom_kill ")), 0)
        except OSError:
            return 0


def verdict(code: int, kills: KernelKills) -> tuple[Status, str]:
    """Return status and reason for a process that ended in an evaluation with this code, or minus a signal."""
    if code >= 0:
        return Status.CRASHED, f"the task ended its process with exit code {code}"
    if code != -signal.SIGKILL:
        return Status.CRASHED, f"the task's process was killed by {signal_name(-code)}"
    if kills.rose():
        return Status.OUT_OF_MEMORY, "the kernel killed the task's process for want of memory (SIGKILL)"
    return Status.CRASHED, "the task's process was killed by signal 9 (SIGKILL), perhaps for want of memory"


def output_tail(file: int, name: str) -> str:
    """Return the end of what is in an open file, in one line that calls it `name`; nothing if it is empty."""
    size = os.fstat(file).st_size
    text = os.pread(file, TAIL_BYTES, max(0, size - TAIL_BYTES)).decode(errors="replace")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return f"; its {name} ends: {' | '.join(lines[-TAIL_LINES:])}" if lines else ""


def signal_name(number: int) -> str:
    """Return number and name of a signal."""
    try:
        return f"signal {number} ({signal.Signals(number).name})"
    except ValueError:  # a real-time signal
        return f"signal {number}"

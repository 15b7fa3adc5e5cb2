"""What the end of a process says about the evaluation in it."""

from __future__ import annotations

import signal

from glompo.function import Status


class KernelKills:
    """Tells whether the kernel has killed processes of this machine for want of memory lately.

    Linux counts such kills for the machine as a whole (`oom_kill` in /proc/vmstat; those inside a memory cgroup
    included), so a kill elsewhere at the same time looks the same.

    Parameters
    ----------
    path : str
        Where the count is read.
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
    """Return status and reason for a process that ended in the middle of an evaluation, unasked.

    Parameters
    ----------
    code : int
        Its exit code; negative for a signal.
    kills : KernelKills
        Asked if the signal was SIGKILL.
    """
    if code >= 0:
        return Status.CRASHED, f"the task ended its process with exit code {code}"
    if code != -signal.SIGKILL:
        return Status.CRASHED, f"the task's process was killed by {signal_name(-code)}"
    if kills.rose():
        return Status.OUT_OF_MEMORY, "the kernel killed the task's process for want of memory (SIGKILL)"
    return Status.CRASHED, "the task's process was killed by signal 9 (SIGKILL), perhaps for want of memory"


def signal_name(number: int) -> str:
    """Return number and name of a signal."""
    try:
        return f"signal {number} ({signal.Signals(number).name})"
    except ValueError:  # a real-time signal
        return f"signal {number}"

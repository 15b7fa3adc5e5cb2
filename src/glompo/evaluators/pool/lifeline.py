"""A process that ends, with its whole group, when another one vanishes.

The other process holds the writing end of a pipe and never writes. When it ends, for whatever reason, the pipe
reports that its far end is closed. On Linux the kernel itself turns that report into SIGKILL for the process group: it
needs no thread, and reaches a worker that hangs in compiled code with the interpreter lock held, and the programs that
the task has started. Elsewhere a thread waits for the report.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import sys
import threading

PR_SET_PDEATHSIG = 1
"""From <linux/prctl.h>."""


def tie_group(lifeline: int, group: int) -> None:
    """Let the kernel kill a process group when the far end of a pipe is closed (Linux).

    Parameters
    ----------
    lifeline : int
        Descriptor of the reading end; the tie lasts as long as some process has it open.
    group : int
        Number of the process group.
    """
    if sys.platform == "linux":
        fcntl.fcntl(lifeline, fcntl.F_SETOWN, -group)
        fcntl.fcntl(lifeline, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)


def end_with_parent(lifeline: int, parent: int) -> None:
    """End this process, the leader of its group, and the group, when the parent does.

    Parameters
    ----------
    lifeline : int
        Descriptor of the reading end of a pipe whose writing end only the parent holds.
    parent : int
        Process number of the parent. It must have started this process from a thread that lasts: Linux counts the
        end of the starting thread as the end of the parent.
    """
    os.set_inheritable(lifeline, False)
    if sys.platform == "linux":
        tie_group(lifeline, os.getpgrp())
        # a copy of the parent made by fork may hold the writing end for longer than the parent lives
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    else:
        threading.Thread(target=wait_and_end, args=(lifeline,), name="glompo-lifeline", daemon=True).start()
    if os.getppid() != parent:
        os._exit(1)


def wait_and_end(lifeline: int) -> None:
    """Wait until the far end of the pipe is closed, then kill the group of this process."""
    os.read(lifeline, 1)
    os.killpg(os.getpgrp(), signal.SIGKILL)

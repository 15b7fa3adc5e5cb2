"""Where calls of the task go in and come out again, and what unwinds a search from inside the task.

What unwinds is no Exception, so that code that survives exceptions does not survive it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import NoReturn

from glompo.errors import WorkerError
from glompo.this_process import ThisProcess


class Cut(BaseException):
    """The optimizer was asked to stop and went on: it is unwound from inside the task."""


class Refused(Cut):
    """The task is not what it says; the optimizer is unwound, and the run ends with this reason."""


class OutsideError(BaseException):
    """An optimizer asks for nothing but points outside the bounds: it has failed, also if it survives exceptions."""


class OwnerProcess:
    """Tells this process from its forks.

    A fork holds a copy of the optimizer with all its credits and the open lines to the engine, but not the threads
    that serve them. What it evaluated would be counted twice or not at all.
    """

    def __init__(self) -> None:
        self._pid = ThisProcess.pid

    def check(self) -> None:
        """Refuse a fork.

        Raises
        ------
        WorkerError
            In any other process than the one in which this object was made.
        """
        if ThisProcess.pid != self._pid:
            raise WorkerError(
                f"process {ThisProcess.pid} is a fork of process {self._pid}, to which the optimizer and its function "
                "belong; call it there, several points at once with function.map(X), and let the manager place the "
                "evaluations in processes with evaluator='pool'"
            )


class CallGate:
    """Counts the calls of one search. Once it is shut no call goes in, from whatever thread.

    Parameters
    ----------
    refuse : callable
        Called for a call that comes too late, with the reason; must raise.
    """

    def __init__(self, refuse: Callable[[str], NoReturn]) -> None:
        self._refuse = refuse
        self._owner = OwnerProcess()
        self._changed = threading.Condition(threading.Lock())
        self._inside = 0
        self._shut = ""

    def __enter__(self) -> None:
        self._owner.check()  # first: in a fork the lock may be held by a thread that does not exist there
        with self._changed:
            if not self._shut:
                self._inside += 1
                return
        self._refuse(self._shut)  # without the lock: a search that goes on all the same may never return from it

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._inside -= 1
            if self._shut:  # nothing waits before
                self._changed.notify_all()

    def shut(self, reason: str) -> None:
        """Let no further call in."""
        with self._changed:
            self._shut = reason

    def drain(self) -> None:
        """Wait until all calls that are inside have come out; only once it is shut."""
        with self._changed:
            self._changed.wait_for(lambda: not self._inside)

"""Where calls of the task go in and come out again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import NoReturn

from glompo.worker.owner_process import OwnerProcess


class CallGate:
    """The door to the task for one search. Once it is shut no call goes in, from whatever thread.

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
        self._owner.check()  # first: the lock of a fork may be held for ever
        with self._changed:
            if not self._shut:
                self._inside += 1
                return
        self._refuse(self._shut)

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._inside -= 1
            self._changed.notify_all()

    def shut(self, reason: str) -> None:
        """Let no further call in."""
        with self._changed:
            self._shut = reason

    def await_the_last(self) -> None:
        """Wait until all calls that are inside have come out."""
        with self._changed:
            self._changed.wait_for(lambda: not self._inside)

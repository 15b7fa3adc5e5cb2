"""Sends evaluations that have waited long enough."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from time import monotonic

AGE = 0.02
"""Seconds that an evaluation may wait in a worker, so that a killed run loses less than 100 ms."""


class Flusher:
    """One thread that empties the mailboxes of this process.

    It waits while nothing is due; the first evaluation in an empty mailbox ends that.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._round: deque[tuple[float, Callable[[], None]]] = deque()
        self._closed = False
        self._thread = threading.Thread(target=self._walk, name="glompo-flusher", daemon=True)
        self._thread.start()

    def expect(self, flush: Callable[[], None]) -> None:
        """Promise to call `flush` within `AGE` seconds."""
        with self._changed:
            self._round.append((monotonic() + AGE, flush))
            if len(self._round) == 1:
                self._changed.notify()

    def close(self) -> None:
        """Send what still waits and end."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _walk(self) -> None:
        while (flush := self._next()) is not None:
            flush()

    def _next(self) -> Callable[[], None] | None:
        """Return what is due next; None when there will be no more."""
        with self._changed:
            while not self._round:
                if self._closed:
                    return None
                self._changed.wait()
            due, flush = self._round.popleft()
            while not self._closed and (left := due - monotonic()) > 0:
                self._changed.wait(left)
            return flush

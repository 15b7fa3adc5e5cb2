"""Signal handlers of this process, and of no copy of it.

A fork inherits the handlers of the process that it is a copy of, but nothing that they work for. With a handler that
takes SIGTERM for a request to leave a run, the workers of a ``multiprocessing.Pool`` could not be terminated, and the
task that waits for their end would wait for ever. So a fork begins with the handlers that there were before.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

Handler = Callable[[int, FrameType | None], None]

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)
"""What is heard as a request to leave: Ctrl-C, and how batch queues announce that they will kill a job."""

_replaced: list[dict[int, Any]] = []
"""Former handlers by signal, of each :func:`handling` that is entered, the innermost last."""

_forking = threading.local()
"""With `mask`, the signals that the thread that forks held back before."""


@contextmanager
def handling(numbers: Sequence[int], handler: Handler, after: Callable[[], Any] = lambda: None) -> Iterator[None]:
    """Let `handler` take the signals while the block runs, in this process only; then the former handlers do again.

    Outside the main thread nothing is changed: Python delivers signals to the main thread only.

    Parameters
    ----------
    numbers : sequence of int
        Signals.
    handler : callable
        Called with the number and the frame.
    after : callable
        Asked behind the block: what to install in place of the former handlers, or None.
    """
    former: dict[int, Any] = {}
    _replaced.append(former)  # before the first is replaced: a fork may happen in between
    try:
        for number in numbers:
            try:
                former[number] = signal.getsignal(number) or signal.SIG_DFL
                signal.signal(number, handler)
            except ValueError:  # not in the main thread
                former.clear()
                break
        yield
    finally:
        other = after()
        for number, handler_before in former.items():
            signal.signal(number, handler_before if other is None else other)
        _replaced[:] = [one for one in _replaced if one is not former]


def _hold_back() -> None:
    """Let signals wait while this thread forks: one for the copy must find the handlers that it begins with."""
    if _replaced:
        numbers = {number for former in _replaced for number in former}
        _forking.mask = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)


def _let_through() -> None:
    mask, _forking.mask = getattr(_forking, "mask", None), None
    if mask is not None:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _begin_a_fork() -> None:
    """Give back all handlers that were there before, in a process that was just forked; runs in its main thread."""
    while _replaced:
        for number, former in _replaced.pop().items():
            signal.signal(number, former)
    _let_through()


os.register_at_fork(before=_hold_back, after_in_parent=_let_through, after_in_child=_begin_a_fork)

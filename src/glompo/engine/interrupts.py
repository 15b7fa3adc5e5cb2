"""Ctrl-C, without harm: the first asks the run to end this session, the second ends it now."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupts:
    """Counts the interrupts of a session.

    Attributes
    ----------
    asked : bool
        Whether somebody interrupted at least once.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self.asked = False

    def hear(self, number: int, frame: FrameType | None) -> None:
        """Note an interrupt; the second one raises KeyboardInterrupt at once."""
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
        self._wake()


@contextmanager
def listening(wake: Callable[[], None]) -> Iterator[Interrupts]:
    """Hear SIGINT while the block runs, and restore the former handler behind it.

    Outside the main thread there is nothing to hear: Python delivers signals to the main thread only.
    """
    interrupts = Interrupts(wake)
    try:
        former = signal.signal(signal.SIGINT, interrupts.hear)
    except ValueError:  # not in the main thread
        yield interrupts
        return
    try:
        yield interrupts
    finally:
        signal.signal(signal.SIGINT, former)

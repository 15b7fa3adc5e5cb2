"""Interrupts, without harm: the first asks the run to end this session in order, the second ends it now.

SIGINT is Ctrl-C, in a terminal and in a notebook. SIGTERM and SIGUSR1 are how batch queues announce that they will
kill a job; they mean the same here. A second signal, of whatever kind, does not wait for evaluations under way: so a
queue that warns by SIGUSR1 long before it sends SIGTERM gets both an orderly end and a timely one.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from glompo.signal_handlers import SIGNALS, handling


class Interrupts:
    """Counts the interrupts of a session.

    The loop obeys them where it stands between two steps, so that no event is torn. Only a third signal, for a loop
    that does not come round because a policy hangs, breaks into whatever is going on.

    Attributes
    ----------
    by : str
        Name of the first signal that was heard, such as ``SIGINT``; empty before.
    now : bool
        Whether there was a second one.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._closing = False
        self.by = ""
        self.now = False

    def hear(self, number: int, frame: FrameType | None) -> None:
        """Note an interrupt; the third one raises KeyboardInterrupt."""
        if self._closing:
            return
        if self.now:
            raise KeyboardInterrupt
        self.now = self.by != ""
        self.by = self.by or signal.Signals(number).name
        self._wake()

    def close(self) -> None:
        """Let no further signal disturb the end of the session: what follows is short."""
        self._closing = True


def say(text: str) -> None:
    """Write a line where a person looks who has just pressed Ctrl-C, whether or not anything shows the run."""
    with suppress(Exception):  # a stream that is closed, or none at all
        print(text, file=sys.stderr, flush=True)


@contextmanager
def listening(wake: Callable[[], None]) -> Iterator[Interrupts]:
    """Hear the signals of `SIGNALS` while the block runs; outside the main thread there is nothing to hear."""
    interrupts = Interrupts(wake)
    with handling(SIGNALS, interrupts.hear):
        yield interrupts

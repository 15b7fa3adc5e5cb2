"""Where time comes from."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Seconds of run time."""

    def now(self) -> float:
        """Return the run time in seconds; never falls."""


class RunClock:
    """The monotonic clock of this machine, counted from the beginning of the run.

    Parameters
    ----------
    elapsed : float
        Run time of earlier sessions in seconds.
    """

    def __init__(self, elapsed: float = 0.0) -> None:
        self._zero = time.monotonic() - elapsed

    def now(self) -> float:
        """Return the run time in seconds."""
        return time.monotonic() - self._zero

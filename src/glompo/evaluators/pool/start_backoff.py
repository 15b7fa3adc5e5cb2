"""What to do when worker processes cannot be started."""

from __future__ import annotations

ATTEMPTS = 3
"""Failures in a row after which starting rests for a while."""

LONGEST_REST = 30.0
"""Seconds."""


class Starts:
    """Counts failed starts, so that a task that cannot be loaded does not cost one process after the other.

    Attributes
    ----------
    error : str
        Why the last start failed.
    rest_until : float
        When the next start may be tried.
    """

    def __init__(self) -> None:
        self._failures = 0
        self.error = ""
        self.rest_until = 0.0

    def succeeded(self) -> None:
        """Note that a process is ready."""
        self._failures = 0
        self.rest_until = 0.0

    def failed(self, error: str, now: float) -> None:
        """Note that a process did not get ready."""
        self._failures += 1
        self.error = error
        if self._failures >= ATTEMPTS:
            self.rest_until = now + min(LONGEST_REST, 0.5 * 2.0 ** (self._failures - ATTEMPTS))

    def resting(self, now: float) -> bool:
        """Return whether no start may be tried now."""
        return now < self.rest_until

"""What people ask of a simulated run, and when."""

from __future__ import annotations

from collections.abc import Sequence

from glompo.engine.ports import Clock
from glompo.storage.inbox import Request


class ScriptedInbox:
    """Brings requests at the times that a test has written down.

    Parameters
    ----------
    clock : Clock
        Time of the run.
    script : sequence of (float, Request)
        Run time in seconds of each request, in any order.

    Attributes
    ----------
    refused : dict
        Why requests were refused, by their names: ``'1'`` is the first one.
    """

    def __init__(self, clock: Clock, script: Sequence[tuple[float, Request]]) -> None:
        self._clock = clock
        numbered = [(at, str(number), request) for number, (at, request) in enumerate(script, 1)]
        self._waiting = sorted(numbered, key=lambda one: one[0])
        self.refused: dict[str, str] = {}

    def due(self) -> float | None:
        """Return the seconds until the next request; None if there is none."""
        return max(0.0, self._waiting[0][0] - self._clock.now()) if self._waiting else None

    def arrived(self) -> list[tuple[str, Request]]:
        """Return the requests whose time has come."""
        now = self._clock.now()
        here = [one for one in self._waiting if one[0] <= now]
        self._waiting = self._waiting[len(here) :]
        return [(name, request) for _, name, request in here]

    def settle(self, name: str) -> None:
        """Do nothing: it is forgotten already."""

    def refuse(self, name: str, reason: str) -> None:
        """Keep the reason."""
        self.refused[name] = reason

    def close(self) -> None:
        """Do nothing."""

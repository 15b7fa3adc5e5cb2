"""A journal in memory."""

from __future__ import annotations

from collections.abc import Sequence

from glompo.core.events import Event


class MemoryLog:
    """An event log that is a list.

    Attributes
    ----------
    events : list of Event
        Everything recorded so far.
    """

    def __init__(self) -> None:
        self.events: list[Event] = []

    def append(self, events: Sequence[Event]) -> None:
        """Keep the events."""
        self.events.extend(events)

    def commit(self) -> None:
        """Memory is as durable as it gets."""

    def due(self) -> None:
        """Return None: there is never anything to do."""

    def tick(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""

"""A journal in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from glompo.core.evaluations.columns import Columns, extras_of, rows_of, track_of
from glompo.core.state.run_state import RunState
from glompo.events import Evaluated, Event, RunOpened

WALL = 946_684_800.0
"""Time of day at which virtual clocks begin: the year 2000, UTC, in seconds since 1970."""


class EventsHistory:
    """A :class:`~glompo.core.policies.ports.History` of events in memory.

    Parameters
    ----------
    events : sequence of Event
        A run from its beginning; it may grow.
    """

    def __init__(self, events: Sequence[Event]) -> None:
        self._events = events

    def rows(self, opt: int, start: int, stop: int) -> Columns:
        """Return the evaluations `start` to before `stop` of optimizer `opt`, from 0."""
        dims = next(len(event.bounds) for event in self._events if isinstance(event, RunOpened))
        return rows_of(self._events, opt, start, stop, dims)

    def extras(self, opt: int) -> tuple[tuple[Any, ...], ...]:
        """Return the further values of its detailed calls, one row for each of its first evaluations."""
        return extras_of(self._events, opt)

    def track(self, opt: int, column: int) -> list[Any]:
        """Return the further value at `column` of each of its first evaluations, None where there is none."""
        batches = [event for event in self._events if isinstance(event, Evaluated) and event.opt == opt]
        return [value for batch in batches for value in track_of(batch, column)]


class MemoryLog:
    """An event log that is a list.

    Attributes
    ----------
    events : list of Event
        Everything recorded so far.
    history : EventsHistory
        Reads them.
    """

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.history = EventsHistory(self.events)

    def append(self, events: Sequence[Event]) -> None:
        """Keep the events."""
        self.events.extend(events)

    def commit(self) -> None:
        """Memory is as durable as it gets."""

    def due(self) -> None:
        """Return None: there is never anything to do."""

    def tick(self) -> None:
        """Do nothing."""

    def keep(self, state: RunState) -> None:
        """Do nothing."""

    def close(self, state: RunState | None) -> None:
        """Do nothing."""

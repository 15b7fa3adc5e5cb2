"""A journal and saved states in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any

from glompo.core.evaluations.columns import Columns, extras_of, rows_of, track_of
from glompo.core.state.run_state import RunState
from glompo.core.views.run_view import RunView
from glompo.events import Evaluated, Event, RunOpened
from glompo.events.enums import CheckpointOutcome

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


class MemoryCheckpoints:
    """A checkpoint store that forgets everything at the end; its checkpoints are complete at once and have no file.

    Attributes
    ----------
    states : dict of str to bytes
        The saved states by their names.
    """

    def __init__(self) -> None:
        self.states: dict[str, bytes] = {}
        self._packed: list[int] = []

    def keep(self, data: bytes) -> str:
        """Keep a saved state and return its name."""
        name = sha256(data).hexdigest()
        self.states[name] = data
        return name

    def fetch(self, blob: str) -> bytes | None:
        """Return the saved state of that name."""
        return self.states.get(blob)

    def retain(self, blobs: Iterable[str]) -> None:
        """Forget all other saved states."""
        wanted = set(blobs)
        self.states = {name: data for name, data in self.states.items() if name in wanted}

    def start_checkpoint(self, n: int, view: RunView) -> None:
        """Take note of the checkpoint."""
        self._packed.append(n)

    def finished_checkpoint(self, wait: bool = False) -> tuple[str, str, str] | None:
        """Return that the checkpoint is complete."""
        if not self._packed:
            return None
        return CheckpointOutcome.COMPLETE, f"number {self._packed.pop()}, in memory", ""

    def close(self) -> None:
        """Do nothing."""

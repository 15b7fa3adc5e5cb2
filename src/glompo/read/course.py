"""The course of a run: how its best value came down, and what was decided."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

from glompo.events import (
    Asked,
    CheckpointClosed,
    Diverged,
    EndRequested,
    Escalated,
    Evaluated,
    Event,
    Noted,
    PauseRequested,
    Recovered,
    ResumeRequested,
    RunFinished,
    SessionClosed,
    SessionOpened,
    StartRequested,
    Stopped,
    StopRequested,
)
from glompo.read.improvements import improvements_in
from glompo.safe_text import legible

ENTRIES = 500
"""Lines of the log that are kept, the last ones."""


class Step(NamedTuple):
    """An improvement of the best value to `value` by evaluation `number` of the run, at run time `seconds`."""

    number: int
    seconds: float
    value: float


class Entry(NamedTuple):
    """A line of the log of a run: run time in seconds, and a text that a terminal can show."""

    at: float
    text: str


class Course:
    """Collects improvements and decisions from the events of a run.

    Attributes
    ----------
    evaluations : int
        Evaluations that were read.
    seconds : float
        Run time of the last event that was read.
    steps : list of Step
        Improvements of the best value.
    entries : deque of Entry
        What was decided, asked and said, the last ones.
    """

    def __init__(self) -> None:
        self.evaluations = 0
        self.seconds = 0.0
        self.steps: list[Step] = []
        self.entries: deque[Entry] = deque(maxlen=ENTRIES)

    def take(self, event: Event) -> None:
        """Add what an event tells."""
        self.seconds = max(self.seconds, event.at)
        if isinstance(event, Evaluated):
            self._evaluate(event)
        elif (tell := _TOLD.get(type(event))) is not None:
            self.entries.append(Entry(event.at, legible(tell(event))))

    def _evaluate(self, event: Evaluated) -> None:
        best = self.steps[-1].value if self.steps else math.inf
        for row, at, value in improvements_in(event, best):
            self.steps.append(Step(self.evaluations + row + 1, at, value))
        self.evaluations += len(event.f)


def _stop(event: StopRequested) -> str:
    return f"optimizer {event.opt} is to stop ({event.by}): {event.verdict.reason()}"


def _ended(event: Stopped) -> str:
    how = "converged" if event.said_converged and event.ending == "returned" else event.ending
    return f"optimizer {event.opt} ended, {how}" + (f": {event.note}" if event.note else "")


def _asked(event: Asked) -> str:
    return f"{event.who} asked: {event.wish}" + (f" ({event.why})" if event.why else "")


def _checkpoint(event: CheckpointClosed) -> str:
    return f"checkpoint {event.n} {event.outcome}: {event.path or event.why}"


_TOLD: dict[type[Event], Callable[[Any], str]] = {
    StartRequested: lambda event: f"optimizer {event.opt} ({event.called}) starts: {event.why}",
    StopRequested: _stop,
    Stopped: _ended,
    PauseRequested: lambda event: f"optimizer {event.opt} is to rest ({event.by}): {event.verdict.reason()}",
    ResumeRequested: lambda event: f"optimizer {event.opt} goes on ({event.by})",
    Escalated: lambda event: f"optimizer {event.opt} does not stop: {event.rung}, {event.why}",
    Recovered: lambda event: f"optimizer {event.opt} came back by {event.way}",
    Diverged: lambda event: f"optimizer {event.opt} did not come back by {event.way}: {event.why}",
    Noted: lambda event: f"optimizer {event.opt}: {event.text}",
    Asked: _asked,
    CheckpointClosed: _checkpoint,
    SessionOpened: lambda event: f"session {event.session} on {event.host}, process {event.pid}",
    SessionClosed: lambda event: f"session closed: {event.reason}",
    EndRequested: lambda event: f"the run is to end: {event.verdict.reason()}",
    RunFinished: lambda event: f"the run is over: {event.verdict.reason()}",
}

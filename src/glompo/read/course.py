"""The course of a run: how its best value came down, and what was decided."""

from __future__ import annotations

import math
from collections import deque
from typing import NamedTuple

from glompo.events import Evaluated, Event
from glompo.read.decisions import Decision, decision_of
from glompo.read.improvements import improvements_in

ENTRIES = 500
"""Lines of the log that are kept, the last ones."""


class Step(NamedTuple):
    """An improvement of the best value to `value` by evaluation `number` of the run, at run time `seconds`."""

    number: int
    seconds: float
    value: float


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
    entries : deque of Decision
        What was decided, asked and said, the last ones.
    """

    def __init__(self) -> None:
        self.evaluations = 0
        self.seconds = 0.0
        self.steps: list[Step] = []
        self.entries: deque[Decision] = deque(maxlen=ENTRIES)

    def take(self, event: Event) -> None:
        """Add what an event tells."""
        self.seconds = max(self.seconds, event.at)
        if isinstance(event, Evaluated):
            self._evaluate(event)
        elif (entry := decision_of(event)) is not None:
            self.entries.append(entry)

    def _evaluate(self, event: Evaluated) -> None:
        best = self.steps[-1].value if self.steps else math.inf
        for row, at, value in improvements_in(event, best):
            self.steps.append(Step(self.evaluations + row + 1, at, value))
        self.evaluations += len(event.f)

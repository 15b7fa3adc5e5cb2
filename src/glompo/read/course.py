"""The course of a run: how its best value came down, and what was decided, read in slices of time."""

from __future__ import annotations

import math
import os
import time
from collections import deque
from typing import NamedTuple

from glompo.events import Evaluated, Event
from glompo.read.decisions import Decision, decision_of
from glompo.read.improvements import improvements_in
from glompo.read.locate import run_directory
from glompo.storage.reader import JournalFollower

ENTRIES = 500
"""Lines of the log that are kept, the last ones."""

CLOCK = 64
"""Events between two looks at the clock."""


class Step(NamedTuple):
    """An improvement of the best value to `value` by evaluation `number` of the run, at run time `seconds`."""

    number: int
    seconds: float
    value: float


class Course:
    """Improvements and decisions of a run, alive or dead, as far as its journal was read.

    Parameters
    ----------
    run_dir : path-like
        Working directory of the run.

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

    Raises
    ------
    UserError
        If the directory holds no run.
    """

    def __init__(self, run_dir: str | os.PathLike[str]) -> None:
        self.evaluations = 0
        self.seconds = 0.0
        self.steps: list[Step] = []
        self.entries: deque[Decision] = deque(maxlen=ENTRIES)
        self._journal = JournalFollower(run_directory(run_dir))
        self._stream = self._journal.stream()

    def advance(self, most: float = math.inf) -> bool:
        """Read on for `most` seconds at most; return whether all that is recorded has been read.

        Raises
        ------
        CorruptJournalError
            If the journal is damaged before its tail.
        """
        end = time.monotonic() + most
        for n, event in enumerate(self._stream):
            self._take(event)
            if n % CLOCK == CLOCK - 1 and time.monotonic() > end:
                return False
        self._stream = self._journal.stream()
        return True

    def _take(self, event: Event) -> None:
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

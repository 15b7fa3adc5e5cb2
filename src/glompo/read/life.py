"""The life of one optimizer, gathered from the events of its run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from glompo.events import (
    Asked,
    Diverged,
    Escalated,
    Evaluated,
    Event,
    IncumbentTaken,
    Judged,
    Noted,
    PauseRequested,
    Recovered,
    ResumeRequested,
    StartRequested,
    Stopped,
    StopRequested,
)
from glompo.events.verdict import Verdict
from glompo.function import Status, cause_of
from glompo.read.improvements import improvements_in

KEPT = 500
"""Steps of a life that are kept: the first and the last half of them."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question of the stoppers about one optimizer.

    Attributes
    ----------
    at : float
        Run time in seconds.
    evaluations : int
        Evaluations that the optimizer had made.
    verdict : Verdict
        The answer.
    """

    at: float
    evaluations: int
    verdict: Verdict

    @property
    def answers(self) -> tuple[tuple[str, bool], ...]:
        """The rules that were asked, with what each said, without numbers."""
        return tuple((leaf.rule, leaf.fired) for leaf in self.verdict.leaves())


@dataclass(slots=True)
class Stretch:
    """Questions in a row to which each rule gave the same answer, with other numbers.

    Attributes
    ----------
    first, last : Question
        The first and the last of them.
    n : int
        How many there are.
    """

    first: Question
    last: Question
    n: int = 1


@dataclass(slots=True)
class Gain:
    """An evaluation, number `k` of the optimizer from 1, that improved its best value to `f` at run time `at`."""

    k: int
    at: float
    f: float


@dataclass(slots=True)
class Life:
    """What the record says of one optimizer.

    Attributes
    ----------
    opt : int
        Its number.
    start : StartRequested or None
        The request to start it.
    before : int
        Evaluations of the run before that.
    judged : list of int
        Its evaluations when the stoppers were asked about it and let it live.
    steps : list of Event
        What was asked of it and what it did, but evaluations, in order.
    gains : list of Gain
        Evaluations that improved its best value.
    causes : Counter
        Causes of its failed evaluations.
    stop : StopRequested or None
        The last request to stop it.
    stopped : Stopped or None
        How its worker left the search, if it did.
    run_evaluations : int
        Evaluations of the run in all.
    """

    opt: int
    start: StartRequested | None = None
    before: int = 0
    judged: list[int] = field(default_factory=list)
    steps: list[Event] = field(default_factory=list)
    left_out: int = 0
    gains: list[Gain] = field(default_factory=list)
    causes: Counter[str] = field(default_factory=Counter)
    stop: StopRequested | None = None
    stopped: Stopped | None = None
    run_evaluations: int = 0

    def take(self, event: Event) -> None:
        """See one event of the run."""
        if isinstance(event, Judged):
            self._judge(event)
        elif isinstance(event, Evaluated):
            self._count(event)
        elif getattr(event, "opt", None) == self.opt:
            _RULES.get(type(event), _ignored)(self, event)

    def _judge(self, event: Judged) -> None:
        if self.opt in event.opts:
            self.judged.append(event.counts[event.opts.index(self.opt)])

    def _count(self, event: Evaluated) -> None:
        self.run_evaluations += len(event.f)
        if event.opt != self.opt:
            return
        reasons = dict(event.errors)
        for row in np.flatnonzero(event.status != Status.OK).tolist():
            self.causes[cause_of(Status(int(event.status[row])), reasons.get(row, ""))] += 1
        best = self.gains[-1].f if self.gains else np.inf
        self.gains += [Gain(event.k0 + row + 1, at, value) for row, at, value in improvements_in(event, best)]

    def _begin(self, event: StartRequested) -> None:
        self.start, self.before = event, self.run_evaluations

    def _ask_to_stop(self, event: StopRequested) -> None:
        self.stop = event

    def _end(self, event: Stopped) -> None:
        self.stopped = event

    def _step(self, event: Event) -> None:
        self.steps.append(event)
        if len(self.steps) > KEPT:
            del self.steps[KEPT // 2]
            self.left_out += 1


def _ignored(life: Life, event: Event) -> None:
    """Leave out credits and confirmations."""


_RULES: dict[type[Event], Callable[[Life, Any], None]] = {
    StartRequested: Life._begin,
    StopRequested: Life._ask_to_stop,
    Stopped: Life._end,
    **dict.fromkeys(
        (Asked, Diverged, Escalated, IncumbentTaken, Noted, PauseRequested, Recovered, ResumeRequested), Life._step
    ),
}


def life_of(events: Iterable[Event], opt: int) -> Life:
    """Return the life of optimizer `opt` as far as the events of its run tell it."""
    life = Life(opt)
    for event in events:
        life.take(event)
    return life

"""What a run promises, checked by an independent count.

The checker never asks the fold how many calls were made or which optimizers live; it counts the events that reached the
journal, the effects that reached the workers, and the evaluations that really took place.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.core.state.run_state import RunState
from glompo.core.state.snapshot import same
from glompo.errors import IllegalEventError
from glompo.events import (
    EndRequested,
    Escalated,
    Evaluated,
    Event,
    Granted,
    Paused,
    PauseRequested,
    Reclaimed,
    Restored,
    ResumeRequested,
    ReturnedToRest,
    RunFinished,
    StartRequested,
    Stopped,
    StopRequested,
)
from glompo.function import Status

GRACE = 0.1
"""Seconds for which an evaluation may be under way to the journal, and a record to the disk."""

Evaluation = tuple[bytes, float]
"""A point and its value; the value is 0 where the evaluation failed."""


class BrokenPromiseError(AssertionError):
    """A run did not keep a promise.

    Attributes
    ----------
    promise : str
        Which one.
    """

    def __init__(self, promise: str, detail: str) -> None:
        super().__init__(f"{promise}: {detail}")
        self.promise = promise
        self.detail = detail


@dataclass(slots=True)
class _Account:
    """What one optimizer was granted and has used, in this life."""

    granted: int = 0
    called: int = 0
    called_before: int = 0
    slots: int = 0
    lives: bool = True


@dataclass(slots=True)
class _Done:
    """An evaluation that takes place in this session."""

    opt: int
    what: Evaluation
    end: float
    known: float  # when it must be on its way, at the latest


@dataclass(slots=True)
class InvariantChecker:
    """An independent count of one simulated run, over all its sessions.

    Attributes
    ----------
    budget : int
        Calls of the task that the run may make.
    slots : int
        Evaluations that may be in flight at once.
    in_order : bool
        Whether an optimizer's evaluations side by side are recorded in the order in which they were begun.
    events : list of Event
        What has reached the journal.
    fault : BrokenPromiseError or None
        The first promise that was broken.
    """

    budget: int
    slots: int
    in_order: bool
    events: list[Event] = field(default_factory=list)
    fault: BrokenPromiseError | None = None
    _written_at: list[float] = field(default_factory=list)
    _doubtful: list[list[Event]] = field(default_factory=list)
    _safe: int = 0
    _fold: RunState = field(default_factory=RunState)
    _accounts: dict[int, _Account] = field(default_factory=dict)
    _called: int = 0
    _lost: int = 0
    _best: float = np.inf
    _sent: Counter[tuple[int, str]] = field(default_factory=Counter)
    _intended: Counter[tuple[int, str]] = field(default_factory=Counter)
    _recorded: dict[int, list[Evaluation]] = field(default_factory=lambda: defaultdict(list))
    _done: list[_Done] = field(default_factory=list)
    _in_flight: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    _gone: dict[int, float] = field(default_factory=dict)
    _spent_before: int = 0

    def claim(self, kept: bool, promise: str, detail: object = "") -> None:
        """Note the first promise that is not kept."""
        if not kept and self.fault is None:
            self.fault = BrokenPromiseError(promise, str(detail))

    def check(self) -> None:
        """Raise what was found so far."""
        if self.fault is not None:
            raise self.fault

    # sessions

    def reopened(self, found: Sequence[Event], at: float, everything: bool, synced: float | None) -> None:
        """Compare what the next session finds on the disk with what was written.

        Parameters
        ----------
        found : sequence of Event
            The journal.
        at : float
            Run time at which the last session ended.
        everything : bool
            Whether the machine lived on, so that nothing written may be missing.
        synced : float or None
            Seconds in which a record must be safe from the death of the machine; None if it need never be.
        """
        n = len(found)
        there = [events for events in self._doubtful if len(self.events) + len(events) == n]
        if there:
            self.events += there[0]
            self._written_at += [at] * len(there[0])
        self._doubtful = []
        self.claim(
            list(found) == self.events[:n],
            "the journal holds what was written",
            f"{n} found, {len(self.events)} written",
        )
        due = self._safe if synced is None else max(self._safe, sum(w < at - synced for w in self._written_at))
        due = len(self.events) if everything else due
        self.claim(n >= due, "nothing recorded is lost", f"{n} events are on the disk, {due} must be")
        del self.events[n:]
        self._recount(found)
        self._written_at = [self._fold.at] * n  # what was not yet safe is as new as what the next session writes first
        self._done, self._safe = [], min(self._safe, n)
        self._in_flight.clear()
        self._gone.clear()
        self._recorded.clear()
        self._sent.clear()
        self._intended.clear()
        self._spent_before = self._called + self._lost
        for account in self._accounts.values():
            account.lives = False
        self.check()

    def _recount(self, found: Sequence[Event]) -> None:
        self._fold, self._accounts, self._called, self._lost, self._best = RunState(), {}, 0, 0, np.inf
        for event in found:
            self._enter(event)

    def wrote(self, events: Sequence[Event], now: float, live: RunState | None) -> None:
        """Enter what has just reached the journal; `live` is the state that the engine holds, if it is to be compared.

        Raises
        ------
        BrokenPromiseError
            If a promise was broken.
        """
        for event in events:
            self._enter(event)
            self._explain(event)
        if events:
            self._doubtful = []
        self.events += events
        self._written_at += [now] * len(events)
        self._balance()
        if live is not None:
            self.claim(same(self._fold, live), "the state is the fold of the journal", "they differ")
        self.check()

    def doubted(self, events: Sequence[Event]) -> None:
        """Note that an append was refused: only the disk knows whether it is there as a whole, or not at all."""
        self._doubtful.append(list(events))

    def safe(self) -> None:
        """Note that everything written so far has been forced to the disk."""
        self._safe = len(self.events)

    # the count

    def _enter(self, event: Event) -> None:
        try:
            self._fold.apply(event)
        except IllegalEventError as error:
            self.claim(False, "the journal can be folded", error)
            return
        match event:
            case StartRequested(opt=opt, slots=slots):
                self._accounts[opt] = _Account(slots=slots)
                self._intended[opt, "launch"] += 1
            case Restored(opt=opt, credits=credits):
                account = self._accounts[opt]
                account.granted, account.lives = account.called + credits, True
                account.called_before = account.called
                self._intended[opt, "launch"] += 1
                self._intended[opt, "credits"] += credits
            case ReturnedToRest(opt=opt):
                account = self._accounts[opt]
                account.granted, account.lives = account.called, True
                account.called_before = account.called
                self._intended[opt, "launch"] += 1
            case Granted(opt=opt, n=n):
                self._accounts[opt].granted += n
                self._intended[opt, "credits"] += n
            case Paused(opt=opt):
                account = self._accounts[opt]
                account.granted = account.called
            case StopRequested(opt=opt):
                self._intended[opt, "stop"] += 1
            case Reclaimed(opt=opt, n=n):
                self._accounts[opt].granted -= n
            case Stopped(opt=opt, ending=ending, claimed=claimed):
                account = self._accounts[opt]
                self.claim(account.lives, "every worker ends once", event)
                if ending == "died":
                    open_ = account.granted - account.called
                    begun = open_ if claimed < 0 else account.called_before + claimed - account.called
                    self._lost += min(begun, open_)
                account.granted, account.lives = account.called, False
            case Evaluated():
                self._enter_evaluations(event)
            case _:
                pass

    def _enter_evaluations(self, event: Evaluated) -> None:
        calls = event.status != Status.OUT_OF_BOUNDS
        account = self._accounts[event.opt]
        self.claim(account.lives, "who has ended evaluates no more", event)
        account.called += int(calls.sum())
        self._called += int(calls.sum())
        valid = event.f[event.status == Status.OK]
        self._best = min(self._best, float(valid.min(initial=np.inf)))
        for x, f, status in zip(event.X[calls], event.f[calls], event.status[calls], strict=True):
            self._recorded[event.opt].append((x.tobytes(), float(f) if status == Status.OK else 0.0))

    def _explain(self, event: Event) -> None:
        match event:
            case StartRequested(why=why) | Escalated(why=why):
                reason = why
            case StopRequested(verdict=verdict) | PauseRequested(verdict=verdict) | ResumeRequested(verdict=verdict):
                reason = verdict.reason()
            case EndRequested(verdict=verdict) | RunFinished(verdict=verdict):
                reason = verdict.reason()
            case _:
                return
        self.claim(bool(reason.strip()), "every decision has a reason", event)

    def _balance(self) -> None:
        living = [one for one in self._accounts.values() if one.lives]
        promised = sum(one.granted - one.called for one in living)
        spent = self._called + self._lost
        self.claim(spent + promised <= self.budget, "credits never exceed the budget", f"{spent} + {promised}")
        self.claim(self._fold.calls == self._called, "every call is counted once", f"{self._fold.calls}")
        best = self._fold.best.f if self._fold.best else np.inf
        self.claim(best == self._best, "the best is the best of all that was recorded", f"{best}, not {self._best}")

    # effects

    def took_effect(self, opt: int, effect: str, n: int = 1) -> None:
        """Note that a decision reached a worker; it must have been written before."""
        self._sent[opt, effect] += n
        told, meant = self._sent[opt, effect], self._intended[opt, effect]
        self.claim(told <= meant, "a decision is written before its effect", f"{effect} of {opt}: {told} of {meant}")

    def evaluates(self, opt: int, x: NDArray[np.float64], value: float, begin: float, end: float) -> None:
        """Note that an evaluation began, and when it will be over."""
        running = self._in_flight[opt]
        running[:] = [one for one in running if one > begin]
        running.append(end)
        now = sum(sum(one > begin for one in ends) for ends in self._in_flight.values())
        self.claim(now <= self.slots, "slots are never exceeded", f"{now} evaluations at once on {self.slots} slots")
        known = max([end, *(one.known for one in self._done if one.opt == opt)]) if self.in_order else end
        self._done.append(_Done(opt, (x.tobytes(), value), end, known))
        calls = self._spent_before + len(self._done)
        self.claim(calls <= self.budget, "no call beyond the budget", f"{calls} calls of {self.budget}")

    def is_busy(self, opt: int, at: float) -> bool:
        """Return whether an evaluation of the optimizer is under way."""
        return any(one > at for one in self._in_flight[opt])

    def gone(self, opt: int, at: float) -> None:
        """Note that a worker died, or its optimizer crashed."""
        self._gone.setdefault(opt, at)
        self._in_flight.pop(opt, None)

    def session_over(self, at: float, in_order: bool) -> None:
        """Compare what was recorded in this session with what took place.

        Parameters
        ----------
        at : float
            Run time.
        in_order : bool
            Whether all workers had the time to deliver; otherwise the last instant may be missing.

        Raises
        ------
        BrokenPromiseError
            If a promise was broken.
        """
        took_place: Any = defaultdict(Counter)
        due: Any = defaultdict(Counter)
        for one in self._done:
            last = min(self._gone.get(one.opt, np.inf), at)
            took_place[one.opt][one.what] += one.end <= last
            whole = in_order and one.opt not in self._gone
            due[one.opt][one.what] += one.known <= at if whole else one.known < last - GRACE
        for opt, recorded in self._recorded.items():
            more = Counter(recorded) - took_place[opt]
            self.claim(not more, "every evaluation is recorded once", f"{len(more)} of {opt} never took place so often")
        for opt, must in due.items():
            missing = must - Counter(self._recorded[opt])
            self.claim(not missing, "every evaluation that was completed is recorded", f"{len(missing)} of {opt}")
        self.check()

    @property
    def is_finished(self) -> bool:
        """Whether the run is over by what has reached the journal."""
        return self._fold.finished is not None

    def finished(self, exact: bool) -> None:
        """Check the count of a run that is over; with `exact`, its budget is spent to the last call.

        Raises
        ------
        BrokenPromiseError
            If a promise was broken.
        """
        spent = self._called + self._lost
        self.claim(not exact or spent == self.budget, "the budget is exact", f"{spent} of {self.budget}")
        alive = [opt for opt, one in self._accounts.items() if one.lives]
        self.claim(not alive, "every worker ends", f"{alive} live on")
        self.check()

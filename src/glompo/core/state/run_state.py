"""The present of a run: the fold of its events, and the only place where it changes.

:meth:`RunState.apply` is total and deterministic. It first checks that the event may happen and only then changes
anything, so that an illegal event leaves the state as it was.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from glompo.core.state import lifecycle
from glompo.core.state.checkpoints import AFTER_THE_END, SAVING_RULES
from glompo.core.state.lifecycle import How, Phase
from glompo.core.state.optimizer_state import OptimizerState
from glompo.core.state.regime_totals import RegimeTotals
from glompo.core.state.requests import refusal
from glompo.core.state.run_facts import RunFacts
from glompo.core.state.sessions import RETURNING_RULES, finish_left
from glompo.errors import IllegalEventError
from glompo.events import (
    Asked,
    Diverged,
    EndRequested,
    Escalated,
    Evaluated,
    Event,
    Granted,
    IncumbentSent,
    IncumbentTaken,
    Judged,
    Noted,
    NotSaved,
    Paused,
    PauseRequested,
    PointsKnown,
    Reclaimed,
    ReclaimRequested,
    Recovered,
    Repaired,
    Restored,
    Resumed,
    ResumeRequested,
    RunFinished,
    RunOpened,
    Sampled,
    Saved,
    SessionClosed,
    SessionOpened,
    Started,
    StartRequested,
    Stopped,
    StopRequested,
    Wanted,
)
from glompo.events.enums import By, Ending, RequestKind
from glompo.function import FAILURES, Status, cause_of

PACE_MEMORY = 0.3
"""Weight of the newest batch in the moving mean of an optimizer's seconds per evaluation."""

REASONS_KEPT = 20
"""Different reasons of failed evaluations, and causes of them, that are remembered with their counts."""

OTHER_CAUSES = "other causes"

_HEARD = (Evaluated, Started, Wanted, Noted, IncumbentTaken, Paused, Resumed, Saved, NotSaved, Diverged, Recovered)
"""Events that tell of a sign of life."""

_MOVING = (
    Granted, *_HEARD, Reclaimed, ReclaimRequested, PauseRequested, ResumeRequested, StopRequested, Stopped, Restored,
)  # fmt: skip
"""Events after which an optimizer may hold credits that it did not, or the other way round, or was heard."""


@dataclass(slots=True)
class RunState(RunFacts):
    """The fold of a run's events."""

    def apply(self, event: Event) -> None:
        """Fold one event.

        Raises
        ------
        IllegalEventError
            If the event cannot happen now; the state is unchanged.
        """
        if not self.at - 1e-9 <= event.at < np.inf:
            raise IllegalEventError(f"time runs backwards, or is none: {event} after {self.at}")
        if self.opened is None and not isinstance(event, (RunOpened, Repaired)):
            raise IllegalEventError(f"{event} before RunOpened")
        if self.finished and not isinstance(event, (SessionOpened, SessionClosed, Repaired, Sampled, *AFTER_THE_END)):
            raise IllegalEventError(f"{event} after the run had finished")
        _RULES[type(event)](self, event)
        self.at = max(self.at, event.at)
        if isinstance(event, _HEARD):
            self.optimizers[event.opt].heard_at = event.at
        if isinstance(event, _MOVING):
            self.note_holder(self.optimizers[event.opt], event.at)

    def _open_run(self, event: RunOpened) -> None:
        if self.opened is not None:
            raise IllegalEventError(f"{event.run_id} opened inside {self.opened.run_id}")
        self.opened = event

    def _know(self, event: PointsKnown) -> None:
        if self.points is not None or self.optimizers or event.X.shape != (len(event.f), len(self.opened.bounds)):  # type: ignore[union-attr]
            raise IllegalEventError(f"{len(event.f)} known points of shape {event.X.shape}, or not at the beginning")
        self.points = event

    def _close_session(self, event: SessionClosed) -> None:
        if not self.session_open:
            raise IllegalEventError(f"{event} without an open session")
        self.session_open, self.session_reason = False, event.reason

    def _sample(self, event: Sampled) -> None:
        if not self.session_open:
            raise IllegalEventError(f"{event} without an open session")
        self.sampled = event

    def _nothing(self, event: Event) -> None:
        """Some events are for the reader of the journal only."""

    def _request_start(self, event: StartRequested) -> None:
        self.check_step(event.opt, event)
        assert self.opened is not None
        if event.opt != len(self.optimizers) + 1:
            raise IllegalEventError(f"optimizer {event.opt} is not the next number, {len(self.optimizers) + 1}")
        self.check_fit(event.held)
        if self.ending:
            raise IllegalEventError(f"optimizer {event.opt} starts in a run that is ending")
        new = OptimizerState(event, self.retention.trajectory(event.config, self.opened.bounds, self.slots))
        self.optimizers[event.opt] = self.alive[event.opt] = new
        self.used_slots += event.held
        new.dry_at = self.calls
        known = self.injections
        self.injections = known.with_begun(event.x0) if event.injected_by else known.with_search(event.x0)
        if event.regime:
            self.regimes.setdefault(event.regime, RegimeTotals()).started += 1

    def _start(self, event: Started) -> None:
        one = self.known(event)
        self.move(one, event)
        one.started_at = event.at

    def _grant(self, event: Granted) -> None:
        one = self.known(event)
        if event.n < 1:
            raise IllegalEventError(f"a grant of {event.n} evaluations")
        if not one.outstanding:  # it had nothing to say anything about
            one.heard_at = event.at
        self._end_wait(one)
        one.granted += event.n
        self.outstanding += event.n

    def _end_wait(self, one: OptimizerState) -> None:
        """Count what others have evaluated since it had no credits left."""
        if one.dry_at is None:
            return
        waited, one.dry_at = self.calls - one.dry_at, None
        one.waited += waited
        if one.request.regime in self.regimes:
            self.regimes[one.request.regime].waited += waited

    def _request_reclaim(self, event: ReclaimRequested) -> None:
        self.known(event).silent = True

    def _reclaim(self, event: Reclaimed) -> None:
        one = self.known(event)
        if not 0 <= event.n <= one.outstanding:
            raise IllegalEventError(f"{event}: {one.outstanding} are outstanding")
        one.granted -= event.n
        self.outstanding -= event.n

    def _want(self, event: Wanted) -> None:
        self.known(event).silent = False

    def _evaluate(self, event: Evaluated) -> None:
        one = self.known(event)
        n = len(event.f)
        called = n - event.status.tobytes().count(Status.OUT_OF_BOUNDS)
        if n == 0 or event.X.shape != (n, len(self.opened.bounds)):  # type: ignore[union-attr]
            raise IllegalEventError(f"a batch of shape {event.X.shape} with {n} values")
        if event.k0 != len(one.trajectory):
            raise IllegalEventError(f"evaluation {event.k0} of optimizer {event.opt} is not the next")
        if one.calls + called > one.granted:
            raise IllegalEventError(f"optimizer {event.opt} was granted {one.granted}, called {one.calls + called}")
        before = one.trajectory.best
        one.trajectory.append(event, self.candidates)
        one.calls += called
        self.calls += called
        self.candidates += n
        self.outstanding -= called
        if called:
            pace = float(event.seconds.sum()) / called
            one.pace = pace if one.pace is None else one.pace + PACE_MEMORY * (pace - one.pace)
        for row, reason in event.errors:
            status = Status(int(event.status[row]))
            if status in FAILURES:
                self._count_failure(status, reason)
        found = one.trajectory.best
        improves = found < before and self._beats_best(found, event.opt)
        if improves:
            self.best = one.best_evaluation
            one.improvements += 1
        if one.request.injected_by and found < before:
            self.injections = self.injections.with_value(one.best_evaluation)
        if not one.outstanding:
            one.dry_at = self.calls
        totals = self.regimes.get(one.request.regime)
        if totals is not None:
            totals.calls += called
            totals.improvements += improves
            totals.best = min(totals.best, found)

    def _beats_best(self, f: float, opt: int) -> bool:
        """Return whether `f` is better; of equals the lower number leads, so that speed does not matter."""
        return self.best is None or f < self.best.f or (f == self.best.f and opt < self.best.opt)

    def _count_failure(self, status: Status, reason: str) -> None:
        self.failures += 1
        if reason in self.reasons or len(self.reasons) < REASONS_KEPT:
            self.reasons[reason] += 1
        cause = cause_of(status, reason)
        if cause not in self.causes and len(self.causes) >= REASONS_KEPT:
            cause = OTHER_CAUSES
        self.causes[cause] += 1
        self.examples.setdefault(cause, reason)

    def _note(self, event: Noted) -> None:
        self.known(event).notes.append((event.at, event.text))

    def _send(self, event: IncumbentSent) -> None:
        one = self.known(event)
        one.offered, one.offer = event.f, event

    def _take(self, event: IncumbentTaken) -> None:
        one = self.known(event)
        one.offer = None
        one.taken.append((event.at_k, event.x, event.f))

    def _request_pause(self, event: PauseRequested) -> None:
        one = self.known(event)
        self.move(one, event)
        # judged now: once it goes on, the stoppers do not look at it at once
        one.pause, one.rests, one.judged_at = event, True, len(one.trajectory)

    def _pause(self, event: Paused) -> None:
        one = self.known(event)
        self.move(one, event)
        if one.phase is Phase.PAUSED:
            self._release_slots(one)
        self.outstanding -= one.outstanding
        one.granted, one.silent, one.dry_at = one.calls, False, None

    def _request_resume(self, event: ResumeRequested) -> None:
        one = self.known(event)
        self.check_fit(one.request.held)
        self.move(one, event)
        one.holds_slots, one.rests = True, False
        self.used_slots += one.request.held
        self.pending.fulfil(event.opt)

    def _resume(self, event: Resumed) -> None:
        one = self.known(event)
        self.move(one, event)
        one.dry_at = self.calls

    def _release_slots(self, one: OptimizerState) -> None:
        if one.holds_slots:
            one.holds_slots = False
            self.used_slots -= one.request.held

    def _judge(self, event: Judged) -> None:
        for opt in event.opts:
            self.check_step(opt, event)
        for opt, count in zip(event.opts, event.counts, strict=True):
            self.optimizers[opt].judged_at = count

    def _request_stop(self, event: StopRequested) -> None:
        one = self.known(event)
        self.move(one, event)
        one.stop = event
        self._end_wait(one)
        self.pending.fulfil(event.opt)
        if event.by == By.STOPPER:
            self.stopped_by_rules.append(event.opt)

    def _escalate(self, event: Escalated) -> None:
        one = self.known(event)
        one.rung, one.rung_at = event.rung, event.at

    def _stop(self, event: Stopped) -> None:
        one = self.known(event)
        how = lifecycle.how_ended(event, one.stop is not None, bool(one.rung))
        self.outstanding -= one.outstanding
        if event.ending == Ending.DIED:  # a budget counts the calls that were begun, or that may have been
            begun = one.outstanding if event.claimed < 0 else one.calls_before + event.claimed - one.calls
            self.lost += min(max(begun, 0), one.outstanding)
        self.move(one, event)
        one.how, one.note, one.ended_at = how, event.note, event.at
        del self.alive[event.opt]
        self.pending.fulfil(event.opt)
        self._release_slots(one)
        if event.ending == Ending.REFUSED:
            self.refused = self.refused or event.note
        self.retention.retire(event.opt, self.optimizers)
        self.ended[how] += 1
        if how is How.CONVERGED:
            self.stops_since_convergence = 0
        elif one.stop and one.stop.by == By.STOPPER:
            self.stops_since_convergence += 1
        if not one.request.injected_by:
            self._weigh(one, how)

    def _weigh(self, one: OptimizerState, how: How) -> None:
        """Count an ending that brought nothing, with whether it did not even call the task in order.

        An ending that brought a finite value begins a new count; one that the optimizer is not to blame for is left
        out.
        """
        died = how in (How.CRASHED, How.LOST)
        if one.stop is not None and one.stop.by in (By.EXIT, By.SESSION, By.USER) and not died:
            return
        if died or not np.isfinite(one.trajectory.best):
            self.in_vain.append((f"{one.request.called}: {one.note or how}", died or not one.calls))
        else:
            self.in_vain.clear()

    def _ask(self, event: Asked) -> None:
        reason = refusal(event, self.optimizers, self.opened.bounds)  # type: ignore[union-attr]
        if reason:
            raise IllegalEventError(f"{event}: {reason}")
        if event.what in (RequestKind.END, RequestKind.LEAVE):
            self.asked = self.asked if self.asked and self.asked.what == RequestKind.END else event
        elif event.what == RequestKind.SLOTS:
            self.session_slots = event.amount
        elif event.what == RequestKind.CHECKPOINT:
            self.checkpoints = replace(self.checkpoints, asked=event.who)
        elif event.what == RequestKind.INJECT:
            self.injections = self.injections.with_asked(event)
        else:
            self.pending.take(event, self.optimizers.get(event.opt))

    def _request_end(self, event: EndRequested) -> None:
        if self.ending:
            raise IllegalEventError(f"{event} in a run that is ending already")
        self.ending = event.verdict

    def _finish(self, event: RunFinished) -> None:
        if self.alive or not self.ending:
            raise IllegalEventError(f"{event} while {sorted(self.alive)} live, ending: {self.ending}")
        self.finished = event.verdict
        finish_left(self)


_RULES: dict[type[Event], Callable[[RunState, Any], None]] = {
    RunOpened: RunState._open_run,
    PointsKnown: RunState._know,
    SessionClosed: RunState._close_session,
    Repaired: RunState._nothing,
    Sampled: RunState._sample,
    StartRequested: RunState._request_start,
    Started: RunState._start,
    Granted: RunState._grant,
    ReclaimRequested: RunState._request_reclaim,
    Reclaimed: RunState._reclaim,
    Wanted: RunState._want,
    Evaluated: RunState._evaluate,
    Noted: RunState._note,
    IncumbentSent: RunState._send,
    IncumbentTaken: RunState._take,
    PauseRequested: RunState._request_pause,
    Paused: RunState._pause,
    ResumeRequested: RunState._request_resume,
    Resumed: RunState._resume,
    Judged: RunState._judge,
    StopRequested: RunState._request_stop,
    Escalated: RunState._escalate,
    Stopped: RunState._stop,
    Asked: RunState._ask,
    EndRequested: RunState._request_end,
    RunFinished: RunState._finish,
    **SAVING_RULES,
    **RETURNING_RULES,
}

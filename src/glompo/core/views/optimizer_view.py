"""What policies may see of one optimizer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.core.evaluations.evaluations import Evaluations, History
from glompo.core.state.lifecycle import How, Phase
from glompo.core.state.optimizer_state import OptimizerState
from glompo.events import NotSaved, Saved, SaveRequested
from glompo.events.verdict import Verdict

_ABLE = (Phase.RUNNING, Phase.STARTING, Phase.RESUMING)
"""Phases in which an optimizer can use credits."""


class OptimizerView:
    """One optimizer, read-only."""

    __slots__ = ("_history", "_state")

    def __init__(self, state: OptimizerState, history: History | None = None) -> None:
        self._state = state
        self._history = history

    def __repr__(self) -> str:
        best = "no value yet" if self.best_x is None else f"best {self.best:.8g}"
        return f"<optimizer {self.opt}, {self.name}: {self.phase}, {len(self):,} evaluations, {best}>"

    def __len__(self) -> int:
        """Number of candidates that it has proposed."""
        return len(self._state.trajectory)

    @property
    def opt(self) -> int:
        """Its number."""
        return self._state.request.opt

    @property
    def kind(self) -> str:
        """Name of its class."""
        return self._state.request.kind

    @property
    def config(self) -> Mapping[str, Any]:
        """Settings it was constructed with, as plain data."""
        return dict(self._state.request.config)

    @property
    def x0(self) -> NDArray[np.float64]:
        """Where it started, shape (d,)."""
        return self._state.request.x0

    @property
    def slots(self) -> int:
        """Evaluations that it keeps in flight at most."""
        return self._state.request.slots

    @property
    def held(self) -> int:
        """Slots that it holds while it lives and does not rest: all of them, or none if they are shared."""
        return self._state.request.held

    @property
    def injected_by(self) -> str:
        """Who asked for the evaluation of this one point; empty for an optimizer."""
        return self._state.request.injected_by

    @property
    def label(self) -> str:
        """What it is called: by the user, or else by its class, such as ``Scipy(Nelder-Mead)``."""
        return self._state.request.called

    @property
    def regime(self) -> str:
        """The part of a portfolio that started it; empty without one."""
        return self._state.request.regime

    @property
    def name(self) -> str:
        """What displays call it: its label, behind its regime if it has one."""
        return display_name(self.label, self.regime)

    @property
    def why(self) -> str:
        """Why it was started."""
        return self._state.request.why

    @property
    def started_at(self) -> float | None:
        """Run time at which its worker reported, in seconds."""
        return self._state.started_at

    @property
    def ended_at(self) -> float | None:
        """Run time at which it ended, in seconds."""
        return self._state.ended_at

    @property
    def phase(self) -> Phase:
        """Where it stands."""
        return self._state.phase

    @property
    def may_evaluate(self) -> bool:
        """Whether it can use credits: it lives, is not silent, does not rest and was not asked to stop or to rest.

        An injected point cannot: an allocator shares out credits among searches, and it gets one before these.
        """
        return self._able and not self.injected_by

    @property
    def needs_credit(self) -> bool:
        """Whether it is an injected point without a credit, for its evaluation, for another try, or to return."""
        return bool(self.injected_by) and self._able and not self.outstanding

    @property
    def _able(self) -> bool:
        return self._state.phase in _ABLE and not self._state.silent

    @property
    def silent(self) -> bool:
        """Whether it was asked for its credits because it was silent, and has wanted none since."""
        return self._state.silent

    @property
    def stop_requested(self) -> bool:
        """Whether it has been asked to stop."""
        return self._state.stop is not None

    @property
    def stop_by(self) -> str | None:
        """What asked it to stop: 'stopper', 'exit', 'user', 'session'; None if nothing did."""
        return self._state.stop.by if self._state.stop else None

    @property
    def stop_at(self) -> float | None:
        """Run time at which it was asked to stop, in seconds."""
        return self._state.stop.at if self._state.stop else None

    @property
    def heard_at(self) -> float:
        """Run time of its last sign of life, in seconds; that of the request to start it before the first."""
        return max(self._state.heard_at, self._state.request.at)

    @property
    def rung(self) -> str:
        """What was done to end its process: '', 'terminate' or 'kill'."""
        return self._state.rung

    @property
    def rung_at(self) -> float:
        """Run time at which that was done, in seconds."""
        return self._state.rung_at

    @property
    def stop_verdict(self) -> Verdict | None:
        """Why it was asked to stop."""
        return self._state.stop.verdict if self._state.stop else None

    @property
    def rests(self) -> bool:
        """Whether it rests, or is to: it was asked to and not yet asked to go on, also in an earlier session."""
        return self._state.rests

    @property
    def pause_verdict(self) -> Verdict | None:
        """Why it was last asked to rest."""
        return self._state.pause.verdict if self._state.pause else None

    @property
    def pause_by(self) -> str | None:
        """What last asked it to rest: 'freezer', 'user', 'slots'; None if nothing did."""
        return self._state.pause.by if self._state.pause else None

    @property
    def how(self) -> How | None:
        """How it ended; None while it lives, and while it waits to go on in a new session."""
        return None if self._state.phase is Phase.LEFT else self._state.how

    @property
    def ended_as(self) -> How | None:
        """How it last ended, also if it may go on in a new session; None if it lives."""
        return self._state.how

    @property
    def note(self) -> str:
        """What its worker said at the end."""
        return self._state.note

    @property
    def notes(self) -> tuple[tuple[float, str], ...]:
        """Its log: (run time in seconds, text)."""
        return tuple(self._state.notes)

    @property
    def calls(self) -> int:
        """Calls of the task that it has made."""
        return self._state.calls

    @property
    def outstanding(self) -> int:
        """Calls of the task that it may still make without a new grant."""
        return self._state.outstanding

    @property
    def improvements(self) -> int:
        """Batches of its evaluations that improved the best value of the run."""
        return self._state.improvements

    @property
    def waits(self) -> bool:
        """Whether it could evaluate and has no credits: others get them."""
        return self.may_evaluate and self._state.dry_at is not None

    @property
    def waited(self) -> int:
        """Evaluations that others made while it had no credits, up to its last grant."""
        return self._state.waited

    def waiting(self, calls: int) -> int:
        """Return how many others have made since, if it waits in a run that has made so many `calls`."""
        since = self._state.dry_at
        return calls - since if self.waits and since is not None else 0

    @property
    def pace(self) -> float | None:
        """Recent seconds per call of the task; None before the first."""
        return self._state.pace

    @property
    def judged_at(self) -> int:
        """Number of its evaluations when the stoppers were last asked about it."""
        return self._state.judged_at

    @property
    def offered(self) -> float:
        """Value of the last incumbent that was sent to it; +inf if none was."""
        return self._state.offered

    @property
    def offer_in_flight(self) -> bool:
        """Whether an incumbent was sent that it has not taken yet."""
        return self._state.offer is not None

    @property
    def save_request(self) -> SaveRequested | None:
        """A request to save its state that it has not answered."""
        return self._state.resumption.asked

    @property
    def save_tickets(self) -> int:
        """Requests to save its state so far."""
        return self._state.resumption.tickets

    @property
    def save_asked_k(self) -> int:
        """Number of its evaluations at the last of them."""
        return self._state.resumption.asked_k

    @property
    def saved(self) -> Saved | None:
        """Its last saved state."""
        return self._state.resumption.saved

    @property
    def save_failure(self) -> NotSaved | None:
        """Its answer to the last request, if that was a failure."""
        return self._state.resumption.failure

    @property
    def way_back(self) -> str:
        """How it last came back: 'saved state', 'replay' or 'warm start'; empty if it never had to."""
        return self._state.resumption.way

    @property
    def best(self) -> float:
        """Its smallest valid value; +inf if it has none."""
        return self._state.trajectory.best

    @property
    def best_x(self) -> NDArray[np.float64] | None:
        """Where it found it, shape (d,)."""
        return self._state.trajectory.best_x

    @property
    def trajectory(self) -> Evaluations:
        """Its evaluations as columns, which cannot be written to."""
        return Evaluations(self.opt, self._state.trajectory, self._history)


def display_name(label: str, regime: str) -> str:
    """Return what displays call an optimizer: its label, behind its regime if it has one."""
    return f"{regime}: {label}" if regime else label

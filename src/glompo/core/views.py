"""What policies may see: the run, read-only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.core.events import RunOpened
from glompo.core.lifecycle import How, Phase
from glompo.core.state import Best, OptimizerState, RunState
from glompo.core.streams import Streams
from glompo.core.trajectory import Trajectory
from glompo.core.verdict import Verdict


class OptimizerView:
    """One optimizer, read-only."""

    __slots__ = ("_state",)

    def __init__(self, state: OptimizerState) -> None:
        self._state = state

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
    def why(self) -> str:
        """Why it was started."""
        return self._state.request.why

    @property
    def requested_at(self) -> float:
        """Run time of the request to start it, in seconds."""
        return self._state.request.at

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
        """Whether it can use credits: it lives, does not rest and was not asked to stop or to rest."""
        return self._state.phase in (Phase.STARTING, Phase.RUNNING, Phase.RESUMING)

    @property
    def condemned(self) -> bool:
        """Whether it has been asked to stop."""
        return self._state.stop is not None

    @property
    def stop_by(self) -> str | None:
        """Who asked it to stop: 'stopper', 'exit', 'user', 'session'; None if nobody did."""
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
    def pause_verdict(self) -> Verdict | None:
        """Why it was last asked to rest."""
        return self._state.pause.verdict if self._state.pause else None

    @property
    def how(self) -> How | None:
        """How it ended; None while it lives."""
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
        return self._state.in_flight

    @property
    def best(self) -> float:
        """Its smallest valid value; +inf if it has none."""
        return self._state.trajectory.best

    @property
    def best_x(self) -> NDArray[np.float64] | None:
        """Where it found it, shape (d,)."""
        return self._state.trajectory.best_x

    @property
    def trajectory(self) -> Trajectory:
        """Its evaluations as columns, whose views cannot be written to."""
        return self._state.trajectory


class RunView:
    """A run, read-only, at the run time `now` (seconds).

    Parameters
    ----------
    state : RunState
        The run.
    now : float
        Run time in seconds.
    stirred : set of int, optional
        Optimizers to which something has happened since the last decision; all that live by default.
    """

    __slots__ = ("_state", "_stirred", "now")

    def __init__(self, state: RunState, now: float, stirred: Collection[int] | None = None) -> None:
        self._state = state
        self._stirred = stirred
        self.now = now

    def __getitem__(self, opt: int) -> OptimizerView:
        return OptimizerView(self._state.optimizers[opt])

    def __contains__(self, opt: object) -> bool:
        return opt in self._state.optimizers

    def __iter__(self) -> Iterator[OptimizerView]:
        """All optimizers ever started, in order."""
        return map(OptimizerView, self._state.optimizers.values())

    @property
    def alive(self) -> Iterator[OptimizerView]:
        """Optimizers that have not ended, in order."""
        return map(OptimizerView, self._state.alive.values())

    @property
    def stirred(self) -> Iterator[OptimizerView]:
        """Living optimizers to which something has happened since the last decision, in order.

        Nothing can be due for the others, so that a decision costs as much as has happened, not as many as live.
        """
        if self._stirred is None:
            return self.alive
        alive = self._state.alive
        return (OptimizerView(alive[opt]) for opt in sorted(self._stirred) if opt in alive)

    @property
    def n_alive(self) -> int:
        """Number of optimizers that have not ended."""
        return len(self._state.alive)

    @property
    def settled(self) -> bool:
        """Whether nothing is in flight: whoever lives has used what it was granted, or rests."""
        return all(
            one.phase is Phase.PAUSED or (one.phase is Phase.RUNNING and not one.outstanding)
            for one in self._state.alive.values()
        )

    @property
    def n_paused(self) -> int:
        """Number of optimizers that rest."""
        return self._state.resting

    @property
    def n_started(self) -> int:
        """Number of optimizers ever started."""
        return len(self._state.optimizers)

    @property
    def n_converged(self) -> int:
        """Number of optimizers that ended by themselves."""
        return self._state.ended[How.CONVERGED]

    @property
    def ended(self) -> Counter[str]:
        """Number of optimizers by how they ended."""
        return Counter(self._state.ended)

    @property
    def victims(self) -> tuple[int, ...]:
        """Optimizers that stoppers condemned, in order."""
        return tuple(self._state.victims)

    @property
    def stops_since_convergence(self) -> int:
        """Optimizers that stoppers ended since the last one converged."""
        return self._state.stops_since_convergence

    @property
    def stillborn(self) -> tuple[str, ...]:
        """Reasons of the optimizers that died without one evaluation."""
        return tuple(self._state.stillborn)

    @property
    def best(self) -> Best | None:
        """The incumbent."""
        return self._state.best

    @property
    def calls(self) -> int:
        """Calls of the task so far."""
        return self._state.calls

    @property
    def spent(self) -> int:
        """Calls of the task that a budget counts: those recorded, and those that dead workers may have made."""
        return self._state.calls + self._state.lost

    @property
    def candidates(self) -> int:
        """Candidates so far, those outside the bounds included."""
        return self._state.candidates

    @property
    def outstanding(self) -> int:
        """Calls of the task that are granted and have not been reported."""
        return self._state.outstanding

    @property
    def failures(self) -> int:
        """Failed calls of the task so far."""
        return self._state.failures

    @property
    def reasons(self) -> Counter[str]:
        """Reasons of failed calls with their counts (the first 20 different ones)."""
        return Counter(self._state.reasons)

    @property
    def bounds(self) -> NDArray[np.float64]:
        """Lower and upper bounds in natural units, shape (d, 2)."""
        return self.opened.bounds

    @property
    def dims(self) -> int:
        """Number of parameters d."""
        return len(self.opened.bounds)

    @property
    def slots(self) -> int:
        """Evaluations that may be in flight at once."""
        return self._state.slots

    @property
    def free_slots(self) -> int:
        """Slots that no optimizer holds."""
        return self._state.slots - self._state.used_slots

    @property
    def session_seconds(self) -> float:
        """Run time of this session in seconds."""
        return self.now - self._state.session_at

    @property
    def session_at(self) -> float:
        """Run time at which this session began, in seconds."""
        return self._state.session_at

    @property
    def leaving(self) -> bool:
        """Whether somebody asked to end this session (and not the run)."""
        return self._state.asked is not None and self._state.asked.what == "leave"

    @property
    def end_asked_by(self) -> str | None:
        """Who asked to end the run; None if nobody did."""
        asked = self._state.asked
        return asked.who if asked is not None and asked.what == "end" else None

    @property
    def ending(self) -> Verdict | None:
        """Why the run is ending; None while it goes on."""
        return self._state.ending

    @property
    def finished(self) -> Verdict | None:
        """Why the run is over; None before."""
        return self._state.finished

    @property
    def streams(self) -> Streams:
        """Random streams of the run: asked twice, the same answer."""
        return Streams(self.opened.entropy)

    @property
    def opened(self) -> RunOpened:
        """How the run was opened.

        Raises
        ------
        LookupError
            If its history has no beginning yet.
        """
        opened = self._state.opened
        if opened is None:
            raise LookupError("the run has not been opened")
        return opened

    @property
    def session(self) -> int:
        """Number of the present or last session, from 1."""
        return self._state.session

    @property
    def session_open(self) -> bool:
        """Whether that session has not been closed."""
        return self._state.session_open

    @property
    def session_reason(self) -> str:
        """Why it was closed; empty while it is open."""
        return self._state.session_reason

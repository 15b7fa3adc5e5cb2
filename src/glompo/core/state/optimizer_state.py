"""Everything known of one optimizer, and of the best evaluation."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from glompo.core.evaluations.trajectory import Trajectory
from glompo.core.state.lifecycle import How, Phase, may_return
from glompo.events import IncumbentSent, NotSaved, PauseRequested, Saved, SaveRequested, StartRequested, StopRequested

_WORKING, _OVER = (Phase.RUNNING, Phase.STARTING), (Phase.ENDED, Phase.LEFT)


@dataclass(slots=True)
class Best:
    """The best valid evaluation so far: number `k` of optimizer `opt`."""

    opt: int
    k: int
    x: NDArray[np.float64]
    f: float


@dataclass(slots=True)
class Resumption:
    """What it takes for one optimizer to go on in another session.

    Attributes
    ----------
    asked : SaveRequested or None
        A request to save that it has not answered.
    asked_k : int
        Evaluations that it had made at its last request.
    tickets : int
        Requests so far.
    saved : Saved or None
        Its last saved state.
    failure : NotSaved or None
        Its last answer, if that was a failure.
    first : int
        Evaluations of earlier searches under its number, before a warm start.
    x0 : ndarray of shape (d,), or None
        Where the present search began, if that was a warm start.
    way : str
        How it last came back; empty if it never had to.
    """

    asked: SaveRequested | None = None
    asked_k: int = 0
    tickets: int = 0
    saved: Saved | None = None
    failure: NotSaved | None = None
    first: int = 0
    x0: NDArray[np.float64] | None = None
    way: str = ""


@dataclass(slots=True)
class OptimizerState:
    """Everything known of one optimizer. Only :class:`~glompo.core.state.run_state.RunState` writes it."""

    request: StartRequested
    trajectory: Trajectory
    phase: Phase = Phase.STARTING
    started_at: float | None = None
    ended_at: float | None = None
    granted: int = 0
    calls: int = 0
    calls_before: int = 0  # its present worker
    silent: bool = False
    judged_at: int = 0
    pace: float | None = None
    offered: float = np.inf
    offer: IncumbentSent | None = None
    holds_slots: bool = True
    taken: list[tuple[int, NDArray[np.float64], float]] = field(default_factory=list)
    pause: PauseRequested | None = None
    rests: bool = False  # since it was asked to and until it is asked to go on, also between sessions
    stop: StopRequested | None = None
    heard_at: float = 0.0
    rung: str = ""
    rung_at: float = 0.0
    how: How | None = None
    note: str = ""
    notes: list[tuple[float, str]] = field(default_factory=list)
    resumption: Resumption = field(default_factory=Resumption)
    dry_at: int | None = None  # calls of the run when it had no credits left; None while it has some, or rests
    waited: int = 0
    improvements: int = 0

    @property
    def may_return(self) -> bool:
        """Whether it may go on in a new session."""
        return may_return(self.phase, self.how, self.stop.by if self.stop else None)

    @property
    def best_evaluation(self) -> Best:
        """Its best valid evaluation; it must have one."""
        known = self.trajectory
        return Best(self.request.opt, known.best_k, known.best_x, known.best)  # type: ignore[arg-type]

    @property
    def holds_credits(self) -> bool:
        """Whether it has credits that it may use, and was not asked for them because it was silent."""
        return self.phase in _WORKING and self.granted > self.calls and not self.silent

    @property
    def outstanding(self) -> int:
        """Calls of the task that were granted and have not been reported."""
        return 0 if self.phase in _OVER else self.granted - self.calls

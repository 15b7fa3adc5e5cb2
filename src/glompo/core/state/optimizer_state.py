"""Everything known of one optimizer, and of the best evaluation."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from glompo.core.evaluations.trajectory import Trajectory
from glompo.core.state.checkpoints import Resumption
from glompo.core.state.lifecycle import How, Phase, may_return
from glompo.events import IncumbentSent, PauseRequested, StartRequested, StopRequested


@dataclass(slots=True)
class Best:
    """The best valid evaluation so far: number `k` of optimizer `opt`."""

    opt: int
    k: int
    x: NDArray[np.float64]
    f: float


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

    @property
    def may_return(self) -> bool:
        """Whether it may go on in a new session."""
        return may_return(self.phase, self.how, self.stop.by if self.stop else None)

    @property
    def outstanding(self) -> int:
        """Calls of the task that were granted and have not been reported."""
        return 0 if self.phase in (Phase.ENDED, Phase.LEFT) else self.granted - self.calls

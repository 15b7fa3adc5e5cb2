"""Everything known of a run, as data: what the rules of the fold read and change.

The rules stand in three files, each of which knows these facts: :mod:`~glompo.core.state.run_state`, which folds,
:mod:`~glompo.core.state.checkpoints` and :mod:`~glompo.core.state.sessions`, whose tables it takes over.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from glompo.core.state import lifecycle
from glompo.core.state.injections import Injections
from glompo.core.state.lifecycle import Phase
from glompo.core.state.optimizer_state import Best, OptimizerState
from glompo.core.state.regime_totals import RegimeTotals
from glompo.core.state.requests import PendingRequests
from glompo.core.state.retention import Retention
from glompo.errors import IllegalEventError
from glompo.events import Asked, CheckpointBegun, Event, PointsKnown, RunOpened, Sampled
from glompo.events.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """The checkpoints of a run. Policies see it at every turn, and it seldom changes: so it is replaced, not copied.

    Attributes
    ----------
    count : int
        Checkpoints that were begun.
    begun : CheckpointBegun or None
        The one that is being made.
    taken : bool
        Whether it waits for no saved state any more.
    at, calls : float, int
        Run time in seconds, and calls of the task, when the last one was begun.
    failure : str
        Why the last one was abandoned; empty if it was not.
    asked : str
        Name of the requester of another one; empty if there is none.
    files : tuple of str
        Those that are complete, in order.
    """

    count: int = 0
    begun: CheckpointBegun | None = None
    taken: bool = False
    at: float = 0.0
    calls: int = 0
    failure: str = ""
    asked: str = ""
    files: tuple[str, ...] = ()

    def in_new_session(self, at: float) -> Checkpoints:
        """Return what of this holds in a session that opens at the run time `at`: nothing unfinished."""
        return replace(self, begun=None, taken=False, failure="", asked="", at=at)


@dataclass(slots=True)
class RunFacts:
    """Everything known of a run. Only the rules of the fold write it.

    A snapshot holds these fields by their names and in their order: see :mod:`~glompo.core.state.snapshot`.
    """

    opened: RunOpened | None = None
    session: int = 0
    session_at: float = 0.0
    session_open: bool = False
    session_reason: str = ""
    session_spec: dict[str, Any] = field(default_factory=dict)
    task: dict[str, str] = field(default_factory=dict)
    optimizers: dict[int, OptimizerState] = field(default_factory=dict)
    alive: dict[int, OptimizerState] = field(default_factory=dict)
    left: dict[int, OptimizerState] = field(default_factory=dict)
    holders: dict[int, OptimizerState] = field(default_factory=dict)  # of credits; the one silent for longest first
    session_slots: int = 0
    session_cpus: int = 0
    scales: tuple[str, ...] = ()
    used_slots: int = 0
    resting: int = 0
    stopping: int = 0
    best: Best | None = None
    calls: int = 0
    candidates: int = 0
    lost: int = 0
    checkpoints: Checkpoints = field(default_factory=Checkpoints)
    outstanding: int = 0
    ended: Counter[str] = field(default_factory=Counter)
    retention: Retention = field(default_factory=Retention)
    stopped_by_rules: list[int] = field(default_factory=list)
    in_vain: list[tuple[str, bool]] = field(default_factory=list)
    refused: str = ""
    stops_since_convergence: int = 0
    failures: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    causes: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    regimes: dict[str, RegimeTotals] = field(default_factory=dict)
    asked: Asked | None = None
    pending: PendingRequests = field(default_factory=PendingRequests)
    ending: Verdict | None = None
    finished: Verdict | None = None
    at: float = 0.0
    session_wall: float = 0.0
    points: PointsKnown | None = None
    sampled: Sampled | None = None
    injections: Injections = field(default_factory=Injections)

    @property
    def slots(self) -> int:
        """Evaluations that may be in flight at once in the whole run."""
        return self.session_slots or (self.opened.slots if self.opened else 0)

    @property
    def settings(self) -> dict[str, Any]:
        """Settings in force, as plain data: those of the last session that changed them."""
        return self.session_spec or (self.opened.spec if self.opened else {})

    def incumbent(self, shared: bool) -> Best | None:
        """Return what optimizers that are worse are told of: the best evaluation, or the best of injected points."""
        return self.best if shared else self.injections.best

    def check_step(self, opt: int, event: Event) -> OptimizerState | None:
        """Return an optimizer, None if the number is free; raise IllegalEventError if `event` cannot be next."""
        one = self.optimizers.get(opt)
        lifecycle.after(one.phase if one else None, event)
        return one

    def known(self, event: Any) -> OptimizerState:
        """Return the optimizer that `event` is about."""
        one = self.check_step(event.opt, event)
        assert one is not None  # the table has no other row without an optimizer
        return one

    def move(self, one: OptimizerState, event: Event) -> None:
        """Take an optimizer to its next phase."""
        self.resting -= one.phase is Phase.PAUSED
        self.stopping -= one.phase is Phase.STOPPING
        one.phase = lifecycle.after(one.phase, event)
        self.resting += one.phase is Phase.PAUSED
        self.stopping += one.phase is Phase.STOPPING

    def note_holder(self, one: OptimizerState, at: float) -> None:
        """Keep the holders of credits in order after an event at the run time `at` about one optimizer."""
        opt = one.request.opt
        if not one.holds_credits:
            self.holders.pop(opt, None)
        elif one.heard_at == at or opt not in self.holders:
            self.holders.pop(opt, None)
            self.holders[opt] = one

    def check_fit(self, slots: int) -> None:
        """Raise IllegalEventError unless so many slots are free."""
        if slots < 0 or self.used_slots + slots > self.slots:
            raise IllegalEventError(f"{slots} slots do not fit: {self.used_slots} of {self.slots} are used")

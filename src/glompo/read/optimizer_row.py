"""One line of the table of optimizers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.core.state.lifecycle import How, Phase
from glompo.core.views.optimizer_view import OptimizerView, display_name
from glompo.core.views.run_view import RunView
from glompo.events.enums import By


@dataclass(frozen=True, slots=True, eq=False)
class OptimizerRow:
    """How one optimizer started, what it did, how it ended and why.

    Attributes
    ----------
    opt_id : int
        Its number, from 1.
    kind : str
        Name of its class.
    label : str
        What it is called: by the user, or else by its class, such as ``Scipy(Nelder-Mead)``.
    regime : str
        The part of a portfolio that started it; empty without one.
    config : mapping
        Settings it was constructed with, as plain data.
    slots : int
        Evaluations that it kept in flight at most.
    started_because : str
        What chose it, and where its starting point came from.
    x0 : ndarray of shape (d,)
        Where it started.
    started_at, ended_at : float or None
        Run time in seconds; None if it has not happened.
    evaluations : int
        Calls of the task.
    best_f : float
        Its smallest valid value; +inf if it has none.
    best_x : ndarray of shape (d,), or None
        Where it found it.
    how : {'converged', 'exhausted', 'stopped', 'cut', 'crashed', 'lost', 'forced', None}
        How it ended; None while it lives.
    ended_because : str
        Why: the reason of the verdict, or what the optimizer itself said; empty while it lives.
    stopped_by : {'stopper', 'exit', 'user', 'session', None}
        On whose behalf it was asked to stop; None if it was not.
    stopped_by_rules : tuple of str
        Names of the rules that made it stop, without their settings and without guards.
    phase : str
        Where it stands: starting, running, pausing, paused, resuming, stopping or ended; left if no session works on
        it, so that it may go on when the run is resumed.
    paused_because : str
        Why it rests; empty if it does not.
    improvements : int
        Batches of its evaluations that improved the best value of the run.
    waited : int
        Evaluations that others made while it could have evaluated and the allocator gave it nothing.
    came_back : str
        How it came back when the run was last resumed: 'saved state', 'replay' or 'warm start'; empty if it never had
        to.
    """

    opt_id: int
    kind: str
    label: str
    regime: str
    config: Mapping[str, Any]
    slots: int
    started_because: str
    x0: NDArray[np.float64]
    started_at: float | None
    ended_at: float | None
    evaluations: int
    best_f: float
    best_x: NDArray[np.float64] | None
    how: str | None
    ended_because: str
    stopped_by: str | None
    stopped_by_rules: tuple[str, ...]
    phase: str
    paused_because: str
    improvements: int
    waited: int
    came_back: str

    @property
    def name(self) -> str:
        """What displays call it: its label, behind its regime if it has one."""
        return display_name(self.label, self.regime)

    @property
    def start(self) -> str:
        """Where its starting point came from, such as 'a random point': what the generator said of it."""
        return self.started_because.rpartition("; ")[2]

    @property
    def suspended(self) -> bool:
        """Whether it has not ended, and no session works on it."""
        return self.how is None and self.phase == Phase.LEFT

    @property
    def ending(self) -> str:
        """How and why it ended in one line; 'alive', 'stopping', 'paused' or 'suspended' if it has not."""
        if self.how is None:
            if self.stopped_by is not None:
                return "stopping"
            if self.suspended:
                return "suspended: it may go on when the run is resumed"
            return f"paused: {self.paused_because}" if self.phase == Phase.PAUSED else "alive"
        if self.stopped_by == By.EXIT and self.how in (How.STOPPED, How.CUT, How.FORCED):
            return f"{self.how}: the run ended"  # why that is stands once, not in every line
        return f"{self.how}: {self.ended_because}" if self.ended_because else self.how


def row_of(one: OptimizerView, calls: int) -> OptimizerRow:
    """Return the line of one optimizer, in a run that has made so many calls of the task."""
    best_x = one.best_x
    return OptimizerRow(
        opt_id=one.opt,
        kind=one.kind,
        label=one.label,
        regime=one.regime,
        config=one.config,
        slots=one.slots,
        started_because=one.why,
        x0=one.x0.copy(),
        started_at=one.started_at,
        ended_at=one.ended_at,
        evaluations=one.calls,
        best_f=one.best,
        best_x=None if best_x is None else best_x.copy(),
        how=None if one.ended_as is None else str(one.ended_as),
        ended_because=_because(one),
        stopped_by=one.stop_by,
        stopped_by_rules=_rules(one),
        phase=str(one.phase),
        paused_because=one.pause_verdict.reason() if one.phase is Phase.PAUSED and one.pause_verdict else "",
        improvements=one.improvements,
        waited=one.waited + one.waiting(calls),
        came_back=one.way_back,
    )


def optimizer_rows(view: RunView) -> tuple[OptimizerRow, ...]:
    """Return the lines of all optimizers ever started, in order."""
    return tuple(row_of(one, view.calls) for one in view)


def standing_rows(rows: Iterable[OptimizerRow], running: bool) -> tuple[OptimizerRow, ...]:
    """Return the lines of optimizers; where no process works on the run, those that have not ended are suspended."""
    if running:
        return tuple(rows)
    return tuple(row if row.how else replace(row, phase=str(Phase.LEFT)) for row in rows)


def _because(one: OptimizerView) -> str:
    if one.ended_as is None:
        return ""
    if one.stop_verdict is None or one.ended_as not in (How.STOPPED, How.CUT, How.FORCED):
        return one.note
    reason = one.stop_verdict.reason()
    return f"{reason}; {one.note}" if one.ended_as is How.FORCED and one.note else reason


def _rules(one: OptimizerView) -> tuple[str, ...]:
    if one.stop_verdict is None:
        return ()
    return tuple(dict.fromkeys(leaf.name for leaf in one.stop_verdict.deciding()))

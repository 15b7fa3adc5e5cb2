"""A run in numbers, for displays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glompo.core.state.lifecycle import How
from glompo.core.views.run_view import RunView
from glompo.read.optimizer_row import OptimizerRow, row_of, standing_rows
from glompo.read.regime_row import RegimeRow, regime_rows
from glompo.read.resource_row import ResourceRow, session_resources
from glompo.read.run_opening import opening_of
from glompo.read.run_status import RunStatus, end_message, run_status_of
from glompo.storage.lease_state import Writer

REASONS = 5
"""Reasons of failed evaluations in a summary, at most."""


@dataclass(frozen=True, slots=True, eq=False)
class Summary:
    """A run at one moment.

    Attributes
    ----------
    task : str
        Name of the task.
    names : tuple of str
        Names of its parameters.
    standing : RunStatus
        Where the run stands.
    message : str
        Why it, or its last session, ended.
    elapsed : float
        Run time in seconds.
    calls, failures : int
        Calls of the task, and how many of them failed.
    budget : int or None
        Calls that the run may make; None if there is no limit.
    rate : float
        Calls of the task per second of run time.
    best_f : float
        Smallest valid value; +inf if there is none.
    best_x : ndarray of shape (d,), or None
        Where it was found.
    best_opt : int or None
        By which optimizer.
    best_kind : str or None
        Name of its class.
    slots, used_slots : int
        Evaluations that may be in flight, and how many of them living optimizers hold.
    started, alive, paused, converged, exhausted, stopped, cut, crashed, lost, forced : int
        Optimizers ever started, alive, resting among those, and by how they ended.
    living : tuple of OptimizerRow
        Those that live.
    cpus : int
        Processors that the evaluations of the present or last session share; 0 if they are computed elsewhere.
    reasons : tuple of (str, int)
        Why evaluations failed, most frequent first, with counts; the first five.
    label : str
        What the user calls the run; empty if that was not said.
    causes : tuple of (str, int, str)
        What failed evaluations have in common, such as 'timeout' or 'exit code 1', most frequent first: the cause, how
        many there were, and the first reason.
    regimes : tuple of RegimeRow
        What the parts of a portfolio should have, have had and have found; empty without one.
    resources : ResourceRow or None
        What the present or last session used of its machine, up to its last sample; None before the first.
    """

    task: str
    names: tuple[str, ...]
    standing: RunStatus
    message: str
    elapsed: float
    calls: int
    failures: int
    budget: int | None
    rate: float
    best_f: float
    best_x: NDArray[np.float64] | None
    best_opt: int | None
    best_kind: str | None
    slots: int
    used_slots: int
    started: int
    alive: int
    paused: int
    converged: int
    exhausted: int
    stopped: int
    cut: int
    crashed: int
    lost: int
    forced: int
    living: tuple[OptimizerRow, ...]
    cpus: int = 0
    reasons: tuple[tuple[str, int], ...] = ()
    label: str = ""
    causes: tuple[tuple[str, int, str], ...] = ()
    regimes: tuple[RegimeRow, ...] = ()
    resources: ResourceRow | None = None

    @property
    def ends(self) -> dict[str, int]:
        """Number of optimizers by how they ended."""
        return {str(how): getattr(self, str(how)) for how in How}


def summarize(view: RunView, writer: Writer = Writer.LIVES) -> Summary:
    """Return a run in numbers; the work does not grow with its history.

    Parameters
    ----------
    view : RunView
        The run.
    writer : Writer
        Who writes to its directory; see :class:`~glompo.read.Follower`.
    """
    opening = opening_of(view)
    status = run_status_of(view, writer)
    best, ended = view.best, view.ended
    return Summary(
        task=opening.task,
        names=opening.names,
        standing=status,
        message=end_message(view, status),
        elapsed=view.now,
        calls=view.calls,
        failures=view.failures,
        budget=opening.budget,
        rate=view.calls / view.now if view.now > 0 else 0.0,
        best_f=np.inf if best is None else best.f,
        best_x=None if best is None else best.x.copy(),
        best_opt=None if best is None else best.opt,
        best_kind=None if best is None else view[best.opt].name,
        slots=view.slots,
        used_slots=view.slots - view.free_slots,
        started=view.n_started,
        alive=view.n_alive,
        paused=view.n_paused,
        converged=ended[How.CONVERGED],
        exhausted=ended[How.EXHAUSTED],
        stopped=ended[How.STOPPED],
        cut=ended[How.CUT],
        crashed=ended[How.CRASHED],
        lost=ended[How.LOST],
        forced=ended[How.FORCED],
        living=standing_rows((row_of(one, view.calls) for one in view.alive), status is RunStatus.RUNNING),
        cpus=view.cpus,
        reasons=tuple(view.reasons.most_common(REASONS)),
        label=opening.label,
        causes=tuple((cause, n, view.examples[cause]) for cause, n in view.causes.most_common()),
        regimes=regime_rows(view),
        resources=session_resources(view),
    )

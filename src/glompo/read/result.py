"""What a run gives back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from glompo.box import Box
from glompo.core.state.lifecycle import How
from glompo.core.views.manager_view import documented_result
from glompo.core.views.run_view import RunView
from glompo.errors import UserError
from glompo.events.enums import By, Reason
from glompo.read.dataframe import to_dataframe
from glompo.read.displays import Displays
from glompo.read.improvements import improvements
from glompo.read.minima import TOLERANCE, Minima, minima_of
from glompo.read.optimizer_row import OptimizerRow, optimizer_rows, standing_rows
from glompo.read.regime_row import RegimeRow, regime_rows
from glompo.read.result_text import (
    causes,
    census,
    died_of,
    optimizer_table,
    point_line,
    regime_table,
    waited_for,
)
from glompo.read.run_opening import opening_of
from glompo.read.run_status import FAILURES, RunStatus, all_failed, end_message, run_status_of
from glompo.safe_text import PAGE, legible
from glompo.storage.directory import way_on
from glompo.storage.lease_state import Writer

if TYPE_CHECKING:
    import pandas

FAULTS = (*FAILURES, Reason.USER, Reason.SESSION)
"""Rules that end a run although nothing that it was asked for has been reached."""

OUT_OF_STEPS = "MaxOptimizersExhausted"
"""Exit condition that is no success: optimizers ran out of their own iterations."""


@dataclass(frozen=True, slots=True, eq=False)
class Result(Displays):
    """The best point of a run, and the story of how it was found.

    Every attribute can also be read as an item, as with results of SciPy. It unpacks as documented,
    ``x, fx, stats, origin = result``.

    Attributes
    ----------
    x : ndarray of shape (d,), or None
        The best point; None if no evaluation gave a finite value.
    fx : float
        Its value, the smallest finite one that was seen; +inf if there is none, never nan.
    nfev : int
        Calls of the task.
    success : bool
        Whether a finite value was found and the run came to the end that it was asked for: an exit condition (a
        budget, a time limit, a target, a convergence) held, or nothing was left to start and at least one optimizer
        had converged or was stopped. A run that was interrupted or ended by a user, or that ended because the task, the
        optimizers or a policy failed, or only because optimizers were exhausted, is no success, although its best
        point is here; nor is one in which optimizers crashed or were lost and no other found a value.
    status : {'finished', 'failed', 'left', 'running', 'killed', 'copied', 'checkpoint'}
        Where the run stands, see :class:`RunStatus`; 'left' means suspended: its process closed the session before the
        run was over.
    message : str
        Why the run ended, in one sentence; with what the optimizers died of if no other found a value.
    stats : dict
        Documented counters: f_evals, opts_started, opts_killed (by stoppers), opts_conv, and end_cond (`message`).
    origin : dict
        The optimizer that found `x`: opt_id and type, both None if there is no `x`.
    optimizers : tuple of OptimizerRow
        How and why each optimizer started and ended.
    run_dir : Path or None
        Directory in which everything is recorded.
    date : str
        When the run was opened, in ISO 8601.
    seconds : float
        Run time, over all sessions.
    left_by : str or None
        What suspended the run: a signal, such as ``SIGTERM``, or a request, as ``user@host``; None if nothing did.
    label : str
        What the user calls the run; empty if that was not said.
    names : tuple of str
        Names of the d parameters.
    params : mapping of str to float
        The best point by the names of its parameters; empty if there is none.
    failures : mapping of str to int
        How many evaluations failed for each cause, such as 'timeout' or 'exit code 1', most frequent first;
        :func:`glompo.read.rows` has the reason of each.
    regimes : tuple of RegimeRow
        What the parts of a portfolio should have, have had and have found; empty without one.
    never_started : tuple of str
        Labels of optimizers that were offered and never started.
    box : Box or None
        The bounds, with the scale of each parameter.
    """

    x: NDArray[np.float64] | None
    fx: float
    nfev: int
    success: bool
    status: str
    message: str
    stats: dict[str, Any]
    origin: dict[str, Any]
    optimizers: tuple[OptimizerRow, ...]
    run_dir: Path | None
    date: str
    seconds: float
    left_by: str | None = None
    label: str = ""
    names: tuple[str, ...] = ()
    params: Mapping[str, float] = field(default_factory=dict)
    failures: Mapping[str, int] = field(default_factory=dict)
    regimes: tuple[RegimeRow, ...] = ()
    never_started: tuple[str, ...] = ()
    box: Box | None = None

    @property
    def stopped_by(self) -> dict[str, int]:
        """How many optimizers each stopper stopped, most frequent first; several agreed where `&` joins them."""
        by_rules = (row for row in self.optimizers if row.how and row.stopped_by == By.STOPPER)
        return dict(Counter(" & ".join(row.stopped_by_rules) for row in by_rules).most_common())

    @property
    def fun(self) -> float:
        """SciPy's name of `fx`."""
        return self.fx

    def trail(self) -> list[tuple[int, NDArray[np.float64], float]]:
        """Return the evaluations by which the run improved: number, from 1, point, shape (d,), and value."""
        return [] if self.run_dir is None else improvements(self.run_dir)

    def keys(self) -> tuple[str, ...]:
        """Return the names that can be read as items."""
        return ("fun", *(one.name for one in fields(self)))

    def __getitem__(self, name: str) -> Any:
        if name not in self.keys():
            raise KeyError(f"a result has no {name!r}; it has {', '.join(self.keys())}")
        return getattr(self, name)

    def __contains__(self, name: object) -> bool:
        return name in self.keys()

    def __iter__(self) -> Iterator[Any]:
        """The documented values: x, fx, stats, origin."""
        return iter((self.x, self.fx, self.stats, self.origin))

    def to_dataframe(self) -> pandas.DataFrame:
        """Return the recorded evaluations, read from `run_dir`, as :func:`~glompo.read.to_dataframe` does.

        Raises
        ------
        UserError
            If pandas is missing, or the run was not recorded.
        """
        if self.run_dir is None:
            raise UserError("this run was not recorded, so its evaluations are not there")
        return to_dataframe(self.run_dir)

    def minima(self, tol: float = TOLERANCE, *, converged: bool = False) -> Minima:
        """Return where optimizers ended, the best first; alike ends are taken together.

        The end of an optimizer is its best point. From the best end on, each takes in all others that lie within `tol`
        of it in every parameter: a share of the parameter's range, in decades where its scale is ``'log'``.

        Parameters
        ----------
        tol : float
            That share, above 0 and below 1.
        converged : bool
            Only ends of optimizers that converged. What stopped short of that is perhaps no minimum.

        Raises
        ------
        SettingError
            If `tol` is no such number.

        Examples
        --------
        >>> import glompo
        >>> from glompo.optimizers import Scipy
        >>> result = glompo.minimize(
        ...     lambda x: (x[0] ** 2 - 1) ** 2, [(-2, 3)], optimizers=Scipy(method="L-BFGS-B"), max_jobs=1,
        ...     max_evaluations=300, rng=1,
        ... )
        >>> sorted(round(minimum.x[0]) for minimum in result.minima(converged=True))
        [-1, 1]
        """
        return minima_of(self.optimizers, self.names, self.box, tol, converged)

    def __repr__(self) -> str:
        facts: dict[str, Any] = {"label": self.label} if self.label else {}
        facts |= {
            "success": self.success,
            "message": self.message,
            "fx": self.fx,
            "x": self.x,
            "nfev": self.nfev,
            "origin": self.origin,
            "run_dir": self.run_dir,
        }
        lines = [
            f"{name:>10}: {point_line(self.x, self.names) if name == 'x' else legible(value, PAGE)}"
            for name, value in facts.items()
        ]
        if self.run_dir is not None and self.status in (RunStatus.SUSPENDED, RunStatus.KILLED, RunStatus.CHECKPOINT):
            lines += [f"{'go on':>10}: {legible(way_on(self.run_dir), PAGE)}"]
        if self.failures:
            failed = f"{sum(self.failures.values())} of {self.nfev} evaluations: {causes(self.failures)}"
            lines += [f"{'failures':>10}: {failed}"]
        lines += [f"{'failed':>10}: {legible(reason, PAGE)}" for reason in died_of(self.optimizers)]
        lines += regime_table(self.regimes)
        if not self.regimes and (waited := waited_for(self.optimizers, self.nfev)):
            lines += [f"{'waited':>10}: {waited}"]
        if self.never_started and RunStatus(self.status).over:
            lines += [f"{'never ran':>10}: {', '.join(map(legible, self.never_started))}"]
        if stopped := self.stopped_by:
            lines += [f"{'stopped by':>10}: {', '.join(f'{n} {legible(rules)}' for rules, n in stopped.items())}"]
        lines += [
            f"{'optimizers':>10}: {census(self.optimizers)}",
            *optimizer_table(self.optimizers, self.origin["opt_id"]),
        ]
        return "\n".join(lines)

    __str__ = __repr__


def result_of(view: RunView, run_dir: Path | None = None, *, writer: Writer = Writer.LIVES) -> Result:
    """Return the result of a run as far as it has come.

    Parameters
    ----------
    view : RunView
        The run.
    run_dir : Path, optional
        Where it is recorded.
    writer : Writer
        Who writes to the directory.
    """
    status = run_status_of(view, writer)
    rows = standing_rows(optimizer_rows(view), status is RunStatus.RUNNING)
    message = end_message(view, status)
    failed = all_failed(view)
    if failed and view.finished is not None and view.finished.rule not in FAULTS:
        message += "; every optimizer failed: " + "; ".join(died_of(rows))
    x, fx, stats, origin = documented_result(view, message)
    opening = opening_of(view)
    return Result(
        x=x,
        fx=fx,
        nfev=view.calls,
        success=x is not None and _as_asked(view) and not failed,
        status=str(status),
        message=message,
        stats=stats,
        origin=origin,
        optimizers=rows,
        run_dir=run_dir,
        date=opening.date,
        seconds=view.now,
        left_by=None if view.session_open else view.leave_asked_by,
        label=opening.label,
        names=opening.names,
        params={} if x is None else dict(zip(opening.names, x.tolist(), strict=True)),
        failures=dict(view.causes.most_common()),
        regimes=regime_rows(view),
        never_started=never_started(view),
        box=view.box,
    )


def _as_asked(view: RunView) -> bool:
    if view.finished is None or view.finished.rule in FAULTS:
        return False
    if view.finished.rule == Reason.NOTHING_LEFT:
        return any(view.ended[how] for how in (How.CONVERGED, How.STOPPED, How.CUT))
    return not all(leaf.rule.startswith(OUT_OF_STEPS) for leaf in view.finished.leaves() if leaf.fired)


def never_started(view: RunView) -> tuple[str, ...]:
    """Return the labels of optimizers that were offered and never started; empty where the offer is not on record."""
    if "offered" not in view.opened.spec:  # begun by an earlier version, which knew no labels
        return ()
    started = {one.label for one in view}
    return tuple(str(name) for name in view.settings.get("offered") or () if name not in started)

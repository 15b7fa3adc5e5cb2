"""What a run gives back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.core.state.lifecycle import How
from glompo.core.views.manager_view import documented_result
from glompo.core.views.run_view import RunView
from glompo.events.enums import Reason
from glompo.read.export import improvements
from glompo.read.optimizer_row import OptimizerRow, optimizer_rows
from glompo.read.run_opening import RunStatus, opening_of, run_status_of
from glompo.safe_text import PAGE, legible

FAULTS = (
    Reason.FAILING_TASK,
    Reason.FAILING_OPTIMIZERS,
    Reason.FAILING_CHECKPOINT,
    Reason.FAULTY_POLICY,
    Reason.USER,
    Reason.SESSION,
)
"""Rules that end a run although nothing that it was asked for has been reached."""

OUT_OF_STEPS = "MaxOptimizersExhausted"
"""Exit condition that is no success: optimizers ran out of their own iterations."""

DIED = (How.CRASHED, How.LOST)
"""Ends of optimizers that failed."""

REASONS_SHOWN = 5
"""Reasons of failed optimizers in the printed result, at most."""

LINES_SHOWN = 25
"""Optimizers in the printed table: the first ones, and the owner of the best point."""


@dataclass(frozen=True, slots=True, eq=False)
class Result:
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
    status : {'finished', 'left', 'running', 'killed'}
        Where the run stands; 'left' means suspended: its process closed the session before the run was over.
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

    @property
    def fun(self) -> float:
        """SciPy's name of `fx`."""
        return self.fx

    def trail(self) -> list[tuple[int, NDArray[np.float64], float]]:
        """Return the evaluations by which the run improved: number, from 1, point, shape (d,), and value."""
        return [] if self.run_dir is None else improvements(self.run_dir)

    def keys(self) -> tuple[str, ...]:
        """Return the names that can be read as items."""
        return ("fun", *(field.name for field in fields(self)))

    def __getitem__(self, name: str) -> Any:
        if name not in self.keys():
            raise KeyError(f"a result has no {name!r}; it has {', '.join(self.keys())}")
        return getattr(self, name)

    def __contains__(self, name: object) -> bool:
        return name in self.keys()

    def __iter__(self) -> Iterator[Any]:
        """The documented values: x, fx, stats, origin."""
        return iter((self.x, self.fx, self.stats, self.origin))

    def __repr__(self) -> str:
        facts: dict[str, Any] = {"label": self.label} if self.label else {}
        facts |= {
            "success": self.success,
            "message": self.message,
            "fx": self.fx,
            "x": _indented(self.x),
            "nfev": self.nfev,
            "origin": self.origin,
            "run_dir": self.run_dir,
        }
        lines = [f"{name:>10}: {value if name == 'x' else legible(value, PAGE)}" for name, value in facts.items()]
        lines += [f"{'failed':>10}: {legible(reason, PAGE)}" for reason in died_of(self.optimizers)]
        lines += [f"{'regimes':>10}: {regimes}"] if (regimes := _regimes(self.optimizers)) else []
        lines += [f"{'optimizers':>10}: {_census(self)}", *_table(self.optimizers, self.origin["opt_id"])]
        return "\n".join(lines)

    __str__ = __repr__


def result_of(view: RunView, run_dir: Path | None = None, *, writer_lives: bool = True) -> Result:
    """Return the result of a run as far as it has come.

    Parameters
    ----------
    view : RunView
        The run.
    run_dir : Path, optional
        Where it is recorded.
    writer_lives : bool
        Whether the process of an open session lives.
    """
    status = run_status_of(view, writer_lives)
    rows = optimizer_rows(view)
    message = end_message(view, status)
    failed = _all_failed(rows)
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
    )


def end_message(view: RunView, status: RunStatus) -> str:
    """Return in one sentence why the run, or its last session, ended."""
    if view.finished is not None:
        return view.finished.reason()
    if status is RunStatus.SUSPENDED:
        return f"the session ended before the run was over: {opening_of(view).session_reason}"
    if status is RunStatus.KILLED:
        return "the process of the run died before the run was over"
    return "the run is ending: " + view.ending.reason() if view.ending is not None else "the run goes on"


def _as_asked(view: RunView) -> bool:
    if view.finished is None or view.finished.rule in FAULTS:
        return False
    if view.finished.rule == Reason.NOTHING_LEFT:
        return any(view.ended[how] for how in (How.CONVERGED, How.STOPPED, How.CUT))
    return not all(leaf.rule.startswith(OUT_OF_STEPS) for leaf in view.finished.leaves() if leaf.fired)


def _all_failed(rows: Sequence[OptimizerRow]) -> bool:
    """Return whether optimizers crashed or were lost, and no other found a finite value."""
    died = any(row.how in DIED for row in rows)
    return died and not any(row.how not in DIED and row.best_x is not None for row in rows)


def died_of(rows: Sequence[OptimizerRow]) -> list[str]:
    """Return why optimizers crashed or were lost, most frequent first, each with how many of them."""
    reasons = Counter(f"{row.name}: {row.ending}" for row in rows if row.how in DIED)
    return [f"{count} of {len(rows)}, {reason}" for reason, count in reasons.most_common(REASONS_SHOWN)]


def _indented(x: NDArray[np.float64] | None) -> str:
    return "None" if x is None else np.array2string(x, prefix=" " * 12, threshold=60)


def _regimes(rows: Sequence[OptimizerRow]) -> str:
    """Return what each regime of a portfolio has had and found; empty without one."""
    members: dict[str, list[OptimizerRow]] = {}
    for row in rows:
        members.setdefault(row.label, []).append(row)
    return ", ".join(
        f"{legible(label)} {sum(row.evaluations for row in all_)} evaluations "
        f"(best {min(row.best_f for row in all_):.8g})"
        for label, all_ in members.items()
        if label
    )


def _census(result: Result) -> str:
    counts = {how: sum(row.how == how for row in result.optimizers) for how in How}
    entries = [f"{count} {how}" for how, count in counts.items() if count]
    alive = len(result.optimizers) - sum(counts.values())
    entries += [f"{alive} alive"] if alive else []
    return ", ".join([f"{len(result.optimizers)} started", *entries])


def _table(rows: Sequence[OptimizerRow], winner: int | None) -> Iterator[str]:
    shown = [row for i, row in enumerate(rows) if i < LINES_SHOWN or row.opt_id == winner]
    cells = [("", "optimizer", "evaluations", "best", "end")]
    for row in shown:
        best = "-" if row.best_x is None else f"{row.best_f:.8g}"
        cells.append((str(row.opt_id), legible(row.name), str(row.evaluations), best, legible(row.ending)))
    widths = [max(len(line[column]) for line in cells) for column in range(4)]
    for number, kind, evaluations, best, end in cells:
        yield (
            f"{number:>{widths[0] + 6}}  {kind:<{widths[1]}}  {evaluations:>{widths[2]}}  {best:>{widths[3]}}  {end}"
        ).rstrip()
    if len(shown) < len(rows):
        yield f"{'':>{widths[0] + 6}}  and {len(rows) - len(shown)} more in result.optimizers"

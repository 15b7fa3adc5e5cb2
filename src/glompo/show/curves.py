"""What a picture needs of each optimizer: its evaluations as a curve, and a marker for its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from glompo.events.enums import By
from glompo.function import FAILURES, Status
from glompo.read import History, OptimizerRow, optimizer_rows

Against = Literal["evaluations", "time"]
"""What stands on the horizontal axis: evaluations of the run, from 1, or run time in seconds."""

DRAWABLE = 1e250
"""Size of a value beyond which margins and logarithms of it overflow; larger ones are not drawn."""


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One optimizer.

    Attributes
    ----------
    row : OptimizerRow
        How and why it started and ended.
    at : ndarray, shape (n,)
        Position of each evaluation on the horizontal axis.
    values : ndarray, shape (n,)
        Valid values; nan for the others.
    best : ndarray, shape (n,)
        Smallest valid value up to each; nan before the first.
    failed, missing : ndarray of bool, shape (n,)
        Evaluations that failed; and others without a finite value.
    """

    row: OptimizerRow
    at: NDArray[np.float64]
    values: NDArray[np.float64]
    best: NDArray[np.float64]
    failed: NDArray[np.bool_]
    missing: NDArray[np.bool_]

    @property
    def steps(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Corners of the line of its best value: the improvements, and its last evaluation."""
        kept = _falls(self.best)
        if kept.size:
            kept = np.append(kept, len(self.at) - 1)
        return self.at[kept], self.best[kept]


def curves_of(history: History, against: Against) -> list[Curve]:
    """Return a curve for each optimizer that evaluated anything."""
    rows = optimizer_rows(history.view)
    return [_curve(history, row, against) for row in rows if len(history.view[row.opt_id])]


def _curve(history: History, row: OptimizerRow, against: Against) -> Curve:
    path = history.view[row.opt_id].trajectory.rows()
    valid = (path.status == Status.OK) & (np.abs(path.f) < DRAWABLE)
    failed = np.isin(path.status, FAILURES)
    return Curve(
        row=row,
        at=np.asarray(path.order + 1 if against == "evaluations" else path.at, np.float64),
        values=np.where(valid, path.f, np.nan),
        best=np.where(np.abs(path.best_f) < DRAWABLE, path.best_f, np.nan),
        failed=failed,
        missing=~valid & ~failed,
    )


def incumbent(curves: Sequence[Curve]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Return the corners of the line of the best value of the run, and which optimizer made each step.

    The last corner is the last evaluation.
    """
    if not curves:
        return np.empty(0), np.empty(0), np.empty(0, np.int64)
    at = np.concatenate([curve.at for curve in curves])
    values = np.concatenate([curve.values for curve in curves])
    owners = np.concatenate([np.full(len(curve.at), curve.row.opt_id) for curve in curves])
    order = np.argsort(at, kind="stable")  # in time it differs a little from the order in which they were recorded
    at, owners = at[order], owners[order]
    best = np.fmin.accumulate(values[order])
    kept = _falls(best)
    if not kept.size:
        return np.empty(0), np.empty(0), np.empty(0, np.int64)
    owner = owners[kept]
    return at[np.append(kept, len(at) - 1)], np.append(best[kept], best[-1]), np.append(owner, owner[-1])


def _falls(best: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return where a falling sequence, which may begin with nan, reaches a new value."""
    known = np.flatnonzero(np.isfinite(best))
    return known[best[known] < np.append(np.inf, best[known[:-1]])]


SHAPES = {
    "converged": "o",
    "exhausted": "h",
    "stopped": "X",
    "cut": "|",
    "crashed": "*",
    "lost": "D",
    "forced": "H",
    "alive": ">",
    "paused": "<",
}
"""Marker of each end."""

MORE_SHAPES = ("X", "P", "v", "s", "p", "d")
"""Markers of those that rules stopped, one for each rule."""

OVER = "over when the run ended"


@dataclass(frozen=True, slots=True)
class End:
    """How an optimizer ended, and why, in a few words."""

    how: str
    why: str

    @property
    def text(self) -> str:
        """Entry of the legend."""
        return f"{self.how} by {self.why}" if self.why and self.how != OVER else self.how


def end_of(row: OptimizerRow) -> End:
    """Return the end of an optimizer; one that lives is 'alive' or 'paused'."""
    if row.how is None:
        return End("paused" if row.paused_because else "alive", "")
    if row.how in ("converged", "exhausted", "crashed", "lost", "forced"):
        return End(row.how, "")
    if row.stopped_by == By.EXIT:
        return End(OVER, "")
    if row.stopped_by == By.STOPPER:
        return End("stopped", " & ".join(row.stopped_by_rules))
    names: dict[str | None, str] = {By.USER: "the user", By.SESSION: "the end of the session"}
    return End("stopped", names.get(row.stopped_by, ""))


def shapes_for(rows: Sequence[OptimizerRow]) -> dict[End, tuple[str, int]]:
    """Return the marker of each end that occurs, and how often it does; the most frequent first."""
    counts = Counter(map(end_of, rows))
    rules = [end for end, _ in counts.most_common() if end.how == "stopped"]
    found = {}
    for end, count in counts.most_common():
        if end in rules:
            shape = MORE_SHAPES[rules.index(end) % len(MORE_SHAPES)]
        else:
            shape = SHAPES["cut"] if end.how == OVER else SHAPES[end.how]
        found[end] = (shape, count)
    return found

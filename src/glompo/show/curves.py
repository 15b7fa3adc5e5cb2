"""The evaluations of each optimizer as what a picture needs of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from glompo.function import Status
from glompo.read import History, OptimizerRow, optimizer_rows

Against = Literal["evaluations", "time"]
"""What stands on the horizontal axis: evaluations of the run, from 1, or run time in seconds."""

FAULTS = (Status.FAILED, Status.INVALID, Status.TIMEOUT, Status.CRASHED)


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One optimizer.

    Attributes
    ----------
    row : OptimizerRow
        How and why it started and ended.
    at : ndarray, shape (n,)
        Place of each evaluation on the horizontal axis.
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
        known = np.flatnonzero(np.isfinite(self.best))
        if not known.size:
            return np.empty(0), np.empty(0)
        kept = known[np.flatnonzero(np.diff(self.best[known], prepend=np.inf) < 0)]
        kept = np.append(kept, len(self.at) - 1)
        return self.at[kept], self.best[kept]


def curves_of(history: History, against: Against) -> list[Curve]:
    """Return a curve for each optimizer that evaluated anything."""
    rows = optimizer_rows(history.view)
    return [_curve(history, row, against) for row in rows if len(history.view[row.opt_id])]


def _curve(history: History, row: OptimizerRow, against: Against) -> Curve:
    path = history.view[row.opt_id].trajectory
    valid = (path.status == Status.OK) & np.isfinite(path.f)
    failed = np.isin(path.status, FAULTS)
    return Curve(
        row=row,
        at=np.asarray(path.order + 1 if against == "evaluations" else path.at, np.float64),
        values=np.where(valid, path.f, np.nan),
        best=np.where(np.isfinite(path.best_f), path.best_f, np.nan),
        failed=failed,
        missing=~valid & ~failed,
    )


def incumbent(history: History, against: Against) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Return the corners of the line of the best value of the run, and which optimizer made each step.

    The last corner is the last evaluation.
    """
    number, seconds, value, opt = history.best_so_far()
    at = number.astype(np.float64)
    if against == "time":  # recorded order and order in time differ a little between optimizers
        order = np.argsort(seconds, kind="stable")
        best_of_own = np.where(np.diff(value, prepend=np.inf) < 0, value, np.inf)
        at, value, opt = seconds[order], np.minimum.accumulate(best_of_own[order]), opt[order]
    known = np.flatnonzero(np.isfinite(value))
    if not known.size:
        return np.empty(0), np.empty(0), np.empty(0, np.int64)
    kept = known[np.flatnonzero(np.diff(value[known], prepend=np.inf) < 0)]
    owner = opt[kept]
    return at[np.append(kept, len(at) - 1)], np.append(value[kept], value[-1]), np.append(owner, owner[-1])

"""Stop an optimizer that will not catch up with the incumbent.

The curve of block medians of a converging run has a geometric tail: each stretch gains a constant fraction of what
the stretch before it gained. Three windows over its recent part give the last two gains, and the sum of the geometric
series that they start is where the curve will settle (Aitken's delta-squared extrapolation). A run whose predicted
gain, even taken `kappa` times, does not bridge its distance to the incumbent will not win. The windows are those with
which the method was measured: the last lies one block nearer than even spacing asks for, so a short and slow curve is
expected to gain less than it will, and `kappa` has to make up for it.

Only differences of values are used, so the answer is the same for f and a·f + b with a > 0.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from glompo.core.settings import number, whole_number
from glompo.core.trajectory import Trajectory
from glompo.core.verdict import Verdict
from glompo.core.views import RunView
from glompo.stoppers.base import BaseStopper
from glompo.stoppers.windows import valid_at_end

SHORTEST_BLOCK = 10
"""Evaluations in a block, unless there are more parameters."""

SHORTEST_WINDOW = 8
"""Blocks in half of the part of the curve that is looked at."""

LONGEST_WINDOW = 60
"""The same at most, for up to 9 parameters; this many again for every 5 more. It bounds the cost of a question."""


class CatchUp(BaseStopper):
    """The optimizer, extrapolated, will not reach the incumbent.

    Evaluations are taken in blocks of max(10, D), with D the number of parameters that are not fixed. From the
    medians m and the minima b of the recent blocks it is predicted where the medians settle. True when
    ``best - incumbent > kappa * max(best - predicted, m[-1] - b[-1])``, with `best` the best value of the optimizer:
    neither the predicted gain nor the present spread bridges the gap. The owner of the incumbent is never stopped.
    A history that is too short, or falls faster and faster, or falls only after it had risen, is no evidence.
    Invalid values are left out of their block, and blocks without any valid value out of the curve.

    Invariant under f → a·f + b with a > 0 (up to rounding); it draws no random number. A question costs the same
    however long the history is.

    Parameters
    ----------
    kappa : float
        How many times the predicted gain must fall short of the gap, above 0.
    min_evals : int, optional
        Evaluations before the first judgment; 20·D if None.
    every : int, optional
        Evaluations between two judgments; 5·D if None. Asked in between, the answer is false.
    """

    def __init__(self, kappa: float = 2.0, min_evals: int | None = None, every: int | None = None) -> None:
        self.kappa = number(self, "kappa", kappa, 0, above=True)
        self.min_evals = None if min_evals is None else whole_number(self, "min_evals", min_evals, 1)
        self.every = None if every is None else whole_number(self, "every", every, 1)

    def judge(self, view: RunView, opt: int | None = None) -> Verdict:
        """Answer for optimizer `opt`."""
        one = self.subject(view, opt)
        if view.best is None or view.best.opt == one.opt:
            return self.verdict(False, "nobody is ahead of it")
        dims = max(1, int(np.count_nonzero(view.bounds[:, 1] > view.bounds[:, 0])))
        least, every = self.min_evals or 20 * dims, self.every or 5 * dims
        if len(one) < least:
            return self.verdict(False, f"{len(one)} evaluations, {least} are needed")
        if len(one) // every == one.judged_at // every:
            return self.verdict(False, f"it is judged every {every} evaluations")
        # all values are taken relative to the incumbent: a constant in the task is gone before any rounding
        incumbent = float(view.best.f)
        gap = one.best - incumbent
        medians, minima = recent_blocks(one.trajectory, incumbent, dims)
        settles = predict(medians, gap)
        if settles is None:
            return self.verdict(False, "its curve does not tell yet where it leads")
        known = ~np.isnan(medians)
        spread = float(medians[known][-1] - minima[known][-1])
        gain = gap - settles
        return self.verdict(
            gap > self.kappa * max(gain, spread),
            f"{gap:.6g} behind the incumbent, will gain {gain:.6g}, spread {spread:.6g}",
        )


def recent_blocks(trajectory: Trajectory, origin: float, dims: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return medians and minima, relative to `origin`, of the blocks in the recent part of a history.

    The part is 2·W complete blocks, shape (2·W,), with W a quarter of all blocks within limits; nothing if there are
    too few. Blocks without any valid value are nan.
    """
    size = max(SHORTEST_BLOCK, dims)
    n = len(trajectory) // size
    half = min(max(SHORTEST_WINDOW, n // 4), LONGEST_WINDOW * max(1, dims // 5))
    if n < 2 * half + 1:
        return np.empty(0), np.empty(0)
    first, last = (n - 2 * half) * size, n * size
    valid = valid_at_end(trajectory, len(trajectory) - first)[: last - first]
    with np.errstate(over="ignore"):
        values = np.where(valid, trajectory.f[first:last], np.inf) - origin
    values = np.sort(values.reshape(-1, size), axis=1)
    counts = valid.reshape(-1, size).sum(axis=1)
    rows = np.arange(len(values))
    medians = values[rows, np.maximum(counts - 1, 0) // 2] / 2 + values[rows, np.minimum(counts // 2, size - 1)] / 2
    medians[counts == 0] = np.nan
    return medians, values[:, 0]


def predict(medians: NDArray[np.float64], best: float) -> float | None:
    """Return where a curve settles, at `best` at the latest; None if it gives no evidence.

    Parameters
    ----------
    medians : ndarray, shape (2·W,)
        Recent part of the curve, nan where unknown.
    best : float
        Best value of the run, in the same units.
    """
    half = len(medians) // 2
    if not half:
        return None
    early = _mean(medians[: half // 2 + 1])
    middle = _mean(medians[3 * half // 4 : half + half // 4 + 1])
    late = _mean(medians[2 * half - half // 2 - 1 :])
    before, after = early - middle, middle - late
    if not (math.isfinite(before) and math.isfinite(after)):
        return None
    if before <= 0:
        return best if after <= 0 else None
    if after >= before:
        return None
    if after <= 0:
        return min(best, late)
    # after·ρ/(1 - ρ) with ρ = after/before, written such that no rounding makes 1 - ρ zero
    return min(best, late - after * (after / (before - after)))


def _mean(window: NDArray[np.float64]) -> float:
    known = window[~np.isnan(window)]
    return float(known.mean()) if known.size else math.nan

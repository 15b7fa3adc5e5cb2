"""The recent course of one optimizer: medians of blocks of its values, and where they lead.

All values are taken relative to an origin, which should be the incumbent: a constant added to the task is then gone
before anything is rounded.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from glompo.core.optimizer_view import OptimizerView
from glompo.core.trajectory import Trajectory
from glompo.core.views import RunView
from glompo.core.windows import valid_at_end

SHORTEST_BLOCK = 10
"""Evaluations in a block of an optimizer without a known population, unless there are more parameters."""

SHORTEST_WINDOW = 8
"""Blocks in half of the part of the curve that is looked at."""

LONGEST_WINDOW = 60
"""The same at most, for up to 9 parameters; this many again for every 5 more. It bounds the cost of a question."""


def free_parameters(view: RunView) -> int:
    """Return the number of parameters that are not fixed, D; 1 at least."""
    return max(1, int(np.count_nonzero(view.bounds[:, 1] > view.bounds[:, 0])))


def population_of(one: OptimizerView) -> int | None:
    """Return the points in a generation of the optimizer, if its settings name them (``popsize``)."""
    given = one.config.get("popsize")
    return given if isinstance(given, int) and not isinstance(given, bool) and given > 0 else None


def block_of(one: OptimizerView, dims: int) -> int:
    """Return the evaluations in a block: a generation where one is known, else max(10, D)."""
    return population_of(one) or max(SHORTEST_BLOCK, dims)


def interval_of(one: OptimizerView, every: int | None, dims: int) -> int:
    """Return the evaluations between two judgments: `every`, or 5·D but never less than a generation."""
    return every or max(5 * dims, population_of(one) or 0)


def due(one: OptimizerView, interval: int) -> bool:
    """Say whether a multiple of `interval` evaluations was reached since the optimizer was last judged."""
    return len(one) // interval != one.judged_at // interval


def recent_blocks(
    trajectory: Trajectory, origin: float, dims: int, size: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return medians and minima, relative to `origin`, of the blocks in the recent part of a history.

    The part is 2·W complete blocks, shape (2·W,), with W a quarter of all blocks within limits; nothing if there are
    too few. Blocks without any valid value are nan.

    Parameters
    ----------
    dims : int
        Number of parameters D.
    size : int
        Evaluations in a block.
    """
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
    early = mean_of(medians[: half // 2 + 1])
    middle = mean_of(medians[3 * half // 4 : half + half // 4 + 1])
    late = mean_of(medians[2 * half - half // 2 - 1 :])
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


def mean_of(window: NDArray[np.float64]) -> float:
    """Return the mean of what is known in a window, nan if nothing is."""
    known = window[~np.isnan(window)]
    return float(known.mean()) if known.size else math.nan

"""The recent course of one optimizer: medians of blocks of its values, and where they lead.

All values are taken relative to an origin, which should be the incumbent: a constant added to the task is then gone
before anything is rounded.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from glompo.core.evaluations.blocks import (
    BEST,
    LEAST,
    LOWER,
    SHORTEST_WINDOW,
    UPPER,
    block_size,
    longest_half,
    population,
)
from glompo.core.evaluations.evaluations import Evaluations
from glompo.core.views.optimizer_view import OptimizerView


def block_of(one: OptimizerView, dims: int) -> int:
    """Return the evaluations in a block: a generation where one is known, else max(10, D)."""
    return block_size(one.config, dims)


def interval_of(one: OptimizerView, every: int | None, dims: int) -> int:
    """Return the evaluations between two judgments: `every`, or 5·D but never less than a generation."""
    return every or max(5 * dims, population(one.config) or 0)


def due(one: OptimizerView, interval: int) -> bool:
    """Say whether a multiple of `interval` evaluations was reached since the optimizer was last judged."""
    return len(one) // interval != one.judged_at // interval


def recent_blocks(
    path: Evaluations, origin: float, dims: int, size: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return medians, minima and best values, relative to `origin`, of the blocks in the recent part of a history.

    The part is 2·W complete blocks, with W a quarter of all blocks within limits; nothing if there are too few.
    Blocks without any valid value are nan. The best values are those up to the end of each block, and before them
    that at the beginning of the part: shapes (2·W,), (2·W,), (2·W + 1,).

    Parameters
    ----------
    dims : int
        Number of parameters D.
    size : int
        Evaluations in a block.
    """
    n = len(path) // size
    half = min(max(SHORTEST_WINDOW, n // 4), longest_half(dims))
    if n < 2 * half + 1:
        return np.empty(0), np.empty(0), np.empty(0)
    with np.errstate(over="ignore", invalid="ignore"):
        blocks = path.blocks(size, n - 2 * half - 1, n) - origin
        medians = blocks[1:, LOWER] / 2 + blocks[1:, UPPER] / 2
    medians[np.isposinf(blocks[1:, LOWER])] = np.nan
    return medians, blocks[1:, LEAST], blocks[:, BEST]


def predict(medians: NDArray[np.float64], best: float) -> float | None:
    """Return where a curve settles, at `best` at the latest; None if it gives no evidence.

    Parameters
    ----------
    medians : ndarray, shape (2·W,)
        Recent part of the curve, nan where unknown.
    best : float
        Best value of the run, in the same units.
    """
    # The windows are those with which the method was measured: the last lies one block nearer than even spacing asks
    # for, so a short and slow curve is expected to gain less than it will, and `kappa` of CatchUp makes up for it.
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

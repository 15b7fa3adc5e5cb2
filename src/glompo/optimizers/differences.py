"""Gradients of the task's own, or from forward differences that stay inside the bounds."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from glompo.optimizers.blocking import Objective
from glompo.optimizers.penalty import Penalty

STEP = 1e-7
"""Step relative to a parameter's range: free of an offset in the parameters."""


def neighbours(
    x: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the points for forward differences at `x`, shape (d,), and how far each has moved.

    Row i of the points, shape (d, d), is `x` with parameter i moved; back instead of forward where that would lead
    outside. The lengths, shape (d,), are the differences as rounding leaves them.
    """
    step = STEP * (high - low)
    points = x + np.diag(np.where(x + step > high, -step, step))
    return points, points.diagonal() - x


def slopes(rises: NDArray[np.float64], lengths: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return rises / lengths, 0 where that is no number: no slope is known towards a failure."""
    known = np.isfinite(rises) & (lengths != 0.0)
    return np.divide(rises, lengths, out=np.zeros_like(rises), where=known)


class WithGradient:
    """A function with its gradient, as gradient-based minimisers call it.

    A task that declares its gradient is asked for it. Of another one differences are taken: with several workers the
    point and its neighbours are evaluated in one batch.

    Parameters
    ----------
    f : Objective
        The function.
    bounds : sequence of (min, max)
        d pairs.
    penalty : Penalty
        Stands in for a value that failed.
    """

    def __init__(self, f: Objective, bounds: list[tuple[float, float]], penalty: Penalty) -> None:
        self._f = f
        self._low, self._high = np.array(bounds).T
        self._penalty = penalty

    def __call__(self, x: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Return value and gradient at `x`, shape (d,); a failure has no slope."""
        x = np.clip(x, self._low, self._high)
        if self._f.has_gradient:
            fx, own = self._f.with_gradient(x)
            return self._penalty(fx), np.zeros_like(x) if own is None else own
        points, lengths = neighbours(x, self._low, self._high)
        if self._f.workers > 1:
            fx, *around = self._f.map(np.vstack([x, points])).tolist()
        else:
            fx = self._f(x)
            around = self._f.map(points).tolist() if fx < math.inf else []
        if fx == math.inf:
            return self._penalty(fx), np.zeros_like(x)
        return self._penalty(fx), slopes(np.array(around) - fx, lengths)

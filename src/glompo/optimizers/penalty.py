"""A finite value for evaluations without one."""

from __future__ import annotations

import math
import sys

import numpy as np
from numpy.typing import NDArray

UNKNOWN = 1e10
"""Value of a failure while no valid evaluation is known."""


class Penalty:
    """Stands in for inf where a method computes with differences of values.

    A failed evaluation counts as worse than the worst valid one so far, by the range of the valid ones: far enough to
    be turned away, near enough not to ruin a model of the function. Adding a constant to the function adds it to every
    penalty once two valid values are known.
    """

    def __init__(self) -> None:
        self._best = math.inf
        self._worst = -math.inf

    def __call__(self, value: float) -> float:
        """Return `value` if it is finite, else what stands in for it."""
        if math.isfinite(value):
            self._best, self._worst = min(self._best, value), max(self._worst, value)
            return value
        if self._worst == -math.inf:
            return UNKNOWN
        return min(self._worst + (self._worst - self._best or max(abs(self._worst), 1.0)), sys.float_info.max)

    def batch(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the values, shape (n,), with what stands in for those that are not finite.

        The whole batch is looked at first, so that the order inside it does not matter.
        """
        for value in values[np.isfinite(values)].tolist():
            self(value)
        return np.array([self(value) for value in values.tolist()])

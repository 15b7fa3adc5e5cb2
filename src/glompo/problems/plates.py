"""Plates: whole surfaces of equal value."""

from __future__ import annotations

import numpy as np

from glompo.problems.base import Array, Problem


class ZeroSum(Problem):
    r"""Zero-sum function: the minimum is a plane without volume, one unit below everything around it.

    .. math::

        f(x) = \begin{cases} 0 & s = 0 \\ 1 + \sqrt{10000 |s|} & \text{otherwise} \end{cases}, \qquad s = \sum_i x_i

    Minimum 0 on the whole plane s = 0 (`min_x` is its point nearest the origin); bounds ±10. In floating point the sum
    of numbers that should cancel seldom is 0, so that |s| ≤ 10⁻¹³·d counts as 0; one step further the value is above 1.

    Source: Gavana, Global Optimization Benchmarks, "ZeroSum"; the square root covers the factor 10000.
    """

    _ROUNDING_PER_TERM = 1e-13

    @property
    def min_fx(self) -> float:
        """Lowest value inside the bounds."""
        return 0.0

    def _box(self) -> Array:
        return self._cube(-10.0, 10.0)

    def _place(self) -> Array:
        return np.zeros(self._dims)

    def _values(self, Z: Array) -> Array:
        distance = np.abs(Z.sum(axis=1))
        return np.where(distance <= self._ROUNDING_PER_TERM * self._dims, 0.0, 1.0 + np.sqrt(10000.0 * distance))

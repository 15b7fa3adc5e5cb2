"""Flat floors: the minimum lies at the end of a long, curved valley, or is a surface without volume."""

from __future__ import annotations

import numpy as np

from glompo.problems.base import Array, Problem


class Rosenbrock(Problem):
    r"""Rosenbrock's function: easy to reach the valley, hard to follow it.

    .. math:: f(x) = \sum_{i=1}^{d-1} 100 (x_{i+1} - x_i^2)^2 + (1 - x_i)^2

    Minimum 0 at x_i = 1; from d = 4 on there is a second, local minimum near (−1, 1, …, 1); bounds −5 to 10.

    Source: Jamil and Yang, arXiv:1308.4008, no. 105 (bounds ±30); bounds of Surjanovic and Bingham.
    """

    least_dims = 2
    _RANGE = (-5.0, 10.0)
    _AT = 1.0

    def _values(self, Z: Array) -> Array:
        here, following = Z[:, :-1], Z[:, 1:]
        return np.asarray((100.0 * (following - here * here) ** 2 + (1.0 - here) ** 2).sum(axis=1))


class ZeroSum(Problem):
    r"""Zero-sum function: the minimum is a plane without volume, one unit below everything around it.

    .. math::

        f(x) = \begin{cases} 0 & s = 0 \\ 1 + \sqrt{10000 |s|} & \text{otherwise} \end{cases}, \qquad s = \sum_i x_i

    Minimum 0 on the whole plane s = 0 (`min_x` is its point nearest the origin); bounds ±10. In floating point the sum
    of numbers that should cancel seldom is 0, so that |s| ≤ 10⁻¹³·d counts as 0; one step further the value is above 1.

    Source: Gavana, Global Optimization Benchmarks, "ZeroSum"; the square root covers the factor 10000.
    """

    _RANGE = (-10.0, 10.0)
    _AT = 0.0
    _ROUNDING_PER_TERM = 1e-13

    def _values(self, Z: Array) -> Array:
        distance = np.abs(Z.sum(axis=1))
        return np.where(distance <= self._ROUNDING_PER_TERM * self._dims, 0.0, 1.0 + np.sqrt(10000.0 * distance))

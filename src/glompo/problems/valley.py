"""Valleys: the minimum lies at the end of a long, curved, almost flat floor."""

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

    @property
    def min_fx(self) -> float:
        """Lowest value inside the bounds."""
        return 0.0

    def _box(self) -> Array:
        return self._cube(-5.0, 10.0)

    def _place(self) -> Array:
        return np.ones(self._dims)

    def _values(self, Z: Array) -> Array:
        here, following = Z[:, :-1], Z[:, 1:]
        values: Array = (100.0 * (following - here * here) ** 2 + (1.0 - here) ** 2).sum(axis=1)
        return values

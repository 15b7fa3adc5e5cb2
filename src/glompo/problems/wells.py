"""Wells: a few pits at given places, of given depth and width, in a plain."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from glompo.problems.base import Array, Problem


class Langermann(Problem):
    r"""Langermann's function: five damped rings of waves that overlap.

    .. math:: f(x) = -\sum_{i=1}^5 c_i \, e^{-s_i/\pi} \cos \pi s_i, \qquad s_i = (x_1 - a_i)^2 + (x_2 - b_i)^2

    with a = (3, 5, 2, 1, 7), b = (5, 2, 1, 4, 9), c = (1, 2, 5, 2, 3). Minimum −5.162126159964 at (2.002992, 1.006096);
    bounds 0 to 10; two parameters.

    Source: Gavana, "Langermann"; the same centres in Surjanovic and Bingham, who leave the sign out. Jamil and Yang,
    no. 68, give five centres in ten parameters: another function.
    """

    least_dims = most_dims = 2
    _RANGE = (0.0, 10.0)
    _LOWEST = -5.162126159963981
    _CENTRES: ClassVar[Array] = np.array([[3.0, 5.0], [5.0, 2.0], [2.0, 1.0], [1.0, 4.0], [7.0, 9.0]])
    _DEPTHS: ClassVar[Array] = np.array([1.0, 2.0, 5.0, 2.0, 3.0])

    def _place(self) -> Array:
        return np.array([2.0029921199344654, 1.0060959402921885])

    def _values(self, Z: Array) -> Array:
        square = ((Z[:, np.newaxis] - self._CENTRES) ** 2).sum(axis=2)
        return np.asarray(-(self._DEPTHS * np.exp(-square / np.pi) * np.cos(np.pi * square)).sum(axis=1))


class Shekel(Problem):
    r"""Shekel's foxholes: 5, 7 or 10 pits in four dimensions.

    .. math:: f(x) = -\sum_{i=1}^m \left[c_i + \sum_{j=1}^4 (x_j - a_{ij})^2\right]^{-1}

    Minimum −10.1531997 (m = 5), −10.4029406 (7), −10.5364098 (10), near (4, 4, 4, 4); bounds 0 to 10.

    Parameters
    ----------
    dims : int
        Always 4.
    m : {5, 7, 10}
        Number of pits.
    delay, shift
        See :class:`~glompo.problems.base.Problem`.

    Notes
    -----
    Source: Dixon and Szegö, Towards Global Optimisation 2 (1978); Jamil and Yang, arXiv:1308.4008, nos. 130 to 132.
    Row 7 is (5, 5, 3, 3), as there; Surjanovic and Bingham print (5, 3, 5, 3). Places and values were refined here by
    Newton's method.
    """

    least_dims = most_dims = 4
    _RANGE = (0.0, 10.0)
    _CENTRES: ClassVar[Array] = np.array(
        [
            [4.0, 4.0, 4.0, 4.0],
            [1.0, 1.0, 1.0, 1.0],
            [8.0, 8.0, 8.0, 8.0],
            [6.0, 6.0, 6.0, 6.0],
            [3.0, 7.0, 3.0, 7.0],
            [2.0, 9.0, 2.0, 9.0],
            [5.0, 5.0, 3.0, 3.0],
            [8.0, 1.0, 8.0, 1.0],
            [6.0, 2.0, 6.0, 2.0],
            [7.0, 3.6, 7.0, 3.6],
        ]
    )
    _WIDTHS: ClassVar[Array] = np.array([0.1, 0.2, 0.2, 0.4, 0.4, 0.6, 0.3, 0.7, 0.5, 0.5])
    _MINIMA: ClassVar[dict[int, tuple[float, tuple[float, float, float, float]]]] = {
        5: (-10.153199679058227, (4.000037152819676, 4.00013327659156, 4.000037152819676, 4.00013327659156)),
        7: (-10.40294056681866, (4.000572916185823, 4.000689366185305, 3.9994897088591506, 3.9996061588586316)),
        10: (-10.536409816692043, (4.000746531592046, 4.000592934138532, 3.9996633980403224, 3.9995098005868077)),
    }

    def __init__(
        self, dims: int = 4, *, m: int = 10, delay: float = 0.0, shift: ArrayLike | np.random.Generator | None = None
    ):
        if m not in self._MINIMA:
            raise ValueError(f"Shekel has m = 5, 7 or 10 pits, not {m!r}")
        self._m = m
        super().__init__(dims, delay=delay, shift=shift)

    @property
    def min_fx(self) -> float:
        """Lowest value inside the bounds."""
        return self._MINIMA[self._m][0]

    def _place(self) -> Array:
        return np.array(self._MINIMA[self._m][1])

    def _values(self, Z: Array) -> Array:
        square = ((Z[:, np.newaxis] - self._CENTRES[: self._m]) ** 2).sum(axis=2)
        return np.asarray(-(1.0 / (self._WIDTHS[: self._m] + square)).sum(axis=1))

"""Needles: the basin of the minimum is a tiny part of the box, and the rest gives no or a false direction."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from glompo.problems.base import Array, Problem


class Deceptive(Problem):
    r"""Deceptive function: almost everywhere the slope leads away from the minimum.

    .. math:: f(x) = -\left[\frac{1}{d} \sum_i g_i(x_i)\right]^\beta

    g_i is piecewise linear: 0.8 at 0, 0 at 0.8α_i, **1 at α_i**, 0 at (1 + 4α_i)/5, 0.8 at 1. With α_i = i/(d + 1) the
    minimum −1 lies at x = α; bounds 0 to 1. Outside, g_i keeps its value at the border, which no source defines.

    Parameters
    ----------
    dims : int
        Number of parameters, d.
    beta : float
        Exponent β > 0; larger makes the needle more pronounced.
    delay, shift
        See :class:`~glompo.problems.base.Problem`.

    Notes
    -----
    Source: Gavana, Global Optimization Benchmarks, "Deceptive". Its printed formula misses "+1" and "+4/5" in the third
    and fourth pieces; its code has them.
    """

    _RANGE = (0.0, 1.0)
    _LOWEST = -1.0

    def __init__(
        self,
        dims: int = 2,
        *,
        beta: float = 2.0,
        delay: float = 0.0,
        shift: ArrayLike | np.random.Generator | None = None,
    ):
        if not 0.0 < beta < np.inf:
            raise ValueError(f"beta is a finite positive number, not {beta!r}")
        self._beta = float(beta)
        super().__init__(dims, delay=delay, shift=shift)

    def _place(self) -> Array:
        return np.arange(1.0, self._dims + 1.0) / (self._dims + 1.0)

    def _values(self, Z: Array) -> Array:
        heights = np.empty_like(Z)
        for i, alpha in enumerate(self._place()):
            corners = (0.0, 0.8 * alpha, alpha, (1.0 + 4.0 * alpha) / 5.0, 1.0)
            heights[:, i] = np.interp(Z[:, i], corners, (0.8, 0.0, 1.0, 0.0, 0.8))
        return np.asarray(-(heights.mean(axis=1) ** self._beta))


class Easom(Problem):
    r"""Easom's function: flat but for one hole, a 10⁻⁴ part of the box.

    .. math:: f(x) = -\cos x_1 \cos x_2 \, e^{-(x_1 - \pi)^2 - (x_2 - \pi)^2}

    Minimum −1 at (π, π); bounds ±100; two parameters.

    Source: Jamil and Yang, arXiv:1308.4008, no. 50; Surjanovic and Bingham, "Easom Function".
    """

    least_dims = most_dims = 2
    _RANGE = (-100.0, 100.0)
    _LOWEST = -1.0
    _AT = np.pi

    def _values(self, Z: Array) -> Array:
        return np.asarray(-np.cos(Z).prod(axis=1) * np.exp(-((Z - np.pi) ** 2).sum(axis=1)))


class Michalewicz(Problem):
    r"""Function of Michalewicz: plateaus cut by steep valleys, d! local minima.

    .. math:: f(x) = -\sum_i \sin x_i \, \sin^{2m}\frac{i x_i^2}{\pi}

    Minimum −1.8013 for d = 2, −4.687658 for 5, −9.660152 for 10 (m = 10); bounds 0 to π. The terms are independent of
    each other, so that the minimum is computed exactly for every d and m.

    Parameters
    ----------
    dims : int
        Number of parameters, d.
    m : int
        Steepness, at least 1.
    delay, shift
        See :class:`~glompo.problems.base.Problem`.

    Notes
    -----
    Source: Surjanovic and Bingham, "Michalewicz Function"; Michalewicz, Genetic Algorithms + Data Structures =
    Evolution Programs (1992).
    """

    box_moves = True
    _RANGE = (0.0, np.pi)

    def __init__(
        self, dims: int = 2, *, m: int = 10, delay: float = 0.0, shift: ArrayLike | np.random.Generator | None = None
    ):
        if m < 1 or m != int(m):
            raise ValueError(f"m is a whole number, at least 1, not {m!r}")
        self._m = int(m)
        super().__init__(dims, delay=delay, shift=shift)

    @property
    def min_fx(self) -> float:
        """Lowest value inside the bounds."""
        return float(self._values(self._place()[np.newaxis])[0])

    def _place(self) -> Array:
        return np.array([self._best_of_term(i) for i in range(1, self._dims + 1)])

    def _values(self, Z: Array) -> Array:
        index = np.arange(1, self._dims + 1)
        return np.asarray(-(np.sin(Z) * np.sin(index * Z * Z / np.pi) ** (2 * self._m)).sum(axis=1))

    def _best_of_term(self, i: int) -> float:
        """Return where −sin x · sin^2m(i x²/π) is lowest on [0, π].

        The second factor peaks at x_k = π√((k + ½)/i). Each peak of the product lies between x_k and the nearer of π/2
        and the next zero of the second factor, and only there the slope of its logarithm changes sign: bisect it.
        """

        def slope(x: Array) -> Array:
            """Derivative of ln(term), times sin·sin so that it stays finite."""
            angle = i * x * x / np.pi
            return np.cos(x) * np.sin(angle) + 4.0 * self._m * i * x / np.pi * np.sin(x) * np.cos(angle)

        k = np.arange(i)
        peak = np.pi * np.sqrt((k + 0.5) / i)
        uphill = peak < np.pi / 2.0
        near = peak.copy()
        far = np.where(
            uphill,
            np.minimum(np.pi * np.sqrt((k + 1.0) / i), np.pi / 2.0),
            np.maximum(np.pi * np.sqrt(k / i), np.pi / 2.0),
        )
        at_peak = np.sign(slope(near))
        for _ in range(60):
            middle = 0.5 * (near + far)
            same = np.sign(slope(middle)) == at_peak
            near, far = np.where(same, middle, near), np.where(same, far, middle)
        heights = np.sin(near) * np.sin(i * near * near / np.pi) ** (2 * self._m)
        return float(near[np.argmax(heights)])

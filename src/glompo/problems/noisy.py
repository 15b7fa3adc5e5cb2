"""Noise: two evaluations of the same point differ."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from glompo.problems.base import Array, Problem


class Stochastic(Problem):
    r"""Yang's stochastic function: a cone whose slopes are drawn anew at every evaluation.

    .. math:: f(x) = \sum_i \varepsilon_i \left|x_i - \frac1i\right|, \qquad \varepsilon_i \sim U(0, 1)

    Minimum 0 at x_i = 1/i, whatever the noise; bounds ±5.

    Parameters
    ----------
    dims : int
        Number of parameters, d.
    rng : numpy.random.Generator, int or None
        Source of the noise, as for :func:`numpy.random.default_rng`; None is unpredictable. A given generator is used,
        not copied. Copies made by pickling draw the same noise: give every process a problem with its own `rng`, for
        example from ``rng.spawn``.
    delay, shift
        See :class:`~glompo.problems.base.Problem`.

    Notes
    -----
    Source: Yang, arXiv:1008.0549 (2010), eq. for the stochastic function; Gavana, "Stochastic".
    """

    _RANGE = (-5.0, 5.0)

    def __init__(
        self,
        dims: int = 2,
        *,
        rng: np.random.Generator | int | None = None,
        delay: float = 0.0,
        shift: ArrayLike | np.random.Generator | None = None,
    ):
        self._rng = np.random.default_rng(rng)
        super().__init__(dims, delay=delay, shift=shift)

    def _place(self) -> Array:
        return 1.0 / np.arange(1.0, self._dims + 1.0)

    def _values(self, Z: Array) -> Array:
        return np.asarray((self._rng.random(Z.shape) * np.abs(Z - self._place())).sum(axis=1))

"""Sums of squares: functions that are the misfit of a model."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from glompo.problems.base import Array, Problem


class ExpLeastSquaresCost(Problem):
    r"""Misfit of a sum of exponentials: a small calibration with residuals.

    .. math:: f(p) = \sum_{k=1}^n r_k^2, \qquad r_k = \sum_i e^{-p_i u_k} - y_k

    The data y_k come from the same model with true parameters drawn from the inner 80 % of the box, at n points u_k
    drawn from [0, 3], plus normal noise. Without noise the minimum is 0 at the true parameters in any order (d!
    places), but other sets of exponents reproduce the data almost as well: such fits are ill-conditioned. With noise
    the minimum is unknown. Bounds ±2.

    Parameters
    ----------
    dims : int
        Number of exponentials, d.
    n_points : int
        Number of data points, n, at least 1.
    noise : float
        Standard deviation of the noise in the data, 0 or more.
    rng : numpy.random.Generator or int
        Source of true parameters, points and noise; used at construction only, so that evaluations repeat.
    delay, shift
        See :class:`~glompo.problems.base.Problem`.

    Notes
    -----
    Sums of exponentials as a hard fit: Lanczos, Applied Analysis (1956), ch. IV.23. The data are of our own making.
    """

    _RANGE = (-2.0, 2.0)

    def __init__(
        self,
        dims: int = 2,
        *,
        n_points: int = 20,
        noise: float = 0.0,
        rng: np.random.Generator | int = 0,
        delay: float = 0.0,
        shift: ArrayLike | np.random.Generator | None = None,
    ):
        if n_points < 1:
            raise ValueError(f"n_points is at least 1, not {n_points!r}")
        if not 0.0 <= noise < np.inf:
            raise ValueError(f"noise is a finite standard deviation, 0 or more, not {noise!r}")
        dims = self._checked_dims(dims)
        rng = np.random.default_rng(rng)
        self._noise = float(noise)
        self._truth = rng.uniform(-1.6, 1.6, dims)
        self._points = np.sort(rng.uniform(0.0, 3.0, n_points))
        self._data = self._model(self._truth[np.newaxis])[0] + noise * rng.standard_normal(n_points)
        super().__init__(dims, delay=delay, shift=shift)

    @property
    def min_fx(self) -> float | None:
        """Lowest value inside the bounds; None with noise."""
        return 0.0 if self._noise == 0.0 else None

    def residuals(self, x: ArrayLike) -> Array:
        """Return the residuals r_k at `x`, shape (d,) to (n_points,), without the delay; f is their sum of squares."""
        return np.asarray(self._model(self._unshifted(x)[np.newaxis])[0] - self._data)

    def detailed_call(self, x: ArrayLike) -> tuple[float, ...]:
        """Return f(x) followed by the residuals r_k, one evaluation with its delay."""
        value = self(x)
        return (value, *map(float, self.residuals(x)))

    def headers(self) -> Mapping[str, type]:
        """Return name and type of what :meth:`detailed_call` returns after the value."""
        return {f"residual_{k}": float for k in range(len(self._data))}

    def _place(self) -> Array | None:
        return self._truth.copy() if self._noise == 0.0 else None

    def _model(self, P: Array) -> Array:
        """Return the sum of exponentials at every data point, shape (n, d) to (n, n_points)."""
        return np.asarray(np.exp(-P[:, :, np.newaxis] * self._points).sum(axis=1))

    def _values(self, Z: Array) -> Array:
        return np.asarray(((self._model(Z) - self._data) ** 2).sum(axis=1))


class Trigonometric(Problem):
    r"""First trigonometric function: squares of coupled sines and cosines.

    .. math:: f(x) = \sum_{i=1}^d \left[d - \sum_j \cos x_j + i (1 - \cos x_i - \sin x_i)\right]^2

    Minimum 0 at the origin, a corner of the box; bounds 0 to π.

    Source: Jamil and Yang, arXiv:1308.4008, no. 153; Gavana, "Trigonometric01". Its ancestor, no. 26 of Moré, Garbow
    and Hillstrom, ACM Trans. Math. Softw. 7, 17 (1981), has i(1 − cos x_i) − sin x_i instead.
    """

    _RANGE = (0.0, np.pi)
    _AT = 0.0

    def _values(self, Z: Array) -> Array:
        index = np.arange(1, self._dims + 1)
        cosine = np.cos(Z)
        common = (1.0 - cosine).sum(axis=1, keepdims=True)
        return np.asarray(((common + index * (1.0 - cosine - np.sin(Z))) ** 2).sum(axis=1))

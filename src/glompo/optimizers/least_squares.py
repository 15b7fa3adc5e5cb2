"""Least squares: for tasks that tell their residuals, not only the sum of their squares."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.errors import SettingError, UserError
from glompo.optimizers.blocking import BlockingOptimizer, Leave, Objective
from glompo.optimizers.bundled import Function
from glompo.optimizers.capabilities import NATURAL
from glompo.optimizers.differences import neighbours, slopes
from glompo.optimizers.settings import one_of, options_of

METHODS = ("trf", "dogbox")
"""Methods of :func:`scipy.optimize.least_squares` that respect bounds."""

OPTIONS = {"ftol", "xtol", "gtol", "x_scale", "loss", "f_scale", "max_nfev", "tr_solver", "tr_options", "verbose"}
"""Arguments of :func:`scipy.optimize.least_squares` that `options` may hold."""


class LeastSquares(BlockingOptimizer):
    r"""Minimise a sum of squared residuals with :func:`scipy.optimize.least_squares`.

    The task must define ``detailed_call(x) -> (fx, *residuals)``; one call counts as one evaluation. With the residuals
    r_j a step needs no second derivatives: the Hessian of the sum of squares is about 2·JᵀJ, where J has the
    derivatives of the residuals. J comes from forward differences with a step of 1e-7 of each parameter's range; its d
    points are one batch, of which `workers` are evaluated at a time.

    Parameters
    ----------
    method : {'trf', 'dogbox'}
        Trust region reflective (Branch, Coleman and Li, SIAM J. Sci. Comput. 21, 1, 1999), or dogleg in a box (Voglis
        and Lagaris, WSEAS 2004).
    columns : sequence of int, optional
        Which of the extra values of `detailed_call` are residuals, by position from 0; all of them by default. Arrays
        among them are flattened.
    options : mapping, optional
        Further keyword arguments of :func:`scipy.optimize.least_squares`: ftol, xtol, gtol, x_scale, loss, f_scale,
        max_nfev (evaluations without those for J), tr_solver, tr_options, verbose.
    **kwargs
        See :class:`~glompo.optimizer.BaseOptimizer`.

    Notes
    -----
    It minimises the squares of what it is told are residuals, and reports the value fx of the task; give residuals
    whose squares add up to fx, or at least fall with it.

    A step to a failed evaluation, or to one with a residual that is not finite, is taken back and the trust region
    shrunk; a failed difference is taken as no slope. If the starting point fails, it ends there without success.
    """

    capabilities = replace(NATURAL, batch=True, needs_bounds=True, residuals=True)

    def __init__(
        self,
        method: str = "trf",
        columns: Sequence[int] | None = None,
        options: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.method = one_of(self, "method", method, METHODS)
        self.columns = None if columns is None else _columns(columns)
        self.options = options_of(self, options, OPTIONS)

    def objective(self, function: Function) -> Residuals:
        """Return the residuals of the function."""
        return Residuals(self, function, self.columns)

    def search(self, f: Objective, x0: NDArray[np.float64], bounds: list[tuple[float, float]]) -> tuple[str, bool]:
        """Fit."""
        from scipy.optimize import least_squares

        assert isinstance(f, Residuals)
        low, high = np.array(bounds).T
        if f.at(x0) is None:
            return "the starting point has no finite residuals", False
        answer = least_squares(
            f.residuals,
            x0,
            jac=lambda x: f.jacobian(x, low, high),
            bounds=(low, high),
            method=self.method,
            **self.options,
        )
        return f"{self.method}: {answer.message}", bool(answer.success)


class Residuals(Objective):
    """Residuals of a function with ``detailed_call`` or, under a manager, ``map_detailed``.

    Parameters
    ----------
    optimizer : LeastSquares
        Whose evaluations these are.
    function : callable
        With ``map_detailed(X) -> [(fx, extras), ...]``, or ``detailed_call(x) -> (fx, *extras)``.
    columns : tuple of int or None
        Which extras are residuals; None for all.
    """

    def __init__(self, optimizer: BlockingOptimizer, function: Any, columns: tuple[int, ...] | None) -> None:
        super().__init__(optimizer, function)
        self._columns = columns
        self._many = getattr(function, "map_detailed", None)
        self._one = getattr(function, "detailed_call", None)
        if self._many is None and self._one is None:
            raise UserError(
                "LeastSquares needs residuals, but the task has no detailed_call; "
                "define detailed_call(x) -> (fx, *residuals), or use another optimizer"
            )
        self._last: tuple[bytes, NDArray[np.float64] | None] = (b"", None)
        self._size = 0

    def at(self, x: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """Return the residuals at `x`, shape (d,), as an array of shape (n,); None if there are none.

        The last point is remembered, since minimisers ask for it again.
        """
        key = x.tobytes()
        if key != self._last[0]:
            self._last = (key, self._all(x[np.newaxis])[0])
        return self._last[1]

    def residuals(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the residuals at `x`, or infinite ones."""
        found = self.at(x)
        return np.full(self._size, math.inf) if found is None else found

    def jacobian(
        self, x: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the derivatives of the residuals at `x`, shape (n, d)."""
        points, lengths = neighbours(x, low, high)
        here = self.residuals(x)
        columns = [
            np.zeros(self._size) if around is None else slopes(around - here, np.full(self._size, length))
            for around, length in zip(self._all(points), lengths.tolist(), strict=True)
        ]
        return np.stack(columns, axis=1)

    def _all(self, points: NDArray[np.float64]) -> list[NDArray[np.float64] | None]:
        found: list[NDArray[np.float64] | None] = []
        size = len(points) if self.workers > 1 else 1  # one at a time, so that a stop is heard between them
        for i in range(0, len(points), size):
            self.check()
            found += self._evaluated(points[i : i + size])
            if self._optimizer.heed():
                raise Leave
        return found

    def _evaluated(self, points: NDArray[np.float64]) -> list[NDArray[np.float64] | None]:
        if self._many is not None:
            answers = list(self._many(points))
        else:
            assert self._one is not None
            answers = [(fx, extras) for fx, *extras in map(self._one, points)]
        for x, (fx, _) in zip(points, answers, strict=True):
            if math.isfinite(fx):
                self._optimizer.note_best(x, float(fx))
        return [self._chosen(fx, extras) for fx, extras in answers]

    def _chosen(self, fx: float, extras: Sequence[Any]) -> NDArray[np.float64] | None:
        if not math.isfinite(fx) or not len(extras):  # without extras it failed, whatever stands in for its value
            return None
        chosen = extras if self._columns is None else [extras[i] for i in self._columns if i < len(extras)]
        if self._columns is not None and len(chosen) < len(self._columns):
            raise UserError(
                f"LeastSquares: detailed_call returned {len(extras)} extra values, columns are {self._columns}; "
                "give positions below that number"
            )
        residuals = np.concatenate([np.ravel(np.asarray(one, dtype=float)) for one in chosen])
        self._size = self._size or len(residuals)
        if len(residuals) != self._size:
            raise UserError(
                f"LeastSquares: the task gave {self._size} residuals, then {len(residuals)}; give as many at each point"
            )
        return residuals if np.isfinite(residuals).all() else None


def _columns(given: Any) -> tuple[int, ...]:
    try:
        columns = tuple(given)
    except TypeError:
        columns = ()
    if not columns or any(isinstance(i, bool) or not isinstance(i, int) or i < 0 for i in columns):
        raise SettingError(f"LeastSquares: columns is {given!r}; give whole numbers of 0 or more, or None for all")
    return columns

"""Least squares: for tasks that tell their residuals, not only the sum of their squares."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.details import details_of, offers_details, places_of, residual_call, residuals_among
from glompo.errors import SettingError, TaskContractError, UserError
from glompo.optimizers.blocking import BlockingOptimizer, Leave, Objective
from glompo.optimizers.bundled import Function
from glompo.optimizers.capabilities import NATURAL, UNDECLARED
from glompo.optimizers.differences import neighbours, slopes
from glompo.optimizers.libraries import Settings
from glompo.optimizers.options import one_of, options_of

METHODS = ("trf", "dogbox")
"""Methods of :func:`scipy.optimize.least_squares` that respect bounds."""

OPTIONS = {"ftol", "xtol", "gtol", "x_scale", "loss", "f_scale", "max_nfev", "tr_solver", "tr_options", "verbose"}
"""Arguments of :func:`scipy.optimize.least_squares` that `options` may hold."""

AGREEMENT = 1e-4
"""Relative difference between the value of the task and the sum of squares up to which they are the same."""

Answers = list[tuple[float, NDArray[np.float64] | None]]
"""Values and residuals; None where there are none."""

USUAL = {"x_scale": "jac"}
"""Options unless the user says otherwise: steps are measured by what they change, so that no unit matters."""

MANY = 2**31 - 1
"""Evaluations that are as good as unlimited."""


class LeastSquares(BlockingOptimizer):
    r"""Minimise a sum of squared residuals with :func:`scipy.optimize.least_squares`.

    The task must declare its residuals, see :mod:`glompo.details`; one call counts as one evaluation. With the
    residuals r_j a step needs no second derivatives: the Hessian of the sum of squares is about 2·JᵀJ, where J has the
    derivatives of the residuals. J comes from forward differences with a step of 1e-7 of each parameter's range; its d
    points are one batch, of which `workers` are evaluated at a time.

    Parameters
    ----------
    method : {'trf', 'dogbox'}
        Trust region reflective (Branch, Coleman and Li, SIAM J. Sci. Comput. 21, 1, 1999), or dogleg in a box (Voglis
        and Lagaris, WSEAS 2004).
    columns : sequence of str or int, optional
        Which of the extra values of `detailed_call` are residuals, by their names in `headers`, or by position from 0,
        instead of what the task declares. Arrays among them are flattened.
    options : mapping, optional
        Further keyword arguments of :func:`scipy.optimize.least_squares`: ftol, xtol, gtol, x_scale (``'jac'`` by
        default: the units of the parameters do not matter), loss, f_scale, max_nfev (evaluations without those for J,
        after which it is exhausted; under a manager any number by default), tr_solver, tr_options, verbose.
    **kwargs
        See :class:`~glompo.optimizer.BaseOptimizer`.

    Notes
    -----
    It minimises the sum of the squares, so this must be the value of the task: at the first point it is compared with
    it, and if they differ by more than a ten-thousandth, TaskContractError ends the run. Residuals of a method
    ``residuals(x)`` are evaluated alone, and the value is the sum of their squares; for the comparison the first point
    is evaluated once more, for the value of the task.

    A step to a failed evaluation, or to one with a residual that is not finite, is taken back and the trust region
    shrunk; a failed difference is taken as no slope. If the starting point fails, it ends there without success.
    """

    capabilities = replace(NATURAL, batch=True, residuals=True)

    def __init__(
        self,
        method: str = "trf",
        columns: Sequence[str | int] | None = None,
        options: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.method = one_of(self, "method", method, METHODS)
        self.columns = None if columns is None else _columns(columns)
        self.options = options_of(self, options, OPTIONS)
        if self.columns is not None:
            self.capabilities = replace(self.capabilities, residuals=False, details=True)

    def check_task(self, task: Any) -> None:
        """Refuse a task that has not the columns; called before a run is begun.

        Raises
        ------
        SettingError
            Naming the column, and those that there are.
        """
        if self.columns is not None:
            _places(self.columns, details_of(task).names)

    def objective(self, function: Function) -> Residuals:
        """Return the residuals of the function."""
        return Residuals(self, function, self.columns)

    @classmethod
    def libraries(cls, settings: Settings) -> tuple[str, ...]:
        """Return the modules that the search imports."""
        return ("glompo.optimizers.scipy_optimize",)

    def search(self, f: Objective, x0: NDArray[np.float64], bounds: list[tuple[float, float]]) -> tuple[str, bool]:
        """Fit."""
        from scipy.optimize import least_squares

        assert isinstance(f, Residuals)
        low, high = np.array(bounds).T
        if not f.begin(x0):
            return "the starting point has no finite residuals", False
        answer = least_squares(
            f.residuals,
            x0,
            jac=lambda x: f.jacobian(x, low, high),
            bounds=(low, high),
            method=self.method,
            **USUAL | ({"max_nfev": MANY} if self.managed else {}) | self.options,
        )
        return f"{self.method}: {answer.message}", bool(answer.success)


class Residuals(Objective):
    """Residuals of a function, which is that of a manager or the task itself.

    Parameters
    ----------
    optimizer : LeastSquares
        The optimizer that makes these evaluations.
    function : callable
        The function.
    columns : tuple of str and int, or None
        Which extras are residuals; None for what the task declares.

    Raises
    ------
    UserError
        If it has no residuals.
    """

    def __init__(self, optimizer: BlockingOptimizer, function: Any, columns: tuple[str | int, ...] | None) -> None:
        super().__init__(optimizer, function)
        managed = function if hasattr(function, "map_residuals") else _Alone(function)
        if columns is None and not (managed.details.method or managed.details.residuals):
            raise UserError(f"LeastSquares {UNDECLARED}")
        self._alone_first = columns is None and managed.details.method
        self._many: Callable[[NDArray[np.float64]], Answers] = managed.map_residuals
        if columns is not None:
            self._many = _Columns(managed, columns)
        self._last: tuple[bytes, NDArray[np.float64] | None] = (b"", None)
        self._values: list[float] = []
        self._size = 0

    def begin(self, x: NDArray[np.float64]) -> bool:
        """Evaluate the first point, shape (d,), and return whether it has finite residuals.

        Raises
        ------
        TaskContractError
            If the sum of their squares is not the value of the task.
        """
        value = self(x) if self._alone_first else math.nan
        if self._alone_first and not math.isfinite(value):
            return False
        residuals = self.at(x)
        if residuals is None:
            return False
        _compare(value if self._alone_first else self._values[0], float(residuals @ residuals))
        return True

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
        answers = self._many(points)
        for x, (fx, _) in zip(points, answers, strict=True):
            if math.isfinite(fx):
                self._optimizer.note_best(x, float(fx))
        self._values = [fx for fx, _ in answers]
        return [self._finite(fx, residuals) for fx, residuals in answers]

    def _finite(self, fx: float, residuals: NDArray[np.float64] | None) -> NDArray[np.float64] | None:
        if not math.isfinite(fx) or residuals is None:  # it failed, whatever stands in for its value
            return None
        self._size = self._size or len(residuals)
        if len(residuals) != self._size:
            raise TaskContractError(
                f"LeastSquares: the task gave {self._size} residuals, then {len(residuals)}; give as many at each point"
            )
        return residuals if np.isfinite(residuals).all() else None


class _Alone:
    """A task without a manager, with what the function of a manager offers."""

    def __init__(self, task: Any) -> None:
        self.details = details_of(task)
        self._task = task

    def map_detailed(self, X: NDArray[np.float64]) -> list[tuple[float, tuple[Any, ...]]]:
        if not offers_details(self._task):
            raise UserError("LeastSquares: columns are extra values of detailed_call, which the task has not")
        return [(fx, tuple(extras)) for fx, *extras in map(self._task.detailed_call, X)]

    def map_residuals(self, X: NDArray[np.float64]) -> Answers:
        if self.details.method:
            return [(found[0], found[-1]) for found in map(residual_call(self._task), X)]
        places = self.details.residuals
        assert places is not None  # asked of a task that declares residuals
        return [(fx, residuals_among(extras, places) if extras else None) for fx, extras in self.map_detailed(X)]


class _Columns:
    """Residuals that the user has named."""

    def __init__(self, function: Any, columns: tuple[str | int, ...]) -> None:
        self._function = function
        self._places = _places(columns, function.details.names)

    def __call__(self, X: NDArray[np.float64]) -> Answers:
        answers = self._function.map_detailed(X)
        return [(fx, self._among(extras) if extras else None) for fx, extras in answers]

    def _among(self, extras: Sequence[Any]) -> NDArray[np.float64]:
        try:
            return residuals_among(extras, self._places)
        except (SettingError, ValueError, TypeError) as error:
            raise TaskContractError(f"LeastSquares: {error}") from error


def _compare(value: float, squares: float) -> None:
    """Refuse residuals whose squares do not add up to the value of the task."""
    if math.isclose(value, squares, rel_tol=AGREEMENT):
        return
    why = "let the task return the sum of the squares, or declare the residuals that it is made of"
    if value > 0 and squares > 0:
        why += (
            f"; if it is always {value / squares:.6g} times that sum, multiply them by {math.sqrt(value / squares):.6g}"
        )
    raise TaskContractError(
        f"LeastSquares: at the first point the task returned {value:.10g}, but the squares of its residuals add up to "
        f"{squares:.10g}, and what is minimised is that sum; {why}"
    )


def _places(columns: tuple[str | int, ...], names: tuple[str, ...]) -> tuple[int, ...]:
    places = places_of(columns, names, "columns of LeastSquares")
    if names and max(places) >= len(names):
        raise SettingError(
            f"LeastSquares: columns are {columns}, but detailed_call returns {len(names)} extra values, "
            f"({', '.join(names)}); give their names, or positions below that number"
        )
    return places


def _columns(given: Any) -> tuple[str | int, ...]:
    try:
        columns = (given,) if isinstance(given, str) else tuple(given)
    except TypeError:
        columns = ()
    if not columns or any(isinstance(i, bool) or not isinstance(i, (int, str)) for i in columns):
        columns = ()
    if not columns or any(isinstance(i, int) and i < 0 for i in columns) or len(set(columns)) < len(columns):
        raise SettingError(
            f"LeastSquares: columns is {given!r}; give names in headers() or whole numbers of 0 or more, each once, or "
            "None for what the task declares"
        )
    return columns

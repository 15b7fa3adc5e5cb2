"""The minimisers of SciPy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.errors import SettingError
from glompo.optimizers.blocking import BlockingOptimizer

LOCAL = ("Nelder-Mead", "Powell", "COBYLA", "COBYQA", "L-BFGS-B", "SLSQP", "TNC")
"""Methods of :func:`scipy.optimize.minimize` that respect bounds."""

GLOBAL = ("differential_evolution", "dual_annealing", "shgo", "basinhopping", "direct")
"""Global minimisers of :mod:`scipy.optimize`."""

DIFFERENCE = 1e-7
"""Step of forward differences relative to a parameter's range: free of an offset in the parameters."""


class Scipy(BlockingOptimizer):
    """Run a minimiser of SciPy; each call of the function counts, also those for finite differences.

    Parameters
    ----------
    method : str
        One of `LOCAL` or `GLOBAL`, in any case.
    options : mapping, optional
        For a local method the `options` of :func:`scipy.optimize.minimize`, for a global one its keyword arguments.
        Where the method has a relative tolerance only in units of the parameters, they are those of the task.
    **kwargs
        See :class:`~glompo.optimizer.BaseOptimizer`.
    """

    def __init__(self, method: str = "Nelder-Mead", options: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.method = _method(method)
        self.options = dict(options or {})

    def search(
        self, f: Callable[[NDArray[np.float64]], float], x0: NDArray[np.float64], bounds: list[tuple[float, float]]
    ) -> tuple[str, bool]:
        """Call SciPy."""
        answer = self._local(f, x0, bounds) if self.method in LOCAL else self._global(f, x0, bounds)
        message = answer.message[0] if isinstance(answer.message, list) else answer.message
        return f"{self.method}: {message}", bool(getattr(answer, "success", True))

    def _local(
        self, f: Callable[[NDArray[np.float64]], float], x0: NDArray[np.float64], bounds: list[tuple[float, float]]
    ) -> Any:
        from scipy.optimize import minimize

        if self.method not in ("L-BFGS-B", "SLSQP", "TNC"):
            return minimize(f, x0, method=self.method, bounds=bounds, options=self.options)
        return minimize(
            _WithDifferences(f, bounds), x0, method=self.method, jac=True, bounds=bounds, options=self.options
        )

    def _global(
        self, f: Callable[[NDArray[np.float64]], float], x0: NDArray[np.float64], bounds: list[tuple[float, float]]
    ) -> Any:
        from scipy import optimize

        if self.method == "differential_evolution":
            return optimize.differential_evolution(f, bounds, **{"x0": x0, "rng": self.rng, **self.options})
        if self.method == "dual_annealing":
            return optimize.dual_annealing(f, bounds, **{"x0": x0, "rng": self.rng, **self.options})
        if self.method == "basinhopping":
            local = {"method": "L-BFGS-B", "jac": True, "bounds": bounds}
            options = {"rng": self.rng, "minimizer_kwargs": local, **self.options}
            return optimize.basinhopping(_WithDifferences(f, bounds), x0, **options)
        if self.method == "shgo":
            return optimize.shgo(f, bounds, **self.options)
        return optimize.direct(f, bounds, **self.options)


class _WithDifferences:
    """A function with its gradient from forward differences that stay inside the bounds."""

    def __init__(self, f: Callable[[NDArray[np.float64]], float], bounds: list[tuple[float, float]]) -> None:
        self._f = f
        self._low, self._high = np.array(bounds).T

    def __call__(self, x: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Return value and gradient at `x`, shape (d,)."""
        x = np.clip(x, self._low, self._high)
        fx = self._f(x)
        steps = DIFFERENCE * (self._high - self._low)
        steps = np.where(x + steps > self._high, -steps, steps)
        gradient = np.empty_like(x)
        for i, step in enumerate(steps):
            moved = x.copy()
            moved[i] += step
            rise = self._f(moved) - fx if np.isfinite(fx) else 0.0
            gradient[i] = rise / (moved[i] - x[i]) if np.isfinite(rise) else 0.0  # no slope is known towards a failure
        return fx, gradient


def _method(given: str) -> str:
    names = {name.lower(): name for name in (*LOCAL, *GLOBAL)}
    names["de"] = "differential_evolution"
    try:
        return names[given.lower()]
    except (KeyError, AttributeError):
        near = get_close_matches(str(given).lower(), names, 1)
        hint = f"did you mean {names[near[0]]!r}?" if near else f"use one of {', '.join((*LOCAL, *GLOBAL))}"
        raise SettingError(f"Scipy: method is {given!r}; {hint}") from None

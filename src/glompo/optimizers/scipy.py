"""The minimisers of SciPy."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.box import Box
from glompo.errors import SettingError
from glompo.optimizers.blocking import BlockingOptimizer, InUnitCube, Objective
from glompo.optimizers.capabilities import NATURAL, Capabilities
from glompo.optimizers.differences import WithGradient
from glompo.optimizers.libraries import Settings
from glompo.optimizers.options import one_of, options_of
from glompo.optimizers.penalty import Penalty
from glompo.validation import yes_or_no

LOCAL = ("Nelder-Mead", "Powell", "COBYLA", "COBYQA", "L-BFGS-B", "SLSQP", "TNC")
"""Methods of :func:`scipy.optimize.minimize` that respect bounds."""

GLOBAL = ("differential_evolution", "dual_annealing", "shgo", "basinhopping", "direct")
"""Global minimisers of :mod:`scipy.optimize`."""

GRADIENT = ("L-BFGS-B", "SLSQP", "TNC", "basinhopping")
"""Methods that are given forward differences, of which the d points are one batch."""

BATCH = (*GRADIENT, "differential_evolution", "shgo")
"""Methods that keep several evaluations in flight."""

MANY = 2**31 - 1
"""Iterations that are as good as unlimited, for those that count in C or Fortran."""

UNLIMITED: dict[str, dict[str, Any]] = {
    "Nelder-Mead": {"maxiter": math.inf, "maxfev": math.inf},
    "Powell": {"maxiter": math.inf, "maxfev": math.inf},
    "COBYLA": {"maxiter": 1_000_000_000},  # it warns of more
    "COBYQA": {"maxiter": MANY, "maxfev": MANY},
    "L-BFGS-B": {"maxiter": math.inf, "maxfun": math.inf},
    "SLSQP": {"maxiter": MANY},
    "TNC": {"maxfun": MANY},
    "differential_evolution": {"maxiter": MANY},
}
"""What lifts SciPy's limits, for methods that have a criterion of convergence and no table of a limit's size."""

NO_CONVERGENCE = {
    "dual_annealing": "Maximum number of iteration reached",
    "basinhopping": "requested number of basinhopping iterations completed",
}
"""How the methods begin that call the end of their iterations a success."""
LEAST = {"dual_annealing": 1e-6, "COBYLA": 1e-12}
"""Ranges that a method needs at least, because it has a length of its own: a candidate of the one keeps 1e-10 away from
a bound, the other takes parameters within 4e-16 for fixed."""

DECIDED = {
    *("func", "fun", "x0", "bounds", "args", "rng", "seed", "workers", "vectorized", "jac", "method"),
    *("eps", "finite_diff_rel_step"),  # SciPy's own differences are never used
}
"""Arguments of SciPy that this optimizer fills in itself."""

COBYQA_NAMES = {"f_target": "target", "initial_tr_radius": "radius_init", "final_tr_radius": "radius_final"}
"""Options that SciPy calls otherwise than the author of the method."""


class Scipy(BlockingOptimizer):
    """Run a minimiser of SciPy; each call of the function counts, also those for finite differences.

    Methods with gradients (L-BFGS-B, SLSQP, TNC, and basinhopping, which runs L-BFGS-B) get that of a task with a
    method ``gradient(x)``, which is one evaluation together with the value. Of other tasks they get forward
    differences with a step of 1e-7 of each parameter's range. With ``workers=k``, the points of a difference, a
    generation of differential_evolution and the simplices of shgo are evaluated k at a time; all other methods
    evaluate one point at a time, whatever `workers` is.

    Parameters
    ----------
    method : str
        One of `LOCAL` or `GLOBAL`, in any case; 'DE' is short for 'differential_evolution'.
    options : mapping, optional
        For a local method the `options` of :func:`scipy.optimize.minimize`, for a global one its keyword arguments.
        Tolerances and steps are in the units of the task, or shares of the ranges (`unit`). Not among them are what the
        run decides: function, bounds, starting point, random numbers and workers.
    unit : bool
        Whether the method sees every range as [0, 1]. It then does the same in all units, and a length such as COBYQA's
        `initial_tr_radius` is a share of each range.
    **kwargs
        See :class:`~glompo.optimizer.BaseOptimizer`.

    Notes
    -----
    Methods and their sources: https://docs.scipy.org/doc/scipy/reference/optimize.html. shgo and direct choose
    all their points themselves and leave x0 out; COBYQA moves an x0 that is nearer to a bound than its first radius
    (`initial_tr_radius`, 1). Differential evolution with several workers replaces its population
    once per generation (``updating='deferred'``), with one worker at every success.

    A method that runs out of iterations or evaluations is exhausted and has not converged. Under a manager the limits
    that SciPy sets by itself are lifted; those in `options` hold. They stay for dual_annealing and basinhopping, which
    have no other end, and for direct, which reserves memory for them.

    A failed evaluation counts as worse than the worst valid one so far, see
    :class:`~glompo.optimizers.penalty.Penalty`, and has no slope. A gradient method that starts at one ends there,
    without success.
    """

    capabilities = NATURAL
    chosen_by = "method"

    def __init__(
        self,
        method: str = "Nelder-Mead",
        options: Mapping[str, Any] | None = None,
        *,
        unit: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.unit = yes_or_no(self, "unit", unit)
        given = self.spelled(method) if isinstance(method, str) else method
        self.method = one_of(self, "method", given, (*LOCAL, *GLOBAL))
        known = _options_of_method(self.method) if options else ()
        self.options = options_of(f"Scipy({self.method!r})", options, known)
        self.capabilities = replace(
            Capabilities() if self.unit else self.capabilities,
            batch=self.method in BATCH,
            least_range=LEAST.get(self.method, self.capabilities.least_range),
            noise=self.method in ("differential_evolution", "dual_annealing"),
        )

    @classmethod
    def libraries(cls, settings: Settings) -> tuple[str, ...]:
        """Return the modules that the search imports."""
        return ("glompo.optimizers.scipy_optimize",)

    @classmethod
    def spelled(cls, algorithm: str) -> str:
        """Return the name of a method as SciPy writes it."""
        names = {"de": "differential_evolution", **{name.lower(): name for name in (*LOCAL, *GLOBAL)}}
        return names.get(algorithm.lower(), algorithm)

    def search(self, f: Objective, x0: NDArray[np.float64], bounds: list[tuple[float, float]]) -> tuple[str, bool]:
        """Call SciPy."""
        if self.unit:
            f, x0, bounds = InUnitCube(f, Box(bounds)), Box(bounds).unit(x0), [(0.0, 1.0)] * len(bounds)
        answer = self._local(f, x0, bounds) if self.method in LOCAL else self._global(f, x0, bounds)
        message = answer.message[0] if isinstance(answer.message, list) else answer.message
        out_of_steps = message.startswith(NO_CONVERGENCE.get(self.method, "\0"))
        return f"{self.method}: {message}", bool(answer.get("success", True)) and not out_of_steps

    @property
    def _settings(self) -> dict[str, Any]:
        """The user's options, and under a manager no limit of SciPy's own where it is not wanted."""
        return {**(UNLIMITED.get(self.method, {}) if self.managed else {}), **self.options}

    def _local(self, f: Objective, x0: NDArray[np.float64], bounds: list[tuple[float, float]]) -> Any:
        from scipy.optimize import minimize

        penalty = Penalty()
        low, high = np.array(bounds).T

        def one(x: NDArray[np.float64]) -> float:
            # COBYLA takes bounds for constraints, and may break them on its way
            return penalty(f(np.clip(x, low, high) if self.method == "COBYLA" else x))

        if self.method == "COBYQA":
            return cobyqa(one, x0, bounds, self._settings)
        if self.method not in GRADIENT:
            return minimize(one, x0, method=self.method, bounds=bounds, options=self._settings)
        function = WithGradient(f, bounds, penalty)
        return minimize(function, x0, method=self.method, jac=True, bounds=bounds, options=self._settings)

    def _global(self, f: Objective, x0: NDArray[np.float64], bounds: list[tuple[float, float]]) -> Any:
        from scipy import optimize

        penalty = Penalty()

        def one(x: NDArray[np.float64]) -> float:
            return penalty(f(x))

        if self.method == "differential_evolution":
            together = {"workers": _mapped(f, penalty), "updating": "deferred"} if f.workers > 1 else {}
            return optimize.differential_evolution(
                one, bounds, **{"x0": x0, "rng": self.rng, **together, **self._settings}
            )
        if self.method == "dual_annealing":
            return optimize.dual_annealing(one, bounds, **{"x0": x0, "rng": self.rng, **self.options})
        if self.method == "basinhopping":
            local = {"method": "L-BFGS-B", "jac": True, "bounds": bounds}
            options = {"rng": self.rng, "minimizer_kwargs": local, **self.options}
            return optimize.basinhopping(WithGradient(f, bounds, penalty), x0, **options)
        if self.method == "shgo":
            together = {"workers": _mapped(f, penalty)} if f.workers > 1 else {}
            return optimize.shgo(one, bounds, **together, **self.options)
        return optimize.direct(one, bounds, **self.options)


def cobyqa(
    fun: Callable[[NDArray[np.float64]], float],
    x0: NDArray[np.float64],
    bounds: list[tuple[float, float]],
    options: Mapping[str, Any],
) -> Any:
    """Return what ``scipy.optimize.minimize(fun, x0, method='COBYQA', ...)`` returns.

    SciPy holds one lock for a whole minimisation, up to version 1.17: a second one in the same process waits until the
    first has ended, and hears of no stop meanwhile. Its code needs no lock (https://github.com/scipy/scipy/pull/24466),
    so it is called without.

    Parameters
    ----------
    fun, x0, bounds, options
        As there; `x0` has the shape (d,).
    """
    from scipy import optimize

    try:
        from scipy._lib.cobyqa import minimize
    except ImportError:  # it has moved; versions in which it has moved have no lock
        return optimize.minimize(fun, x0, method="COBYQA", bounds=bounds, options=dict(options))
    low, high = np.array(bounds).T
    usual = {
        "maxfev": 500 * len(x0),
        "maxiter": 1000 * len(x0),
        "radius_init": 1.0,
        "radius_final": 1e-6,
        "feasibility_tol": 1e-8,
    }
    given = {COBYQA_NAMES.get(name, name): value for name, value in options.items()}
    return minimize(fun, x0, bounds=optimize.Bounds(low, high), options={**usual, **given})


def _mapped(f: Objective, penalty: Penalty) -> Callable[..., Any]:
    """Return `map` as SciPy calls it, for points in one batch; the function that it passes only wraps ours."""

    def mapped(_: Any, points: Iterable[Any]) -> list[float]:
        values: list[float] = penalty.batch(f.map([np.asarray(x, dtype=float) for x in points])).tolist()
        return values

    return mapped


def _options_of_method(method: str) -> set[str]:
    """Return the names of the options that SciPy documents for a method."""
    from glompo.optimizers.scipy_optimize import optimize

    if method in GLOBAL:
        decided = DECIDED - {"eps"} if method == "direct" else DECIDED
        return set(inspect.signature(getattr(optimize, method)).parameters) - decided
    text = optimize.show_options("minimize", method, disp=False)
    if not isinstance(text, str):
        raise SettingError(f"Scipy: this version of SciPy does not tell the options of {method}; leave options out")
    sections = re.split(r"^ *(\w+)\n *-{3,}$", text, flags=re.MULTILINE)  # title and text in turn
    titled = dict(zip(sections[1::2], sections[2::2], strict=True))
    section = titled.get("Options") or titled.get("Parameters", "")
    names = re.findall(r"^\s*(\w+(?:, \w+)*) : ", section, flags=re.MULTILINE)
    return {name for line in names for name in line.split(", ")} - DECIDED

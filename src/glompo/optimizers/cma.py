"""CMA-ES through pycma (Hansen, arXiv:1604.00772)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.errors import SettingError
from glompo.optimizer import MinimizeResult, evaluate_all
from glompo.optimizers.bundled import BundledOptimizer

SAMPLERS = ("full", "vd", "vkd")


class CMAOptimizer(BundledOptimizer):
    """Covariance matrix adaptation evolution strategy.

    The search runs in the unit cube, so that one `sigma0` fits parameters of any size. The starting point is
    evaluated first, then generations of `popsize` points, each in one batch. Its random numbers come from its own
    stream: other instances in the same process do not disturb it.

    Parameters
    ----------
    sigma0 : float
        Initial standard deviation relative to the range of each parameter.
    sampler : {'full', 'vd', 'vkd'}
        Covariance model: full matrix, or the restricted ones for many parameters.
    popsize : int, optional
        Points per generation; 4 + floor(3 ln d) by default, rounded up to a multiple of `workers` so that no slot
        idles.
    keep_files : bool
        Keep the output files of pycma in the current directory.
    force_injects : bool
        Take points of other optimizers into the next generation exactly as they are, instead of within the reach
        of the present distribution.
    injection_interval : int, optional
        Generations between two injections at least; any number by default.
    cma_options : mapping, optional
        Any other option of pycma, by its name there, for example ``{'tolfun': 1e-9}``.
    **kwargs
        See :class:`~glompo.optimizer.BaseOptimizer`.

    Notes
    -----
    pycma needs two parameters or more; with one, a second without effect is added. Failed evaluations (inf) rank
    behind the worst valid point of their generation.
    """

    def __init__(
        self,
        sigma0: float = 0.2,
        sampler: str = "full",
        popsize: int | None = None,
        keep_files: bool = False,
        force_injects: bool = False,
        injection_interval: int | None = None,
        cma_options: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if isinstance(sigma0, bool) or not isinstance(sigma0, (int, float)) or not 0 < sigma0 < math.inf:
            raise SettingError(f"CMAOptimizer: sigma0 is {sigma0!r}; give a positive number, a share of the range")
        if sampler not in SAMPLERS:
            raise SettingError(f"CMAOptimizer: sampler is {sampler!r}; use one of {', '.join(map(repr, SAMPLERS))}")
        _check_count("popsize", popsize, 3)
        _check_count("injection_interval", injection_interval, 1)
        self.sigma0 = float(sigma0)
        self.sampler = sampler
        self.popsize = popsize
        self.keep_files = keep_files
        self.force_injects = force_injects
        self.injection_interval = injection_interval
        self.cma_options = dict(cma_options or {})
        self.generation = 0
        self._waiting: NDArray[np.float64] | None = None
        self._injected_at = -math.inf
        self._box = _Cube([(0.0, 1.0)])

    def minimize(
        self, function: Callable[[NDArray[np.float64]], float], x0: NDArray[np.float64], bounds: Any
    ) -> MinimizeResult:
        """Evolve until a criterion of pycma holds or the manager stops it."""
        self._box = _Cube(bounds)
        x0 = np.array(x0, dtype=float)
        self._evaluate(function, [x0])  # before pycma is imported, which takes longer than a quick first evaluation
        if self.heed():
            return self.ended()
        strategy = self._strategy(x0)
        while not (criteria := strategy.stop()):
            self._inject_into(strategy)
            asked = strategy.ask()
            values = self._evaluate(function, [self._box.natural(u) for u in asked])
            strategy.tell(asked, _ranked(values))
            self.generation += 1
            if self.heed():
                return self.ended()
        return self.ended(", ".join(f"{name}={value}" for name, value in criteria.items()))

    def inject(self, x: NDArray[np.float64], fx: float) -> None:
        """Let the better point, shape (d,), take part in the next generation."""
        super().inject(x, fx)
        self._waiting = np.array(x, dtype=float)

    def _evaluate(
        self, function: Callable[[NDArray[np.float64]], float], points: list[NDArray[np.float64]]
    ) -> NDArray[np.float64]:
        values = np.array(evaluate_all(function, points))
        best = int(values.argmin())
        self.note_best(points[best], values[best])
        return values

    def _strategy(self, x0: NDArray[np.float64]) -> Any:
        import cma

        options = {
            "bounds": [0, 1],
            "popsize": self._popsize(len(x0)),
            "randn": _Normal(self.rng),
            "seed": np.nan,  # pycma then leaves the global generator alone
            "verbose": -9,
            "verb_log": 1 if self.keep_files else 0,
            **self.cma_options,
        }
        if self.sampler != "full":
            from cma import restricted_gaussian_sampler as restricted

            model = restricted.GaussVDSampler if self.sampler == "vd" else restricted.GaussVkDSampler
            options = model.extend_cma_options(options)
        return cma.CMAEvolutionStrategy(self._box.unit(x0), self.sigma0, options)

    def _popsize(self, dims: int) -> int:
        if self.popsize is not None:
            return self.popsize
        usual = 4 + int(3 * math.log(dims))
        return math.ceil(usual / self.workers) * self.workers

    def _inject_into(self, strategy: Any) -> None:
        rested = self.injection_interval is None or self.generation - self._injected_at >= self.injection_interval
        if self._waiting is not None and rested:
            strategy.inject([self._box.unit(self._waiting)], force=self.force_injects)
            self._waiting, self._injected_at = None, self.generation


class _Normal:
    """Standard normal numbers in the form in which pycma asks for them; can be pickled with its stream."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng

    def __call__(self, *shape: int) -> Any:
        return self._rng.standard_normal(shape)


class _Cube:
    """The box as the unit cube, of two dimensions at least."""

    def __init__(self, bounds: Any) -> None:
        self._low, self._high = np.array(bounds, dtype=float).T
        self._range = self._high - self._low

    def unit(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the point of the cube for `x`, shape (d,)."""
        u = np.clip((x - self._low) / self._range, 0.0, 1.0)
        return u if len(u) > 1 else np.append(u, 0.5)

    def natural(self, u: Any) -> NDArray[np.float64]:
        """Return `x`, shape (d,), for a point of the cube; rounding never leads outside."""
        part = np.asarray(u)[: len(self._low)]
        return np.asarray(np.clip(self._low + part * self._range, self._low, self._high))


def _ranked(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the values with failures just behind the worst valid one: pycma computes differences of them."""
    valid = np.isfinite(values)
    if valid.all():
        return values
    if not valid.any():
        return np.zeros_like(values)  # all alike: pycma soon stops in a region without any valid point
    worst, best = values[valid].max(), values[valid].min()
    return np.where(valid, values, worst + max(worst - best, abs(worst), 1.0))


def _check_count(name: str, value: int | None, at_least: int) -> None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < at_least):
        raise SettingError(f"CMAOptimizer: {name} is {value!r}; give a whole number of {at_least} or more, or None")

"""CMA-ES through the package cmaes (Nomura and Shibata, arXiv:2402.01373)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.box import Box, usual_population
from glompo.optimizers.capabilities import Capabilities
from glompo.optimizers.cma import ranked
from glompo.optimizers.libraries import Settings
from glompo.optimizers.options import one_of
from glompo.optimizers.stagnation import Stagnation
from glompo.optimizers.stepper import Stepper, StepperOptimizer
from glompo.optional import library
from glompo.validation import number, whole_number_or_none

VARIANTS = ("full", "separable", "adaptive")


class CMAES(StepperOptimizer):
    """Covariance matrix adaptation evolution strategy, a lean implementation with learning rate adaptation.

    The search runs in the unit cube; points outside are drawn again. The starting point is evaluated first, then
    generations of `popsize` points, each in one batch.

    Needs the package cmaes: ``pip install 'glompo[cmaes]'``.

    Parameters
    ----------
    sigma0 : float
        Initial standard deviation relative to the range of each parameter.
    popsize : int, optional
        Points per generation; 4 + floor(3 ln d) by default, rounded up to a multiple of `workers`.
    variant : {'full', 'separable', 'adaptive'}
        Full covariance matrix; diagonal one, for many parameters (Ros and Hansen, PPSN 2008); full one with a learning
        rate that adapts to multimodal and noisy functions (Nomura, Akimoto and Ono, arXiv:2304.03473).
    **kwargs
        See :class:`~glompo.optimizer.BaseOptimizer`.

    Notes
    -----
    It has converged when its steps are below 1e-8 of all ranges, when its values differ by rounding only, or when a
    narrow search gains nothing any more, as in numerical noise; see
    :class:`~glompo.optimizers.stagnation.Stagnation`. All of these are unchanged by f → a·f + b, a > 0.

    Failed evaluations (inf) rank behind the worst valid point of their generation. Points of other optimizers are noted
    and not used.
    """

    capabilities = Capabilities(batch=True, noise=True, resumes=True)

    def __init__(self, sigma0: float = 0.2, popsize: int | None = None, variant: str = "full", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        library(self, "cmaes", "cmaes")
        self.sigma0 = number(self, "sigma0", sigma0, 0.0, above=True)
        self.popsize = whole_number_or_none(self, "popsize", popsize, 3)
        self.variant = one_of(self, "variant", variant, VARIANTS)
        if self.variant == "separable":
            self.capabilities = replace(self.capabilities, least_dims=2)

    @classmethod
    def libraries(cls, settings: Settings) -> tuple[str, ...]:
        """Return the modules that the search imports."""
        return ("cmaes",)

    def stepper(self, x0: NDArray[np.float64], bounds: NDArray[np.float64]) -> Stepper:
        """Return the strategy before its first generation."""
        cmaes = library(self, "cmaes", "cmaes")
        box = Box(bounds)
        adaptive = {"lr_adapt": True} if self.variant == "adaptive" else {}
        strategy = (cmaes.SepCMA if self.variant == "separable" else cmaes.CMA)(
            mean=box.unit(x0),
            sigma=self.sigma0,
            bounds=np.array([(0.0, 1.0)] * box.dims),
            seed=int(self.rng.integers(2**32)),
            population_size=self.popsize or usual_population(box.dims, self.workers),
            **adaptive,
        )
        return _Generations(strategy, x0, box)


STEP = 1e-8
"""Steps in units of the ranges below which a search has converged."""


class _Generations(Stepper):
    def __init__(self, strategy: Any, x0: NDArray[np.float64], box: Box) -> None:
        self._strategy = strategy
        self._x0 = x0
        self._box = box
        self._asked: list[NDArray[np.float64]] | None = None
        self._stagnation = Stagnation(box.dims, strategy.population_size)
        self._generation = 0
        self._steps = np.inf

    def __getstate__(self) -> dict[str, Any]:
        """Return all of the state: pickled by itself, the strategy would leave out its random numbers."""
        kind = type(self._strategy)
        return {**vars(self), "_strategy": (kind, dict(vars(self._strategy)))}

    def __setstate__(self, state: dict[str, Any]) -> None:
        kind, attributes = state["_strategy"]
        vars(self).update(state, _strategy=kind.__new__(kind))
        vars(self._strategy).update(attributes)

    def ask(self, n: int) -> NDArray[np.float64]:
        if self._asked is None:
            return self._x0[np.newaxis]
        self._asked = [self._strategy.ask() for _ in range(self._strategy.population_size)]
        return self._box.natural(np.array(self._asked))

    def tell(self, points: NDArray[np.float64], values: NDArray[np.float64]) -> None:
        if self._asked:
            told, points = ranked(values), np.array(self._asked)
            self._stagnation.tell(points, told)
            self._steps = float(points.std(axis=0).max())
            self._generation += 1
            # it works with ranks; its tolerance of values is absolute, and is never reached by ranks that fall on
            order = told.argsort(kind="stable").argsort() - self._generation * len(told)
            self._strategy.tell(list(zip(self._asked, order.tolist(), strict=True)))
        self._asked = []

    def finished(self) -> str | None:
        if self._asked is None:
            return None
        if self._steps < STEP:
            return f"its steps are below {STEP:g} of the ranges"
        return "its criteria of convergence hold" if self._strategy.should_stop() else self._stagnation.reason()

"""Every bundled optimizer, in the forms in which it is tested, and ways to run it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from glompo.events import Evaluated
from glompo.exit_conditions import MaxOptimizersConverged, MaxOptimizersExhausted, MaxTotalFunctionCalls
from glompo.optimizers import (
    CMAES,
    AdaptiveRateMonteCarlo,
    Annealing,
    CMAOptimizer,
    FunctionOptimizer,
    GestGenerator,
    GridSampling,
    Nevergrad,
    Nlopt,
    OptunaSampler,
    Pygmo,
    RandomSampling,
    Scipy,
)
from glompo.optimizers.scipy import GLOBAL, LOCAL
from glompo.testing import simulate


@dataclass(frozen=True)
class Case:
    """One optimizer with settings with which it converges soon.

    Attributes
    ----------
    name : str
        Of the case.
    cls, settings
        What is built.
    package : str
        Whose version decides which points are asked for.
    close : tuple of float
        How near the minimum it must come on Rosenbrock's function and on ExpLeastSquaresCost, in two dimensions.
    calls : int
        Evaluations within which it must converge there.
    """

    name: str
    cls: Callable[..., Any]
    settings: dict[str, Any] = field(default_factory=dict)
    package: str = "numpy"
    close: tuple[float, float] = (1e-5, 1e-5)
    calls: int = 1500

    def __call__(self, **further: Any) -> Any:
        """Return a new instance, or skip the test if its library is missing."""
        module = {"gest-api": "gest_api"}.get(self.package, self.package)
        if find_spec(module) is None:  # without importing it: an optimizer imports less of it, and so do runs apart
            pytest.skip(reason=f"{self.cls.__name__} needs {self.package}")
        positional = [found() for found in self.settings.get("made", ())]
        named = {name: value for name, value in self.settings.items() if name != "made"}
        return self.cls(*positional, **named, **further)

    @property
    def version(self) -> str:
        """Version of the package, as far as it decides the points."""
        return f"{self.package} {version(self.package)}"


def coordinate_search(f, x0, bounds):
    """Improve one parameter after the other, by steps that get shorter."""
    low, high = np.array(bounds).T
    x, fx, step = np.array(x0), f(x0), 0.25 * (high - low)
    while (step > 1e-4 * (high - low)).any():
        before = fx
        around = [np.clip(x + sign * step * axis, low, high) for axis in np.eye(len(x)) for sign in (1, -1)]
        values = f.map(around)
        if values.min() < fx:
            x, fx = around[int(values.argmin())], values.min()
        if fx == before:
            step = step / 2


def drawn_around_the_best():
    """Return the class of a generator of the gest-api standard: normal draws around its best point."""
    from gest_api import Generator

    class AroundTheBest(Generator):
        returns_id = True

        def __init__(self, vocs, seed=0, ends=None):
            super().__init__(vocs)
            self.low, self.high = np.array(vocs.bounds).T
            self.rng = np.random.default_rng(seed)
            self.best, self.fx, self.seen, self.ends = (self.low + self.high) / 2, np.inf, 0, ends

        def _validate_vocs(self, vocs):
            if vocs.objective_names != ["f"]:
                raise ValueError("one objective")

        def suggest(self, num_points):
            wide = 0.3 * (self.high - self.low) * 0.97**self.seen
            drawn = self.rng.normal(self.best, wide, size=(num_points or 1, len(self.low)))
            return [
                {**{f"x{i}": float(v) for i, v in enumerate(x)}, "_id": k}
                for k, x in enumerate(np.clip(drawn, self.low, self.high))
            ]

        def ingest(self, results):
            for result in results:
                self.seen += 1
                if result["f"] < self.fx:
                    self.fx = result["f"]
                    self.best = np.array([result[f"x{i}"] for i in range(len(self.low))])

        def finalize(self):
            if self.ends is not None:
                self.ends.append(self.seen)

    return AroundTheBest


LOOSE = {"basinhopping": {"niter": 5}, "dual_annealing": {"maxiter": 60}, "differential_evolution": {"tol": 1e-3}}
POOR = {"COBYLA": (0.5, 1.0), "Powell": (0.5, 1e-6), "TNC": (1e-4, 1e-4), "direct": (1e-6, 1e-4)}

OURS = (
    Case("AdaptiveRateMonteCarlo", AdaptiveRateMonteCarlo, {"tol": 1e-3}, close=(10.0, 1e-3), calls=6000),
    Case("Annealing", Annealing, {"iters": 300}, close=(0.5, 0.5)),
    Case("CMAOptimizer", CMAOptimizer, package="cma"),
    Case("CMAOptimizer-surrogate", CMAOptimizer, {"surrogate": True}, "cma"),
    Case("CMAOptimizer-vkd", CMAOptimizer, {"sampler": "vkd"}, "cma", calls=2500),
    Case("FunctionOptimizer", FunctionOptimizer, {"minimiser": coordinate_search}, close=(10.0, 1e-3), calls=3000),
    Case("GridSampling", GridSampling, {"n": 12}, close=(5.0, 15.0)),
    Case("RandomSampling", RandomSampling, {"iters": 300}, close=(5.0, 1.0)),
)
SCIPY = (
    *(
        Case(
            f"Scipy-{method}",
            Scipy,
            {"method": method, "options": LOOSE.get(method)},
            "scipy",
            POOR.get(method, (1e-6, 1e-6)),
            calls=4500,
        )
        for method in (*LOCAL, *GLOBAL)
    ),
    Case(
        "Scipy-COBYQA-unit",
        Scipy,
        {"method": "COBYQA", "unit": True, "options": {"initial_tr_radius": 0.1}},
        "scipy",
        calls=4500,
    ),
)
EVALUATIONS = {"maxeval": 1200}
BORROWED = (
    Case("CMAES", CMAES, {}, "cmaes"),
    Case("CMAES-separable", CMAES, {"variant": "separable"}, "cmaes", (5.0, 1e-6), calls=2500),
    Case("CMAES-adaptive", CMAES, {"variant": "adaptive"}, "cmaes", calls=4000),
    Case("Nevergrad", Nevergrad, {"budget": 600}, "nevergrad", (0.5, 0.1)),
    Case("Nevergrad-OnePlusOne", Nevergrad, {"optimizer": "OnePlusOne", "budget": 600}, "nevergrad", (5.0, 0.1)),
    Case("Nevergrad-NelderMead", Nevergrad, {"optimizer": "NelderMead", "budget": 300}, "nevergrad"),
    Case("Nlopt-LN_BOBYQA", Nlopt, {}, "nlopt"),
    Case("Nlopt-LD_LBFGS", Nlopt, {"algorithm": "LD_LBFGS"}, "nlopt"),
    Case("Nlopt-GN_CRS2_LM", Nlopt, {"algorithm": "GN_CRS2_LM", "options": EVALUATIONS}, "nlopt", (1e-3, 1e-3)),
    Case("Nlopt-GN_MLSL", Nlopt, {"algorithm": "GN_MLSL", "options": EVALUATIONS}, "nlopt"),
    Case("OptunaSampler", OptunaSampler, {"trials": 60}, "optuna", (5.0, 5.0)),
    Case("Pygmo", Pygmo, {"generations": 100}, "pygmo", (1e-3, 1e-3), calls=2500),
    Case("Pygmo-pso_gen", Pygmo, {"algorithm": "pso_gen", "generations": 60}, "pygmo", (1e-2, 1e-2)),
)
GEST = Case("GestGenerator", GestGenerator, {"made": (drawn_around_the_best,)}, package="gest-api")
CASES = (*OURS, *SCIPY, *BORROWED)
"""Those that converge by themselves."""
ALL = (*CASES, GEST)


def case_of(name: str) -> Case:
    """Return the case of that name."""
    return next(case for case in ALL if case.name == name)


def run(optimizer, problem, calls, **settings):
    """Return a simulation that ends when the optimizer converges, or after `calls` evaluations."""
    settings = {"max_jobs": optimizer.workers, **settings}
    ends = MaxOptimizersConverged(1) | MaxOptimizersExhausted(1) | MaxTotalFunctionCalls(calls)
    return simulate([optimizer], ends, task=problem, **settings)


def asked(run):
    """Return all points and values of a simulation in the order of evaluation, shapes (n, d) and (n,)."""
    rows = [event for event in run.events if isinstance(event, Evaluated)]
    return np.concatenate([row.X for row in rows]), np.concatenate([row.f for row in rows])

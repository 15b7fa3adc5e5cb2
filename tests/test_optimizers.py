"""Is an optimizer GloMPO compatible? Add yours to AVAILABLE_CLASSES and see.

An entry is whatever ``glompo.minimize(optimizers=...)`` takes: a class, an instance as a template, or a tuple.
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

import glompo.optimizers
from glompo import BaseOptimizer
from glompo.errors import UserError
from glompo.optimizers import CMAOptimizer, FunctionOptimizer, RandomSampling, Scipy
from glompo.testing import OptimizerContract

from .testing.written import FromTheSeed, InTheEarlierSpelling


def one_plus_one(f, x0, bounds):
    """Search at random around the best point, as any minimiser does that knows nothing of us."""
    low, high = np.array(bounds).T
    rng = np.random.default_rng(0)
    x, fx, sigma = x0, f(x0), 0.2
    while sigma > 1e-3:
        y = np.clip(x + sigma * (high - low) * rng.normal(size=len(x)), low, high)
        fy = f(y)
        x, fx, sigma = (y, fy, sigma * 1.5) if fy < fx else (x, fx, sigma * 1.5**-0.25)


class Uniform:
    """A generator of the gest-api standard that suggests points at random."""

    def __init__(self, vocs, seed=0):
        self.domains = {name: variable.domain for name, variable in vocs.variables.items()}
        self.rng = np.random.default_rng(seed)

    def suggest(self, num_points):
        return [{name: self.rng.uniform(*pair) for name, pair in self.domains.items()} for _ in range(num_points or 1)]

    def ingest(self, results):
        assert all("f" in row for row in results)

    def finalize(self):
        pass


SETTINGS: dict[str, Any] = {
    "FunctionOptimizer": FunctionOptimizer(one_plus_one),
    "GestGenerator": (glompo.optimizers.GestGenerator, {"generator": Uniform}),
    "GridSampling": (glompo.optimizers.GridSampling, {"n": 5}),
    "OptunaSampler": (glompo.optimizers.OptunaSampler, {"trials": 100}),
}
"""Settings of the bundled classes that need some, or would take very long without."""

BUNDLED = [
    SETTINGS.get(name, getattr(glompo.optimizers, name))
    for name in glompo.optimizers.__all__
    if inspect.isclass(getattr(glompo.optimizers, name))
]

VARIANTS = [
    CMAOptimizer(workers=3),
    RandomSampling(iters=60),
    RandomSampling(workers=2),
    Scipy("L-BFGS-B"),
    Scipy("COBYLA"),
    Scipy("differential_evolution"),
]
"""Other settings of bundled ones, where they lead along another way."""

AVAILABLE_CLASSES = [*BUNDLED, *VARIANTS, FromTheSeed, InTheEarlierSpelling]


def name(entry: Any) -> str:
    """Return a name for the report."""
    cls = entry if inspect.isclass(entry) else entry[0] if isinstance(entry, tuple) else type(entry)
    if isinstance(entry, BaseOptimizer):
        args, kwargs = entry.template()
        settings = [getattr(one, "__name__", repr(one)) for one in args]
        return f"{cls.__name__}({', '.join([*settings, *(f'{key}={value}' for key, value in kwargs.items())])})"
    return cls.__name__


def installed(entry: Any) -> Any:
    """Return the entry, marked to be skipped if the library that it wraps is not installed."""
    cls, settings = (entry, {}) if inspect.isclass(entry) else entry if isinstance(entry, tuple) else (None, {})
    try:
        if cls is not None:
            cls(**settings)
    except UserError as error:
        if "pip install" not in str(error):
            raise
        return pytest.param(entry, marks=pytest.mark.skip(reason=str(error)))
    except TypeError as error:
        raise AssertionError(f"{error}; add it to SETTINGS") from error
    return entry


class TestSubclassGlompoCompatible(OptimizerContract):
    @pytest.fixture(params=[installed(entry) for entry in AVAILABLE_CLASSES], ids=[*map(name, AVAILABLE_CLASSES)])
    def optimizer(self, request: pytest.FixtureRequest) -> Any:
        return request.param


class TestWhoGoesOn(OptimizerContract):
    """One that was written to go on after loading does."""

    optimizer = FromTheSeed
    goes_on = True
    tolerance = 0.01

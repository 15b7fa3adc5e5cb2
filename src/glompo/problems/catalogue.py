"""The list of all problems by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from glompo.problems.base import Problem
from glompo.problems.clusters import LennardJones
from glompo.problems.fitting import ExpLeastSquaresCost, Trigonometric
from glompo.problems.needles import Deceptive, Easom, Michalewicz
from glompo.problems.noisy import Stochastic
from glompo.problems.plates import ZeroSum
from glompo.problems.rippled import Ackley, Alpine01, Griewank, Levy, Rastrigin
from glompo.problems.scattered import Alpine02, Qing, Rana, Schwefel, Shubert, StyblinskiTang, Vincent
from glompo.problems.valley import Rosenbrock
from glompo.problems.wells import Langermann, Shekel

_ALL: tuple[type[Problem], ...] = (
    Ackley,
    Alpine01,
    Alpine02,
    Deceptive,
    Easom,
    ExpLeastSquaresCost,
    Griewank,
    Langermann,
    LennardJones,
    Levy,
    Michalewicz,
    Qing,
    Rana,
    Rastrigin,
    Rosenbrock,
    Schwefel,
    Shekel,
    Shubert,
    Stochastic,
    StyblinskiTang,
    Trigonometric,
    Vincent,
    ZeroSum,
)


def catalogue() -> Mapping[str, type[Problem]]:
    """Return every problem class by its name, in alphabetical order; each can be constructed without arguments."""
    return MappingProxyType({kind.__name__: kind for kind in _ALL})

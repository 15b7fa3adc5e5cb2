"""Benchmark problems with known minima: something to try an optimizer, a stopper or a whole run on.

Every problem is a callable, picklable object with its bounds, its lowest value and (where known) a place of it:

>>> from glompo.problems import Schwefel
>>> task = Schwefel(dims=20)
>>> task.bounds.shape
(20, 2)
>>> abs(task(task.min_x) - task.min_fx) < 1e-9
True

Families: rippled bowls (Ackley, Alpine01, Griewank, Levy, Rastrigin), scattered minima (Alpine02, Qing, Rana, Schwefel,
Shubert, StyblinskiTang, Vincent), needles (Deceptive, Easom, Michalewicz), wells (Langermann, Shekel), valleys
(Rosenbrock), plates (ZeroSum), noise (Stochastic), sums of squares (ExpLeastSquaresCost, Trigonometric) and atomic
clusters (LennardJones).

Sources cited in the classes: M. Jamil and X.-S. Yang, A literature survey of benchmark functions for global
optimization problems, Int. J. Math. Model. Numer. Optim. 4, 150 (2013), arXiv:1308.4008 (numbers as there); A. Gavana,
Global Optimization Benchmarks and AMPGO, infinity77.net/global_optimization; S. Surjanovic and D. Bingham, Virtual
Library of Simulation Experiments, www.sfu.ca/~ssurjano.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from glompo.problems.base import Problem
from glompo.problems.clusters import LennardJones
from glompo.problems.fitting import ExpLeastSquaresCost, Trigonometric
from glompo.problems.flat import Rosenbrock, ZeroSum
from glompo.problems.needles import Deceptive, Easom, Michalewicz
from glompo.problems.noisy import Stochastic
from glompo.problems.rippled import Ackley, Alpine01, Griewank, Levy, Rastrigin
from glompo.problems.scattered import Alpine02, Qing, Rana, Schwefel, Shubert, StyblinskiTang, Vincent
from glompo.problems.wells import Langermann, Shekel

__all__ = [
    "Ackley",
    "Alpine01",
    "Alpine02",
    "Deceptive",
    "Easom",
    "ExpLeastSquaresCost",
    "Griewank",
    "Langermann",
    "LennardJones",
    "Levy",
    "Michalewicz",
    "Problem",
    "Qing",
    "Rana",
    "Rastrigin",
    "Rosenbrock",
    "Schwefel",
    "Shekel",
    "Shubert",
    "Stochastic",
    "StyblinskiTang",
    "Trigonometric",
    "Vincent",
    "ZeroSum",
    "catalogue",
]


def catalogue() -> Mapping[str, type[Problem]]:
    """Return every problem class by its name, in alphabetical order; each can be constructed without arguments."""
    return MappingProxyType({name: globals()[name] for name in __all__ if name not in ("Problem", "catalogue")})

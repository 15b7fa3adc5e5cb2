"""The algorithms of pygmo."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from glompo.box import Box
from glompo.optimizers.blocking import BlockingOptimizer, Objective
from glompo.optimizers.capabilities import Capabilities
from glompo.optimizers.libraries import Settings
from glompo.optimizers.options import one_of, options_of
from glompo.optimizers.penalty import Penalty
from glompo.optional import library
from glompo.validation import whole_number, whole_number_or_none

ALGORITHMS = (
    *("bee_colony", "cmaes", "compass_search", "de", "de1220", "gaco", "gwo", "ihs", "pso", "pso_gen", "sade", "sea"),
    *("sga", "simulated_annealing", "xnes"),
)
"""Algorithms for one objective that need no gradient and no further algorithm inside."""

BATCH = ("gaco", "pso_gen")
"""Algorithms that evaluate a generation together."""

CONVERGING = ("cmaes", "de", "de1220", "sade", "xnes")
"""Algorithms that end when their population has come together, in generations of one evaluation per point."""

GENERATIONS = 1000
"""Generations of the others, unless it is said."""

MANY = 1_000_000_000
"""Evaluations that are as good as unlimited."""


class Pygmo(BlockingOptimizer):
    """Run an algorithm of pygmo on one population.

    The population begins with x0, the other points are drawn uniformly. With ``workers=k``, gaco and pso_gen evaluate
    it and its generations k points at a time; all other algorithms evaluate one point at a time. The search runs in
    the unit cube.

    Needs pygmo: ``pip install 'glompo[pygmo]'``.

    Parameters
    ----------
    algorithm : str
        One of `ALGORITHMS`, in any case, for example 'sade', 'de1220', 'cmaes', 'pso_gen', 'bee_colony'.
    population : int
        Points of the population; most algorithms need 7 or more.
    generations : int
        Generations after which it is exhausted, if it has not converged before. By default any number under a manager
        for those that have tolerances (`CONVERGING`), else 1000; simulated_annealing and compass_search have none.
    options : mapping, optional
        Further arguments of the algorithm's class, except gen and seed. Those with a switch `force_bounds` have it
        on, and compass_search goes on to a range of 1e-6.
    **kwargs
        See :class:`~glompo.optimizer.BaseOptimizer`.

    Notes
    -----
    F. Biscani and D. Izzo, J. Open Source Softw. 5, 2338 (2020), and the sources that its documentation names for each
    algorithm. A failed evaluation counts as worse than the worst valid one so far, see
    :class:`~glompo.optimizers.penalty.Penalty`.
    """

    capabilities = Capabilities(noise=True)
    chosen_by = "algorithm"

    def __init__(
        self,
        algorithm: str = "sade",
        population: int = 20,
        generations: int | None = None,
        options: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        pygmo = library(self, "pygmo", "pygmo")
        self.algorithm = one_of(self, "algorithm", algorithm, ALGORITHMS)
        self.population = whole_number(self, "population", population, 1)
        self.generations = whole_number_or_none(self, "generations", generations, 1)
        self.options = options_of(self, options, _arguments(pygmo, self.algorithm) - {"gen", "seed"})
        self.capabilities = replace(self.capabilities, batch=self.algorithm in BATCH)

    @classmethod
    def libraries(cls, settings: Settings) -> tuple[str, ...]:
        """Return nothing: pygmo seeds its generators when it is loaded, and forks of one process would share them."""
        return ()

    def search(self, f: Objective, x0: NDArray[np.float64], bounds: list[tuple[float, float]]) -> tuple[str, bool]:
        """Evolve."""
        pygmo = library(self, "pygmo", "pygmo")
        problem = _Problem(f, Box(bounds))
        population = pygmo.population(pygmo.problem(problem), 0, seed=int(self.rng.integers(2**32)))
        others = self.rng.uniform(size=(self.population - 1, len(x0)))
        first = np.vstack([problem.box.unit(x0), others])
        together = self.capabilities.batch
        values = problem.values(first) if together else [problem.fitness(u)[0] for u in first]
        for u, value in zip(first, values, strict=True):
            population.push_back(u, [value])
        before = problem.count
        self._made(pygmo).evolve(population)
        done = problem.count - before
        return f"{self.algorithm} returned after {done} evaluations", self._converged(done)

    @property
    def _generations(self) -> int:
        if self.generations is not None:
            return self.generations
        return MANY if self.managed and self.algorithm in CONVERGING else GENERATIONS

    def _converged(self, done: int) -> bool:
        """Return whether it ended by a criterion of its own; pygmo does not say, but a limit is used up."""
        if self.algorithm == "compass_search":
            return bool(done < self.options.get("max_fevals", MANY))
        return self.algorithm in CONVERGING and done < self._generations * self.population

    def _made(self, pygmo: Any) -> Any:
        known = _arguments(pygmo, self.algorithm)
        usual: dict[str, Any] = {
            "gen": self._generations,
            "seed": int(self.rng.integers(2**32)),
            "force_bounds": True,
            "max_fevals": MANY,
            "ker": min(63, self.population),
        }
        if self.algorithm == "compass_search":
            usual["stop_range"] = 1e-6
        algorithm = getattr(pygmo, self.algorithm)(**{k: v for k, v in usual.items() if k in known} | self.options)
        if self.algorithm in BATCH:
            algorithm.set_bfe(pygmo.bfe())
        return pygmo.algorithm(algorithm)


class _Problem:
    """The function in pygmo's form."""

    def __init__(self, f: Objective, box: Box) -> None:
        self._f = f
        self._penalty = Penalty()
        self.box = box
        self.count = 0

    def __deepcopy__(self, _: Any) -> Self:
        """Stay the same: pygmo copies problems, but the objective of a live optimizer has no copy."""
        return self

    def values(self, units: NDArray[np.float64]) -> list[float]:
        """Return the values at points of the cube, shape (n, d)."""
        self.count += len(units)
        found: list[float] = self._penalty.batch(self._f.map(self.box.natural(units))).tolist()
        return found

    def fitness(self, u: NDArray[np.float64]) -> list[float]:
        """Return the value at `u`, shape (d,)."""
        self.count += 1
        return [self._penalty(self._f(self.box.natural(u)))]

    def batch_fitness(self, units: NDArray[np.float64]) -> list[float]:
        """Return the values at points that follow each other in one vector, shape (n·d,)."""
        return self.values(units.reshape(-1, self.box.dims))

    def get_bounds(self) -> tuple[list[float], list[float]]:
        """Return the bounds of the cube."""
        return [0.0] * self.box.dims, [1.0] * self.box.dims


def _arguments(pygmo: Any, algorithm: str) -> set[str]:
    """Return the names of the arguments with which pygmo's documentation lists a class."""
    signature = str(getattr(pygmo, algorithm).__doc__).partition(")")[0]
    return set(re.findall(r"(\w+)\s*=", signature))

"""Those who are compared, each called as its own documentation does, with its own defaults.

A contestant is ``run(f, bounds, budget, seed)``: it minimises `f`, which raises :class:`Spent` once the budget is used,
and starts again where it ends before that.
"""

from __future__ import annotations

import math
import random
import shutil
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Function = Callable[[NDArray[np.float64]], float]
Contestant = Callable[[Function, NDArray[np.float64], int, int], None]


UNEVEN = 0.003
"""Seconds of an evaluation in the median, where they take uneven times."""


class Spent(Exception):
    """The budget is used up."""


def glompo(seconds: float = 0.0, gradient: bool = False, **settings: Any) -> Contestant:
    """Return GloMPO with the given settings.

    It runs in its deterministic mode, or with threads whose evaluations land in any order: each takes a lognormal time
    with σ = 1, in the median `seconds`. With `gradient` the task declares its gradient.
    """

    def run(f: Function, bounds: NDArray[np.float64], budget: int, seed: int) -> None:
        import glompo as library
        from glompo.exit_conditions import TargetFunctionValue

        folder = Path(tempfile.mkdtemp())

        def task(x: NDArray[np.float64]) -> float:
            try:
                value = f(x)
            except Spent:
                return math.inf  # solved: what else the run does is of no account
            if seconds:
                time.sleep(random.lognormvariate(math.log(seconds), 1.0))
            return value

        if gradient:
            task.gradient = f.gradient  # type: ignore[attr-defined]
        given = {name: value(len(bounds)) if callable(value) else value for name, value in settings.items()}
        try:
            library.minimize(
                task,
                bounds,
                max_evaluations=budget,
                exit_conditions=TargetFunctionValue(f.solved_at, atol=0.0),  # type: ignore[attr-defined]  # saves time
                rng=seed,
                deterministic=not seconds,
                durability="none",
                working_dir=folder / "run",
                **given,
            )
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    return run


def without(*names: str, modelled: bool = True) -> Callable[[int], Any]:
    """Return the default portfolio without some of its regimes, or without its surrogate: what each is good for."""

    def portfolio(dims: int) -> Any:
        from glompo.optimizers import CMAOptimizer
        from glompo.portfolio import Portfolio, Regime
        from glompo.portfolio.default import default_portfolio
        from glompo.selectors import BIPOPSelector
        from glompo.stoppers import CatchUp

        regimes = {name: one for name, one in default_portfolio(dims).regimes.items() if name not in names}
        if not modelled:
            plain = BIPOPSelector(CMAOptimizer())
            regimes["base"] = Regime("base", plain, 0.88, stopper=CatchUp(), success=1.0)
        return Portfolio(*regimes.values())

    return portfolio


def downhill(dims: int) -> Any:
    """Return the default portfolio for a task with a gradient, with hops from the best point only."""
    from glompo.generators import IncumbentHops
    from glompo.portfolio import Portfolio, Regime
    from glompo.portfolio.default import default_portfolio

    base, local, annealing = default_portfolio(dims, gradient=True).regimes.values()
    return Portfolio(
        base, Regime("local", local.selector, local.share, IncumbentHops(), stopper=local.stopper), annealing
    )


def unmanaged(dims: int) -> Any:
    """Return CMA-ES with the settings of the library, one search after the other."""
    from glompo.optimizers import CMAOptimizer

    return CMAOptimizer


def published(dims: int) -> Any:
    """Return the optimizer of the published example: a CMA-ES that begins with half of the range."""
    from glompo.optimizers import CMAOptimizer

    return (CMAOptimizer, {"sigma0": 0.5})


def published_stoppers(dims: int) -> Any:
    """Return the stoppers of the published example."""
    from glompo.stoppers import BestUnmoving, EvaluationsUnmoving, ParameterDistance, ValueAnnealing

    unmoving = (BestUnmoving(100, 0.01) & ValueAnnealing()) | EvaluationsUnmoving(100, 0.01)
    return unmoving | ParameterDistance(relative_distance=0.05)


def pycma(**options: Any) -> Contestant:
    """Return pycma's restarts: ``bipop=True``, or growing populations."""

    def run(f: Function, bounds: NDArray[np.float64], budget: int, seed: int) -> None:
        import cma

        low, high = bounds.T
        rng = np.random.default_rng(seed)
        np.random.seed(seed)  # noqa: NPY002 - pycma draws from it
        while True:
            cma.fmin2(
                lambda u: f(low + np.asarray(u) * (high - low)),
                lambda: rng.uniform(size=len(bounds)),
                0.2,
                {"bounds": [0, 1], "verbose": -9, "verb_log": 0, "maxfevals": budget, "seed": np.nan},
                restarts=9,
                **options,
            )

    return run


def pycma_surrogate(f: Function, bounds: NDArray[np.float64], budget: int, seed: int) -> None:
    """Run pycma's own lq-CMA-ES, again and again from random points."""
    import cma

    low, high = bounds.T
    rng = np.random.default_rng(seed)
    np.random.seed(seed)  # noqa: NPY002 - pycma draws from it
    while True:
        cma.fmin_lq_surr(
            lambda u: f(low + np.asarray(u) * (high - low)),
            rng.uniform(size=len(bounds)),
            0.2,
            {"bounds": [0, 1], "verbose": -9, "verb_log": 0, "seed": np.nan, "maxfevals": budget},
        )


def scipy_evolution(f: Function, bounds: NDArray[np.float64], budget: int, seed: int) -> None:
    """Run SciPy's differential evolution, again and again."""
    from scipy.optimize import differential_evolution

    rng = np.random.default_rng(seed)
    while True:
        differential_evolution(f, bounds, rng=rng)


def scipy_annealing(f: Function, bounds: NDArray[np.float64], budget: int, seed: int) -> None:
    """Run SciPy's dual annealing, again and again."""
    from scipy.optimize import dual_annealing

    rng = np.random.default_rng(seed)
    while True:
        dual_annealing(f, bounds, rng=rng)


def scipy_hopping(f: Function, bounds: NDArray[np.float64], budget: int, seed: int) -> None:
    """Run SciPy's basin hopping with L-BFGS-B, again and again from random points."""
    from scipy.optimize import basinhopping

    rng = np.random.default_rng(seed)
    low, high = bounds.T
    while True:
        basinhopping(
            f,
            rng.uniform(low, high),
            minimizer_kwargs={"method": "L-BFGS-B", "bounds": bounds},
            rng=rng,
        )


def scipy_restarts(f: Function, bounds: NDArray[np.float64], budget: int, seed: int) -> None:
    """Run L-BFGS-B with SciPy's forward differences from random points."""
    from scipy.optimize import minimize

    rng = np.random.default_rng(seed)
    low, high = bounds.T
    while True:
        minimize(f, rng.uniform(low, high), method="L-BFGS-B", bounds=bounds)


def nevergrad(name: str) -> Contestant:
    """Return an optimizer of Nevergrad, told its budget."""

    def run(f: Function, bounds: NDArray[np.float64], budget: int, seed: int) -> None:
        import nevergrad as ng

        low, high = bounds.T
        space = ng.p.Array(init=(low + high) / 2).set_bounds(low, high)
        space.random_state.seed(seed)
        optimizer = ng.optimizers.registry[name](space, budget=budget)
        while True:
            asked = optimizer.ask()
            optimizer.tell(asked, f(asked.value))

    return run


def optuna(sampler: str) -> Contestant:
    """Return a sampler of Optuna."""

    def run(f: Function, bounds: NDArray[np.float64], budget: int, seed: int) -> None:
        import optuna as library

        library.logging.set_verbosity(library.logging.ERROR)
        study = library.create_study(sampler=getattr(library.samplers, sampler)(seed=seed))
        while True:
            trial = study.ask()
            x = np.array([trial.suggest_float(str(i), *pair) for i, pair in enumerate(bounds.tolist())])
            study.tell(trial, f(x))

    return run


def pygmo(f: Function, bounds: NDArray[np.float64], budget: int, seed: int) -> None:
    """Run CMA-ES and two kinds of differential evolution of pygmo in turn on migrating populations."""
    import pygmo as pg

    class Problem:
        def fitness(self, x: NDArray[np.float64]) -> list[float]:
            return [f(x)]

        def get_bounds(self) -> tuple[list[float], list[float]]:
            return bounds[:, 0].tolist(), bounds[:, 1].tolist()

    kinds = [pg.cmaes(gen=20, force_bounds=True, seed=seed), pg.sade(gen=20, seed=seed), pg.de1220(gen=20, seed=seed)]
    islands = [pg.population(pg.problem(Problem()), size=20, seed=seed + i) for i in range(len(kinds))]
    while True:
        for i, kind in enumerate(kinds):
            islands[i] = pg.algorithm(kind).evolve(islands[i])
        best = min(islands, key=lambda one: one.champion_f[0])
        for one in islands:
            if one is not best:
                one.set_xf(int(one.worst_idx()), best.champion_x, best.champion_f)


def fcmaes(f: Function, bounds: NDArray[np.float64], budget: int, seed: int) -> None:
    """Run the alternating differential evolution and CMA-ES of fcmaes."""
    from fcmaes import cmaes, de
    from numpy.random import PCG64DXSM, Generator
    from scipy.optimize import Bounds

    spent = False

    def task(x: NDArray[np.float64]) -> float:
        nonlocal spent
        try:
            return f(x)
        except Spent:  # an exception does not come through its compiled code
            spent = True
            return math.inf

    box = Bounds(*bounds.T)
    rng = Generator(PCG64DXSM(seed))
    while not spent:
        found = de.minimize(task, len(bounds), box, max_evaluations=max(100, budget // 10), rg=rng)
        cmaes.minimize(task, box, found.x, max_evaluations=max(100, budget // 5), rg=rng)


CONTESTANTS: dict[str, Contestant] = {
    "glompo": glompo(),
    "glompo-4": glompo(max_jobs=4),
    "glompo-16": glompo(max_jobs=16),
    "glompo-64": glompo(max_jobs=64),
    "glompo-4-uneven": glompo(seconds=UNEVEN, max_jobs=4),
    "glompo-16-uneven": glompo(seconds=UNEVEN, max_jobs=16),
    "glompo-gradient": glompo(gradient=True),
    "glompo-gradient-downhill": glompo(gradient=True, optimizers=downhill),
    "glompo-unmanaged": glompo(max_jobs=1, optimizers=unmanaged, stoppers=()),
    "glompo-published": glompo(max_jobs=4, optimizers=published, stoppers=published_stoppers),
    "glompo-without-surrogate": glompo(optimizers=without(modelled=False)),
    "glompo-without-local": glompo(optimizers=without("local")),
    "glompo-without-annealing": glompo(optimizers=without("annealing")),
    "glompo-base-alone": glompo(optimizers=without("local", "annealing")),
    "pycma-bipop": pycma(bipop=True),
    "pycma-ipop": pycma(incpopsize=2),
    "pycma-lq": pycma_surrogate,
    "scipy-de": scipy_evolution,
    "scipy-annealing": scipy_annealing,
    "scipy-hopping": scipy_hopping,
    "scipy-lbfgsb": scipy_restarts,
    "nevergrad-ngopt": nevergrad("NGOpt"),
    "nevergrad-tuned": nevergrad("NgIohTuned"),
    "optuna-cma": optuna("CmaEsSampler"),
    "optuna-gp": optuna("GPSampler"),
    "pygmo": pygmo,
    "fcmaes": fcmaes,
}

warnings.filterwarnings("ignore")

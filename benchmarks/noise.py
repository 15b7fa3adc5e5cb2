"""What a search of CMA-ES costs in numerical noise, and how far it comes without: ``python benchmarks/noise.py``."""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from glompo.optimizers import CMAES, CMAOptimizer
from glompo.optimizers.stepper import StepperOptimizer

Point = NDArray[np.float64]


def sphere(x: Point) -> float:
    return float(np.sum((x - 0.7) ** 2))


def ellipsoid(x: Point) -> float:
    return float(np.sum(10 ** (6 * np.arange(len(x)) / (len(x) - 1)) * (x - 0.7) ** 2))


def rosenbrock(x: Point) -> float:
    return float(np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2))


def rastrigin(x: Point) -> float:
    return float(np.sum(x**2 - 10 * np.cos(2 * np.pi * x) + 10))


def searched(
    optimizer: StepperOptimizer, f: Callable[[Point], float], dims: int, noise: float, most: int
) -> tuple[int, float, str]:
    """Return the evaluations of one search, how far its best place lies above the minimum 0, and why it ended."""
    rng = optimizer.rng
    bounds = np.array([(-5.12, 5.12)] * dims)
    stepper = optimizer.stepper(rng.uniform(-5.12, 5.12, dims), bounds)
    calls, best = 0, np.inf
    while (why := stepper.finished()) is None and calls < most:
        points = stepper.ask(1)
        true = np.array([f(x) for x in points])
        best = min(best, float(true.min()))
        values = true if not noise else (1.0 + true) * (1.0 + noise * np.sin(1e9 * points.sum(axis=1)))
        calls += len(points)
        stepper.tell(points, values)
    return calls, best, why or "not ended"


def main() -> None:
    """Print medians over the seeds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--dims", type=int, nargs="+", default=[5, 10])
    parser.add_argument("--most", type=int, default=20_000, help="evaluations of one search at most")
    given = parser.parse_args()
    print(f"{'optimizer':13} {'function':11} {'d':>3} {'noise':>7} {'calls':>6} {'most':>6} {'median':>9} {'worst':>9}")
    for kind in (CMAOptimizer, CMAES):
        for f in (sphere, ellipsoid, rosenbrock, rastrigin):
            for dims in given.dims:
                for noise in (0.0, 1e-10, 1e-8, 1e-6):
                    runs = []
                    for seed in range(given.seeds):
                        optimizer = kind()
                        optimizer.rng = np.random.default_rng(seed)
                        runs.append(searched(optimizer, f, dims, noise, given.most))
                    calls, best = [run[0] for run in runs], [run[1] for run in runs]
                    print(
                        f"{kind.__name__:13} {f.__name__:11} {dims:3} {noise:7g} {np.median(calls):6.0f} "
                        f"{max(calls):6} {np.median(best):9.2g} {max(best):9.2g}",
                        flush=True,
                    )


if __name__ == "__main__":
    main()

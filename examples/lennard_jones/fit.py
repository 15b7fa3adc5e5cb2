"""Find the best packing of a few atoms: the global minimum of a Lennard-Jones cluster, from random starts.

Two searchers run side by side. Each goes from valley to valley; GloMPO stops one that has found nothing new for long
(unless it holds the best point) and starts another one somewhere else, until the published energy is reached.

    python fit.py
    python fit.py --atoms 10 --seed 7
    python fit.py --black-box --budget 1000000
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import OptimizeResult, minimize

import glompo
from glompo.optimizers import FunctionOptimizer
from glompo.problems import LennardJones
from glompo.stoppers import BestUnmoving

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Hopping:
    """Monotonic basin hopping: shake the best valley, walk down, keep what is lower.

    Leary, J. Glob. Optim. 18, 367 (2000); Wales and Doye, J. Phys. Chem. A 101, 5111 (1997), accept by temperature.

    Attributes
    ----------
    gradient : callable or None
        Derivative of the function, shape (d,) to (d,), which the task knows in closed form. None: L-BFGS-B takes finite
        differences, d further evaluations per step.
    shake : float
        Largest change of a coordinate per hop, in units of the function's parameters.
    hops : int or None
        Number of hops; None goes on until the caller stops it.
    """

    gradient: Callable[[Vector], Vector] | None = None
    shake: float = 0.4
    hops: int | None = None

    def __call__(self, f: Callable[[Vector], float], x0: Vector, bounds: Vector) -> OptimizeResult:
        """Minimise `f` from `x0`, shape (d,), within `bounds`, shape (d, 2); every call of `f` is one evaluation."""
        lower, upper = np.asarray(bounds, dtype=np.float64).T
        x0 = np.asarray(x0, dtype=np.float64)
        # The start decides the shakes: another start gives other ones, and the same start the same run again.
        rng = np.random.default_rng(np.frombuffer(x0.tobytes(), dtype=np.uint32))
        best = self._descend(f, x0, bounds)
        hop = 0
        while self.hops is None or hop < self.hops:
            hop += 1
            shaken = np.clip(best.x + rng.uniform(-self.shake, self.shake, len(x0)), lower, upper)
            found = self._descend(f, shaken, bounds)
            if found.fun < best.fun:
                best = found
        return best

    def _descend(self, f: Callable[[Vector], float], x: Vector, bounds: Vector) -> OptimizeResult:
        # Without a gradient one iteration costs d + 1 calls: SciPy's default limit of 15,000 would end it half-way.
        return minimize(f, x, jac=self.gradient, method="L-BFGS-B", bounds=bounds, options={"maxfun": 10**9})


def find(task: LennardJones, options: argparse.Namespace) -> glompo.Result:
    """Search for the published minimum of `task` until it is found or the budget is used up."""
    assert task.min_fx is not None, "the command line refuses sizes without a published minimum"
    minimiser = Hopping(gradient=None if options.black_box else task.gradient)
    patience = 40_000 if options.black_box else 4_000
    return glompo.minimize(
        task,
        task.bounds,
        optimizers=[FunctionOptimizer(minimiser)],
        stoppers=BestUnmoving(patience),
        max_evaluations=options.budget,
        target=task.min_fx + 1e-5,
        max_jobs=options.jobs,
        rng=options.seed,
        working_dir=options.dir,
        progress=True,
    )


def parsed(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Find the global minimum of a Lennard-Jones cluster.")
    parser.add_argument("--atoms", type=int, default=13, help="number of atoms (default 13)")
    parser.add_argument("--black-box", action="store_true", help="hide the gradient from the searchers")
    parser.add_argument("--budget", type=int, default=200_000, help="most evaluations (default 200,000)")
    parser.add_argument("--jobs", type=int, default=2, help="searchers at a time (default 2)")
    parser.add_argument("--seed", type=int, default=1, help="seed of all random numbers (default 1)")
    parser.add_argument("--dir", type=Path, default=Path("lennard_jones_run"), help="where the run is recorded")
    options = parser.parse_args(arguments)
    if LennardJones(options.atoms).min_fx is None:
        parser.error(
            f"no published minimum is known here for {options.atoms} atoms; take 2 to 26, 30, 38, 55, 75 or 98"
        )
    return options


def main(arguments: list[str] | None = None) -> None:
    """Run the search and say what it found."""
    options = parsed(arguments)
    task = LennardJones(options.atoms)
    result = find(task, options)
    print(f"{result.fx:.6f} after {result.nfev} evaluations; published: {task.min_fx:.6f} ({result.message})")
    for row in result.optimizers:
        print(f"  {row.opt_id}: {row.kind}, {row.evaluations} evaluations, best {row.best_f:.6f}, {row.how}")
    print(f"recorded in {result.run_dir}")


if __name__ == "__main__":
    main()

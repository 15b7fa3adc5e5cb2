"""How many evaluations it takes to find the lowest energy of Lennard-Jones clusters, from random starts.

Usage: ``python -m benchmarks.quality.clusters 8 13 --seeds 10``. The default portfolio runs until it has the lowest
energy to 1e-3 or its budget is used; one line for each run, and a line in the end of each cluster. It gets the energy
only, with ``--gradient`` the gradient as well; ``--bipop`` runs pycma's BIPOP in its place, on the energy.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import tempfile
from pathlib import Path

import numpy as np
from benchmarks.quality.contestants import CONTESTANTS, Spent
from benchmarks.quality.measure import Counted
from benchmarks.quality.problems import Problem
from numpy.typing import NDArray

import glompo
from glompo.exit_conditions import TargetFunctionValue
from glompo.problems import LennardJones

BUDGETS = {8: 20_000, 13: 150_000, 38: 2_000_000}
CLOSE = 1e-3
"""What is found, above the lowest energy."""


def found_after(atoms: int, seed: int, gradient: bool) -> int | None:
    """Return the evaluations after which the lowest energy was found, None if it was not."""
    energy = LennardJones(atoms)
    assert energy.min_fx is not None
    with tempfile.TemporaryDirectory() as folder:
        result = glompo.minimize(
            energy if gradient else energy.__call__,  # which declares nothing
            energy.bounds,
            max_evaluations=BUDGETS[atoms],
            exit_conditions=TargetFunctionValue(energy.min_fx + CLOSE, atol=0.0),
            rng=seed,
            deterministic=True,
            durability="none",
            working_dir=Path(folder) / "run",
        )
    return result.nfev if result.fx <= energy.min_fx + CLOSE else None


def found_by_bipop(atoms: int, seed: int) -> int | None:
    """Return the same for pycma's BIPOP."""
    energy = LennardJones(atoms)
    assert energy.min_fx is not None
    problem = Problem("Lennard-Jones", f"LJ{atoms}", energy, np.array(energy.bounds), energy.min_fx)
    counted = Counted(problem, BUDGETS[atoms])
    counted.solved_at = energy.min_fx + CLOSE

    def task(x: NDArray[np.float64]) -> float:
        if counted.best <= counted.solved_at:
            raise Spent
        return counted(x)

    with contextlib.suppress(Spent):
        CONTESTANTS["pycma-bipop"](task, problem.bounds, BUDGETS[atoms], seed)
    return counted.calls if counted.best <= counted.solved_at else None


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("atoms", nargs="+", type=int, choices=list(BUDGETS))
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--gradient", action="store_true", help="give the default portfolio the gradient, too")
    parser.add_argument("--bipop", action="store_true", help="run pycma's BIPOP instead")
    given = parser.parse_args()
    for atoms in given.atoms:
        needed = []
        for seed in range(1, given.seeds + 1):
            needed.append(found_by_bipop(atoms, seed) if given.bipop else found_after(atoms, seed, given.gradient))
            print(f"LJ{atoms} seed {seed}: {needed[-1] or 'not found'}", flush=True)
        found = [one for one in needed if one is not None]
        median = f", median {statistics.median(found):,.0f} evaluations" if found else ""
        ours = "with gradient" if given.gradient else "energy only"
        who = "pycma-bipop" if given.bipop else ours
        print(
            f"LJ{atoms}, {who}, within {BUDGETS[atoms]:,} evaluations: {len(found)} of {len(needed)}{median}",
            flush=True,
        )


if __name__ == "__main__":
    main()

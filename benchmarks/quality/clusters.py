"""How many evaluations it takes to find the lowest energy of Lennard-Jones clusters, from random starts.

Usage: ``python -m benchmarks.quality.clusters 8 13 --seeds 10``. The default portfolio runs until it has the lowest
energy to 1e-3 or its budget is used; one line for each run, and a line in the end of each cluster.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

import glompo
from glompo.exit_conditions import TargetFunctionValue
from glompo.problems import LennardJones

BUDGETS = {8: 20_000, 13: 150_000, 38: 1_000_000}


def found_after(atoms: int, seed: int) -> int | None:
    """Return the evaluations after which the lowest energy was found, None if it was not."""
    energy = LennardJones(atoms)
    assert energy.min_fx is not None
    with tempfile.TemporaryDirectory() as folder:
        result = glompo.minimize(
            energy,
            max_evaluations=BUDGETS[atoms],
            exit_conditions=TargetFunctionValue(energy.min_fx + 1e-3, atol=0.0),
            rng=seed,
            deterministic=True,
            durability="none",
            working_dir=Path(folder) / "run",
        )
    return result.nfev if result.fx <= energy.min_fx + 1e-3 else None


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("atoms", nargs="+", type=int, choices=list(BUDGETS))
    parser.add_argument("--seeds", type=int, default=10)
    given = parser.parse_args()
    for atoms in given.atoms:
        needed = []
        for seed in range(1, given.seeds + 1):
            needed.append(found_after(atoms, seed))
            print(f"LJ{atoms} seed {seed}: {needed[-1] or 'not found'}", flush=True)
        found = [one for one in needed if one is not None]
        median = f", median {statistics.median(found):,.0f} evaluations" if found else ""
        print(f"LJ{atoms} within {BUDGETS[atoms]:,} evaluations: {len(found)} of {len(needed)}{median}", flush=True)


if __name__ == "__main__":
    main()

"""The published run of GloMPO (Freitas Gustavo and Verstraelen, J. Cheminform. 14:7, 2022), over several seeds.

Schwefel's function in 20 dimensions; four CMA-ES at once with populations of 12 and a step of half the range; random
starts until 90 % of the budget; the three stoppers of the paper. Published for one run: -7371.404 (the optimum is
-8379.658), 18 started, 16 stopped, 1 converged, 121,200 evaluations although 121,116 were allowed.

The runs take place on the virtual clock of :mod:`glompo.testing`, where every evaluation takes as long as any other
and the stoppers are asked after each generation: as with an expensive function, and the same on every machine.

After the last start the run ends as soon as none lives, and the owner of the best point, whom no stopper may touch,
can still converge: then a part of the budget is left. With ``--no-convergence`` the criteria of CMA-ES itself are off,
so that the budget is the only end.

Run ``python benchmarks/published_run.py [SEEDS] [--no-convergence]`` for the tables of docs/performance.md.
"""

from __future__ import annotations

import argparse
import statistics

from glompo.exit_conditions import MaxTotalFunctionCalls
from glompo.optimizers import CMAOptimizer
from glompo.problems import Schwefel
from glompo.selectors import CycleSelector, IterSpawnStop
from glompo.stoppers import BestUnmoving, EvaluationsUnmoving, ParameterDistance, ValueAnnealing
from glompo.testing import simulate

BUDGET = 121_116

NEVER = {
    "maxiter": 10**9,
    "tolfun": 0,
    "tolfunhist": 0,
    "tolx": 0,
    "tolflatfitness": 10**9,
    "tolstagnation": 10**9,
    "tolxstagnation": False,
    "tolconditioncov": 1e300,
}
"""Options of pycma with which it never stops by itself."""


def run(seed: int, converges: bool = True) -> tuple[float, int, int, int, int]:
    """Return best value, evaluations, and optimizers started, stopped by a stopper and converged."""
    task = Schwefel(20)
    optimizer = CMAOptimizer(sigma0=0.5, popsize=12, cma_options=None if converges else NEVER)
    view = simulate(
        CycleSelector(optimizer, allow_spawn=IterSpawnStop(int(0.9 * BUDGET))),
        MaxTotalFunctionCalls(BUDGET),
        task=task,
        bounds=task.bounds,
        max_jobs=4,
        rng=seed,
        seconds=1.0,
        stoppers=(EvaluationsUnmoving(500, 0.01) & ValueAnnealing())
        | BestUnmoving(BUDGET // 15, 0.2)
        | ParameterDistance(task.bounds, 0.05),
        stopper_interval=12,
    ).view
    assert view.best is not None
    return view.best.f, view.calls, view.n_started, len(view.victims), view.n_converged


def main() -> None:
    """Print one row per seed, and the medians."""
    arguments = argparse.ArgumentParser(description=main.__doc__)
    arguments.add_argument("seeds", type=int, nargs="?", default=10)
    arguments.add_argument("--no-convergence", action="store_true")
    given = arguments.parse_args()
    print("| seed | best | evaluations | started | stopped | converged |\n|---:|---:|---:|---:|---:|---:|")
    rows = []
    for seed in range(given.seeds):
        rows.append(run(seed, not given.no_convergence))
        print(f"| {seed} | " + " | ".join(f"{value:.10g}" for value in rows[-1]) + " |", flush=True)
    middle = [statistics.median(column) for column in zip(*rows, strict=True)]
    print("| median | " + " | ".join(f"{value:.10g}" for value in middle) + " |")


if __name__ == "__main__":
    main()

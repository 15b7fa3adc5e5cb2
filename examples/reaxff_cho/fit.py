"""Fit the CHO force field that comes with LAMMPS to GFN2-xTB energies of small molecules.

    python examples/reaxff_cho/fit.py
    python examples/reaxff_cho/fit.py --evaluations 1000 --working-dir /tmp/fit --seed 7

The README beside this file says what to install and what to expect.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

import glompo
import glompo.show.plots
import pictures
from forcefield import ForceFieldError
from glompo.generators import IncumbentGenerator
from glompo.optimizers import CMAOptimizer, Scipy
from glompo.stoppers import BestUnmoving, CatchUp, MinFuncCalls
from task import EngineError, ReaxFFTask

EVALUATIONS = 4000
FITTED = "ffield.fitted"


def parsed(argv: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Fit ReaxFF parameters for C, H and O to GFN2-xTB energies")
    parser.add_argument("--evaluations", type=int, default=EVALUATIONS, help="calls of the task (default %(default)s)")
    parser.add_argument("--working-dir", type=Path, default=Path("reaxff_cho_run"), help="default %(default)s")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same starts (default %(default)s)")
    return parser.parse_args(argv)


def fitted(task: ReaxFFTask, arguments: argparse.Namespace) -> glompo.Result:
    """Run the managed optimization: CMA-ES explores, Nelder-Mead refines, two at a time."""
    hopeless = CatchUp() | (MinFuncCalls(600) & BestUnmoving(calls=250, tol=0.01))
    return glompo.minimize(
        task,
        task.bounds,
        optimizers=[CMAOptimizer(sigma0=0.2), Scipy(method="Nelder-Mead")],
        max_evaluations=arguments.evaluations,
        max_jobs=2,
        rng=arguments.seed,
        working_dir=arguments.working_dir,
        progress=True,
        x0_generator=IncumbentGenerator(),
        stoppers=hopeless,
        share_best_solutions=True,
        is_log_detailed=False,
        overwrite_existing=True,
    )


def report(task: ReaxFFTask, validation: ReaxFFTask, result: glompo.Result) -> None:
    """Print the losses, the parameters and the fate of every optimizer."""
    print(f"\n{result.message}; {result.nfev} evaluations")
    print("\nroot-mean-square errors in kcal/mol        loss      bonds    angles  torsions")
    for name, one in (("fitted molecules", task), ("molecules not in the fit", validation)):
        for state, x in (("as shipped", one.initial), ("after the fit", result.x)):
            row = one.summary(x)
            print(f"  {name:<25s}{state:<14s}{row['loss']:8.2f}{row['bond']:11.2f}{row['angle']:10.2f}{row['torsion']:10.2f}")
    print("\nparameter              address                         before      after      range")
    for parameter, value in zip(task.parameters, np.asarray(result.x), strict=True):
        print(
            f"  {parameter.name:<20s} {parameter.address!s:<28s}{parameter.initial:10.4f} {value:10.4f}"
            f"      {parameter.lower:g} … {parameter.upper:g}"
        )
    print("\noptimizers")
    for row in result.optimizers:
        print(f"  {row.opt_id:>3} {row.kind}: {row.evaluations} evaluations, best {row.best_f:.4g}; {row.how}")
        print(f"      started: {row.started_because}")
        print(f"      ended:   {row.ended_because}")


def write_outputs(task: ReaxFFTask, validation: ReaxFFTask, result: glompo.Result) -> list[Path]:
    """Write the fitted force field and the two pictures into the run directory; return their paths."""
    run_dir = Path(result.run_dir)
    force_field, trajectories, energies = (run_dir / name for name in (FITTED, "trajectories.png", "energies.png"))
    force_field.write_text(task.rendered(result.x), encoding="utf-8", errors="surrogateescape", newline="")
    glompo.show.plots.trajectories(run_dir, trajectories)
    before_and_after = [
        pictures.Comparison(one.geometries, one.energies(one.initial), one.energies(result.x))
        for one in (task, validation)
    ]
    pictures.draw(*before_and_after, energies)
    return [force_field, trajectories, energies]


def main(argv: list[str] | None = None) -> int:
    """Run the fit and return the exit status."""
    arguments = parsed(argv)
    try:
        task, validation = ReaxFFTask("training"), ReaxFFTask("validation")
        before = task(task.initial)
    except (ForceFieldError, EngineError) as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{len(task.parameters)} parameters, {len(task.geometries)} geometries; loss as shipped: {before:.2f}")
    result = fitted(task, arguments)
    if result.x is None:
        print(f"no evaluation succeeded: {result.message}", file=sys.stderr)
        return 1
    report(task, validation, result)
    print("\nwritten")
    for path in write_outputs(task, validation, result):
        print(f"  {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

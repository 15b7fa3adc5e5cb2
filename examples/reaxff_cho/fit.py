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
import pictures
import scans
from forcefield import ForceFieldError
from numpy.typing import NDArray
from task import EngineError, ReaxFFTask

import glompo
import glompo.show.plots
from glompo.generators import IncumbentGenerator
from glompo.optimizers import CMAOptimizer, Scipy
from glompo.stoppers import BestUnmoving, CatchUp, MinFuncCalls

Vector = NDArray[np.float64]

EVALUATIONS = 3000
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
        backend="processes",
        x0=task.initial,
        rng=arguments.seed,
        working_dir=arguments.working_dir,
        progress=True,
        x0_generator=IncumbentGenerator(),
        stoppers=hopeless,
        share_best_solutions=True,
        is_log_detailed=False,
        overwrite_existing=True,
    )


def print_errors(task: ReaxFFTask, validation: ReaxFFTask, best: Vector) -> None:
    """Print the loss and the errors before and after the fit."""
    print("\nroot-mean-square errors in kcal/mol             loss     bonds    angles  torsions")
    for name, one in (("fitted molecules", task), ("molecules not in the fit", validation)):
        for state, x in (("as shipped", one.initial), ("after the fit", best)):
            row = one.summary(x)
            numbers = "".join(f"{row[key]:10.2f}" for key in ("loss", *scans.KINDS))
            print(f"  {name:<26s}{state:<14s}{numbers}")


def print_parameters(task: ReaxFFTask, best: Vector) -> None:
    """Print every parameter before and after the fit."""
    print("\nparameter               address                         before      after      range")
    for parameter, value in zip(task.parameters, best, strict=True):
        print(
            f"  {parameter.name:<22s}{parameter.address!s:<29s}{parameter.initial:10.4f} {value:10.4f}"
            f"      {parameter.lower:g} … {parameter.upper:g}"
        )


def print_optimizers(result: glompo.Result) -> None:
    """Print where every optimizer started, how far it came and why it ended."""
    print("\noptimizers")
    for row in result.optimizers:
        print(f"  {row.opt_id:>3} {row.kind}: {row.evaluations} evaluations, best {row.best_f:.4g}; {row.how}")
        print(f"      started: {row.started_because}")
        print(f"      ended:   {row.ended_because}")


def written(task: ReaxFFTask, validation: ReaxFFTask, best: Vector, run_dir: Path) -> list[Path]:
    """Write the fitted force field and the two pictures into the run directory; return their paths."""
    force_field, trajectories, energies = (run_dir / name for name in (FITTED, "trajectories.png", "energies.png"))
    task.force_field.with_values(task.values(best)).write(force_field)
    pictures.draw(compared(task, best), compared(validation, best), energies)
    glompo.show.plots.trajectories(run_dir, trajectories, headline=True)
    return [force_field, trajectories, energies]


def compared(task: ReaxFFTask, best: Vector) -> pictures.Comparison:
    """Compute the energies before and after the fit."""
    return pictures.Comparison(task.geometries, task.energies(task.initial), task.energies(best))


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
    if result.x is None or result.run_dir is None:
        print(f"no evaluation succeeded: {result.message}", file=sys.stderr)
        return 1
    print(f"\n{result.message}; {result.nfev} evaluations")
    print_errors(task, validation, result.x)
    print_parameters(task, result.x)
    print_optimizers(result)
    print("\nwritten")
    for path in written(task, validation, result.x, result.run_dir):
        print(f"  {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

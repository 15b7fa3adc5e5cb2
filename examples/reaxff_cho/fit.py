"""Fit the CHO force field that comes with LAMMPS to GFN2-xTB energies of small molecules.

    python examples/reaxff_cho/fit.py
    python examples/reaxff_cho/fit.py --evaluations 1000 --working-dir /tmp/fit --seed 7

The README beside this file says what to install and what to expect.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import cho
import numpy as np
import pictures
import scans
from numpy.typing import NDArray
from reaxff import write_ffield
from reaxff.engine import EngineError

import glompo
import glompo.show.fits
import glompo.show.plots
from glompo.calibration import Calibration
from glompo.errors import SettingError

Vector = NDArray[np.float64]

EVALUATIONS = 2000


def parsed(argv: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Fit ReaxFF parameters for C, H and O to GFN2-xTB energies")
    parser.add_argument("--evaluations", type=int, default=EVALUATIONS, help="calls of the task (default %(default)s)")
    parser.add_argument("--working-dir", type=Path, default=Path("reaxff_cho_run"), help="default %(default)s")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same starts (default %(default)s)")
    return parser.parse_args(argv)


def fitted(task: Calibration, arguments: argparse.Namespace) -> glompo.Result:
    """Run the managed optimization with the default portfolio, two optimizers at a time."""
    return glompo.minimize(
        task,
        max_evaluations=arguments.evaluations,
        max_jobs=2,
        backend="processes",
        rng=arguments.seed,
        working_dir=arguments.working_dir,
        progress=True,
        overwrite_existing=True,
    )


def print_errors(comparisons: dict[str, pictures.Comparison]) -> None:
    """Print the errors before and after the fit."""
    print("\nroot-mean-square errors in kcal/mol           bonds    angles  torsions")
    for split, one in comparisons.items():
        for state, energies in (("as shipped", one.before), ("after the fit", one.after)):
            numbers = "".join(f"{one.rmse(energies, kind):10.2f}" for kind in scans.KINDS)
            print(f"  {split:<12s}{state:<14s}{'':<12s}{numbers}")


def print_optimizers(result: glompo.Result) -> None:
    """Print where every optimizer started, how far it came and why it ended."""
    print("\noptimizers")
    for row in result.optimizers:
        print(f"  {row.opt_id:>3} {row.kind}: {row.evaluations} evaluations, best {row.best_f:.4g}; {row.how}")
        print(f"      started: {row.started_because}")
        print(f"      ended:   {row.ended_because}")


def written(task: Calibration, result: glompo.Result, compared: dict[str, pictures.Comparison]) -> list[Path]:
    """Write the force field, the report and the pictures into the run directory; return their paths."""
    folder = result.run_dir
    force_field, trajectories, energies = (
        folder / one for one in ("ffield.fitted", "trajectories.png", "energies.png")
    )
    write_ffield(task.parameters.at(result.x), cho.shipped(), force_field)
    pictures.draw(compared["training"], compared["validation"], energies)
    glompo.show.plots.trajectories(folder, trajectories, headline=True)
    report = task.report(result)
    print(f"\n{report}")
    found = [*report.write(folder / "report"), *glompo.show.fits.pictures(report, folder / "report")]
    return [force_field, trajectories, energies, *found]


def compared(task: Calibration, split: str, best: Vector) -> pictures.Comparison:
    """Compute the energies before and after the fit; those of minima are 0."""
    geometries = tuple(one for one in scans.read() if one.split == split)
    displaced = np.array([one.kind != scans.EQUILIBRIUM for one in geometries])
    before, after = np.zeros(len(geometries)), np.zeros(len(geometries))
    before[displaced], after[displaced] = (task.predictions(x, split) for x in (task.x0, best))
    return pictures.Comparison(geometries, before, after)


def main(argv: list[str] | None = None) -> int:
    """Run the fit and return the exit status."""
    arguments = parsed(argv)
    try:
        task = cho.calibration()
        print(f"{task}: {task(task.x0):.1f} as shipped")
    except (SettingError, EngineError) as error:
        print(error, file=sys.stderr)
        return 2
    result = fitted(task, arguments)
    if result.x is None or result.run_dir is None:
        print(f"no evaluation succeeded: {result.message}", file=sys.stderr)
        return 1
    print(f"\n{result.message}; {result.nfev} evaluations")
    comparisons = {split: compared(task, split, result.x) for split in scans.SPLITS}
    print_errors(comparisons)
    print_optimizers(result)
    paths = written(task, result, comparisons)
    print("\nwritten")
    for path in paths:
        print(f"  {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

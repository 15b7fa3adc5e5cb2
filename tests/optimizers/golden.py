"""The first evaluations of every optimizer, as they were once; ``python -m tests.optimizers.golden`` writes them anew.

A record holds for the version of the package that decides the points: where another one is installed, it is skipped.
It holds for each processor: the last bits of linear algebra, and of exp and log of arrays, are not the same on all,
and some methods amplify them. So a record ends where they begin to decide, and is compared to a tolerance where they
take part at all. ``make processors`` tells which evaluations those are.

Write records anew only for a change that is meant to ask for other points, and say so in the change log. With names of
cases as arguments only those are written: ``python -m tests.optimizers.golden CMAOptimizer Scipy-Powell``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from glompo.events import StartRequested
from glompo.optimizers import LeastSquares
from glompo.problems import ExpLeastSquaresCost, Rosenbrock

from .cases import ALL, Case, asked, case_of, run

FOLDER = Path(__file__).parent / "golden"
SEEDS = (1, 2)
CALLS = 12
CLOSE = 1e-6
"""How far a point may be from its record, of the width of the box; values, of themselves."""
EXACT = ("RandomSampling", "GridSampling", "FunctionOptimizer", "Scipy-Nelder-Mead")
"""Comparisons, sums and their own stream decide alone."""
ALIKE = {
    "LeastSquares": 5,  # the point after the first derivatives solves linear equations
    "OptunaSampler": 10,  # what follows the points drawn is the likeliest of many
    "Scipy-COBYQA": 7,
    "Scipy-COBYQA-unit": 7,  # the model that they fit amplifies a last bit by ten with each point
    "Scipy-SLSQP": 4,  # which bound is met first is a matter of rounding here
}
"""How many evaluations, fewer than `CALLS`, are the same on each processor."""
MODELLED = "CMAOptimizer-surrogate"
"""Not recorded: from the second generation on, least squares decide which points are evaluated."""
RECORDED = (*(case for case in ALL if case.name != MODELLED), Case("LeastSquares", LeastSquares, package="scipy"))


def problem_of(case: Case) -> Any:
    """Return the problem that a case is recorded on; residuals need one of their own."""
    return ExpLeastSquaresCost(3) if case.cls is LeastSquares else Rosenbrock(3)


def start(case: Case, seed: int) -> list[float]:
    """Return where a recorded run starts; no optimizer has a say in that."""
    problem = problem_of(case)
    events = run(case_of("RandomSampling")(), problem, 1, bounds=problem.bounds, rng=seed).events
    return next(event.x0.tolist() for event in events if isinstance(event, StartRequested))


def recorded(case: Case) -> dict[str, Any]:
    """Return the points and values of the first evaluations for each seed."""
    problem = problem_of(case)
    runs = {}
    for seed in SEEDS:
        points, values = asked(run(case(), problem, ALIKE.get(case.name, CALLS), bounds=problem.bounds, rng=seed))
        runs[str(seed)] = {"x": points.tolist(), "f": values.tolist()}
    return {"made_with": case.version, "runs": runs}


def path_of(case: Case) -> Path:
    """Return where the record of a case lies."""
    return FOLDER / f"{case.name}.json"


def main(names: list[str]) -> None:
    """Write the records of the named cases, or all."""
    for case in RECORDED:
        if not names or case.name in names:
            path_of(case).write_text(json.dumps(recorded(case), indent=1) + "\n", encoding="utf-8")
            sys.stdout.write(f"{path_of(case)}\n")


if __name__ == "__main__":
    main(sys.argv[1:])

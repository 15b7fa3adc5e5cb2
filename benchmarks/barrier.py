"""How busy one optimizer keeps many slots whose evaluations take unevenly long, and what that costs in evaluations.

Usage: ``python benchmarks/barrier.py [slots] [seeds]``. The durations are lognormal, σ = 1, on the virtual clock, so
that neither the machine nor its load matters. The baseline evaluates batch after batch, as an earlier version did: the
same optimizers without the capability `flow`.
"""

from __future__ import annotations

import statistics
import sys
from dataclasses import replace

import numpy as np

from glompo.exit_conditions import MaxTotalFunctionCalls, TargetFunctionValue
from glompo.optimizers import CMAOptimizer, GridSampling, RandomSampling
from glompo.testing import simulate

TARGET = 1e-6
MOST = 20_000


def rosenbrock(x: np.ndarray) -> float:
    return float((100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum())


def sphere(x: np.ndarray) -> float:
    return float(((x - 0.3) ** 2).sum())


def ellipsoid(x: np.ndarray) -> float:
    return float(((x - 0.3) ** 2 * 10 ** (4 * np.arange(len(x)) / (len(x) - 1))).sum())


def barred(cls):
    """Return the class without the capability."""
    return type(cls.__name__, (cls,), {"capabilities": replace(cls.capabilities, flow=False), **generations(cls)})


def generations(cls):
    """Return what makes CMA-ES keep to its generations."""
    if cls is not CMAOptimizer:
        return {}

    def stepper(self, x0, bounds):
        built = cls.stepper(self, x0, bounds)
        built._flows = False
        return built

    return {"stepper": stepper}


def run(cls, settings, slots, seed, task, dims, exit_condition):
    """Return the busy share of the slots, and the evaluations."""
    rng = np.random.default_rng((seed, 7))
    spent = 0.0

    def seconds(opt: int, x: np.ndarray) -> float:
        nonlocal spent
        taken = float(rng.lognormal())
        spent += taken
        return taken

    done = simulate(
        [cls(workers=slots, **settings)], exit_condition, task=task, bounds=((-5.0, 5.0),) * dims, seconds=seconds,
        max_jobs=slots, rng=seed,
    )  # fmt: skip
    return spent / (slots * done.view.now), done.view.calls, done.view.now


def main() -> None:
    """Print two tables in Markdown."""
    slots, seeds = (int(a) for a in (*sys.argv[1:], *("32", "5")[len(sys.argv) - 1 :]))
    print(f"{slots} slots, lognormal σ = 1, medians of {seeds} seeds\n")
    print("| | busy, batch by batch | busy, as they land |\n|---|---:|---:|")
    for cls, settings in ((RandomSampling, {}), (GridSampling, {"n": 10}), (CMAOptimizer, {})):
        ends = MaxTotalFunctionCalls(200 * slots)
        shares = [
            statistics.median(run(kind, settings, slots, seed, sphere, 4, ends)[0] for seed in range(seeds))
            for kind in (barred(cls), cls)
        ]
        print(f"| {cls.__name__} | {shares[0]:.2f} | {shares[1]:.2f} |", flush=True)
    print("\n| CMA-ES to 1e-6 | batch by batch: evaluations, time | as they land | ratio of evaluations | of time |")
    print("|---|---:|---:|---:|---:|")
    for task, dims in ((sphere, 10), (ellipsoid, 10), (rosenbrock, 5)):
        columns = []
        for kind in (barred(CMAOptimizer), CMAOptimizer):
            ends = TargetFunctionValue(TARGET) | MaxTotalFunctionCalls(MOST)
            rows = [run(kind, {}, slots, seed, task, dims, ends) for seed in range(seeds)]
            columns.append([statistics.median(row[i] for row in rows) for i in (1, 2)])
        (n0, t0), (n1, t1) = columns
        print(
            f"| {task.__name__} {dims}-D | {n0:.0f}, {t0:.0f} | {n1:.0f}, {t1:.0f} | {n1 / n0:.2f} | {t1 / t0:.2f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()

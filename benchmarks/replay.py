"""How long an optimizer takes to come back by replay, and by a saved state.

Usage: ``python benchmarks/replay.py [evaluations]``, 100,000 by default. CMA-ES in 20 dimensions does them once, on a
free function and in one thread; then the run is resumed for one more evaluation, from a copy of its directory.
"""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

import glompo
from glompo.events import Recovered, SessionOpened
from glompo.optimizers import CMAOptimizer
from glompo.storage.reader import read_events

DIMENSIONS = 20
FACTORS = np.array([12.9898, 78.233] * (DIMENSIONS // 2))
BOX = [(-5.0, 5.0)] * DIMENSIONS


def task(x: np.ndarray) -> float:
    """Return what looks like noise, though it is the same for the same point: on a slope CMA-ES would converge."""
    rough = np.sin(x * FACTORS) * 43758.5453
    return float((rough - np.floor(rough)).sum())


def run(run_dir: Path, budget: int, **settings: Any) -> glompo.Result:
    """Do or continue the search."""
    never = {"tolfun": 0, "tolx": 0, "tolstagnation": 10**9, "tolflatfitness": 10**9, "maxiter": 10**9}
    return glompo.minimize(
        task,
        BOX,
        optimizers=CMAOptimizer(cma_options=never | {"tolfunhist": 0, "tolconditioncov": 0, "tolfacupx": 1e30}),
        max_evaluations=budget,
        max_jobs=1,
        rng=1,
        stoppers=(),
        resume="auto",
        working_dir=run_dir,
        **settings,
    )


def coming_back(run_dir: Path) -> tuple[str, float]:
    """Return how the optimizer came back in the last session, and after how many seconds."""
    opened, back = 0.0, ("", float("nan"))
    for event in read_events(run_dir):
        if isinstance(event, SessionOpened):
            opened = event.at
        elif isinstance(event, Recovered):
            back = event.way, event.at - opened
    return back


def main() -> None:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    print(f"CMA-ES, {DIMENSIONS} dimensions, {n:,} evaluations\n")
    print("| came back by | evaluations repeated | seconds until it went on | whole call (s) |")
    print("|---|---:|---:|---:|")
    with TemporaryDirectory() as folder:
        for every in (None, n // 10 - 7):
            first, copy = Path(folder, f"first-{every}"), Path(folder, f"copy-{every}")
            made = run(first, n, save_states_every=every)
            if len(made.optimizers) != 1:
                raise SystemExit(f"{len(made.optimizers)} optimizers took part; the figure would be of the wrong thing")
            shutil.copytree(first, copy)
            began = time.perf_counter()
            run(copy, n + 1, save_states_every=every)
            whole = time.perf_counter() - began
            way, seconds = coming_back(copy)
            repeated = n if every is None else n % every
            print(f"| {way} | {repeated:,} | {seconds:.2f} | {whole:.2f} |")


if __name__ == "__main__":
    main()

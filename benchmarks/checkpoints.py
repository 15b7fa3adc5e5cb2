"""What a checkpoint costs a run that goes on meanwhile.

Usage: ``python benchmarks/checkpoints.py [threads|processes]``. Four CMA optimizers in 20 dimensions, each evaluation
takes 10 ms. A checkpoint is made every 400 evaluations. For each: how long it took from its beginning to the complete
file, how many evaluations were completed meanwhile, how long saving kept one optimizer, and the size of its state.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

import glompo
from glompo.events import CheckpointBegun, CheckpointClosed, Evaluated, Saved
from glompo.optimizers import CMAOptimizer
from glompo.storage.reader import read_events

DIMENSIONS = 20
SECONDS = 0.01
EVALUATIONS = 4000


def task(x: np.ndarray) -> float:
    """Return the sum of squares after a while."""
    time.sleep(SECONDS)
    return float(x @ x)


class Timed(CMAOptimizer):
    """It writes down how long each of its saves took, the worker's share included."""

    def check_messages(self) -> list[int]:
        began = time.perf_counter()
        keys = super().check_messages()
        if 0 in keys:
            took = time.perf_counter() - began
            with open(os.environ["SAVES"], "a") as file:
                file.write(f"{took}\n")
        return keys


def completed(events: list[Evaluated], begin: float, end: float) -> int:
    """Return how many evaluations were completed between two run times."""
    return sum(int(((event.at - event.ages > begin) & (event.at - event.ages < end)).sum()) for event in events)


def main() -> None:
    backend = sys.argv[1] if len(sys.argv) > 1 else "threads"
    with TemporaryDirectory() as folder:
        os.environ["SAVES"] = str(Path(folder, "saves"))
        run_dir = Path(folder, "run")
        glompo.minimize(
            task,
            [(-5.0, 5.0)] * DIMENSIONS,
            optimizers=Timed,
            max_evaluations=EVALUATIONS,
            max_jobs=4,
            rng=1,
            stoppers=(),
            backend=backend,
            working_dir=run_dir,
            checkpoint_control=glompo.CheckpointingControl(checkpoint_iter_frequency=400),
        )
        events = list(read_events(run_dir))
        saves = [float(line) for line in Path(folder, "saves").read_text().split()]
    begun = {event.n: event for event in events if isinstance(event, CheckpointBegun)}
    evaluated = [event for event in events if isinstance(event, Evaluated)]
    states = [event for event in events if isinstance(event, Saved)]
    print(f"4 CMA-ES in {DIMENSIONS} dimensions, {SECONDS * 1e3:g} ms per evaluation, {backend}\n")
    print("| checkpoint | seconds until complete | evaluations meanwhile | without it in that time |")
    print("|---:|---:|---:|---:|")
    for closed in (event for event in events if isinstance(event, CheckpointClosed)):
        begin = begun[closed.n].at
        lasted = closed.at - begin
        before = completed(evaluated, begin - lasted, begin)
        print(f"| {closed.n} | {lasted:.3f} | {completed(evaluated, begin, closed.at)} | {before} |")
    print("\n| one save of one optimizer | |\n|---|---:|")
    print(f"| seconds, median of {len(saves)} | {statistics.median(saves):.4f} |")
    print(f"| seconds, longest | {max(saves):.4f} |")
    print(f"| bytes, median | {int(statistics.median(event.size for event in states))} |")


if __name__ == "__main__":
    main()

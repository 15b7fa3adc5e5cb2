"""What an evaluation costs by the number of slots, of one optimizer and of optimizers with ten slots each.

Usage: ``python benchmarks/wide.py [slots ...]``. Durations are lognormal, σ = 1, on the virtual clock; engine, policies
and optimizers are real, the journal is in memory. CPU time is that of the process. The cost of further evaluations is
the difference of two runs, so that starts do not count. The load is told.
"""

from __future__ import annotations

import os
import sys
import time

import numpy as np

from glompo.exit_conditions import MaxTotalFunctionCalls
from glompo.optimizers import RandomSampling
from glompo.testing import simulate

FURTHER = 6000


def spent(slots: int, each: int, evaluations: int) -> float:
    """Return the CPU seconds of a run."""
    rng = np.random.default_rng(1)
    before = time.process_time()
    simulate(
        [RandomSampling(workers=each) for _ in range(slots // each)], MaxTotalFunctionCalls(evaluations),
        bounds=((-5.0, 5.0),) * 10, seconds=lambda opt, x: float(rng.lognormal()), max_jobs=slots, rng=1,
    )  # fmt: skip
    return time.process_time() - before


def main() -> None:
    """Print a table in Markdown."""
    print(f"load {os.getloadavg()[0]:.1f}\n")
    print(
        "| slots | optimizers | CPU per evaluation from the start (µs) | of further ones (µs) |\n|---:|---:|---:|---:|"
    )
    for slots in map(int, sys.argv[1:] or ["100", "1000", "10000"]):
        for each in (slots, 10):
            first, both = spent(slots, each, 2 * slots), spent(slots, each, 2 * slots + FURTHER)
            begun, further = first / (2 * slots), (both - first) / FURTHER
            print(f"| {slots:,} | {slots // each:,} | {begun * 1e6:.0f} | {further * 1e6:.0f} |", flush=True)
    print(f"\nload {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()

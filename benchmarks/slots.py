"""How busy many slots are kept, and what that costs the one process that decides.

Usage: ``python benchmarks/slots.py [threads] [dask]``, both by default. One CMA-ES keeps 32 threads busy whose
evaluations wait; a Dask cluster on this machine evaluates tasks that take no time, and a plain loop of `Client.submit`
beside it is the baseline. CPU time is that of this process: all its threads, and the scheduler of Dask, whose workers
are processes of their own. The load is told. For simulated slots see ``growth.py``.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import glompo
from glompo.optimizers import CMAOptimizer, RandomSampling

SLOTS = 32
DIMS = 10
BOUNDS = [(-5.0, 5.0)] * DIMS
SHORT = 1000
"""Evaluations on Dask."""


def sphere(x: np.ndarray) -> float:
    """Return at once."""
    return float(x @ x)


def threads() -> None:
    """One CMA-ES with all slots: the share of their time in which they evaluate, between first begin and last end."""
    print("\n| 32 threads, one CMA-ES | evaluations | busy | CPU per evaluation (µs) |\n|---|---:|---:|---:|")
    for seconds, n in ((0.005, 6400), (0.05, 3200)):
        began: list[float] = []
        ended: list[float] = []

        def task(x: np.ndarray, seconds: float = seconds, began: list = began, ended: list = ended) -> float:
            began.append(time.perf_counter())
            time.sleep(seconds)
            ended.append(time.perf_counter())
            return float(x @ x)

        with tempfile.TemporaryDirectory() as folder:
            before = time.process_time()
            glompo.minimize(
                task, BOUNDS, optimizers=[CMAOptimizer(workers=SLOTS)], max_evaluations=n, max_jobs=SLOTS, rng=1,
                stoppers=(), working_dir=Path(folder, "run"),
            )  # fmt: skip
            cpu = (time.process_time() - before) / n
        taken = max(ended) - min(began)
        busy, asked = (sum(ended) - sum(began)) / (SLOTS * taken), seconds * n / (SLOTS * taken)
        print(f"| × {seconds * 1000:.0f} ms | {n:,} | {busy:.2f} ({asked:.2f} of what was asked) | {cpu * 1e6:.0f} |")


def dask() -> None:
    """Tasks that take no time, under the manager and submitted by hand."""
    from distributed import Client, LocalCluster, as_completed

    print("\n| Dask, 2 workers of 4 threads | evaluations | CPU of this process per evaluation (µs) | per second |")
    print("|---|---:|---:|---:|")
    points = np.random.default_rng(1).uniform(-5, 5, (SHORT, DIMS))
    shape = {"n_workers": 2, "threads_per_worker": 4, "dashboard_address": "127.0.0.1:0", "silence_logs": 50}
    with LocalCluster(**shape) as cluster, Client(cluster) as client, tempfile.TemporaryDirectory() as folder:
        client.gather(client.map(sphere, list(points[:16]), pure=False))

        def by_hand() -> None:
            waiting = iter(points[8:])
            done = as_completed([client.submit(sphere, x, pure=False) for x in points[:8]])
            for future in done:
                future.result()
                if (x := next(waiting, None)) is not None:
                    done.add(client.submit(sphere, x, pure=False))

        def managed(name: str = "run") -> None:
            glompo.minimize(
                sphere, BOUNDS, optimizers=[RandomSampling(workers=8)], max_evaluations=SHORT, max_jobs=8, rng=1,
                stoppers=(), evaluator=client, working_dir=Path(folder, name),
            )  # fmt: skip

        managed("first")
        for name, act in (("submitted by hand", by_hand), ("managed", managed)):
            cpu, wall = time.process_time(), time.perf_counter()
            act()
            cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
            print(f"| {name} | {SHORT:,} | {cpu / SHORT * 1e6:,.0f} | {SHORT / wall:.0f} |", flush=True)


KINDS = {"threads": threads, "dask": dask}


def main() -> None:
    """Print tables in Markdown."""
    print(f"load {os.getloadavg()[0]:.1f}")
    for name in sys.argv[1:] or KINDS:
        KINDS[name]()
    print(f"\nload {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()

"""How busy many slots are kept, and what that costs the one process that decides.

Usage: ``python benchmarks/slots.py [threads] [dask]``, both by default. One CMA-ES keeps 32 threads busy whose
evaluations wait; an executor without a search, and pycma on it without a manager, are the baselines. A Dask cluster on
this machine evaluates tasks that take no time or wait, and a plain loop of `Client.submit` is the baseline. CPU time is
that of this process: all its threads, and the scheduler of Dask where it is not in a process of its own; workers always
are. The load is told. For simulated slots see ``wide.py`` and ``growth.py``.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

import numpy as np

import glompo
from glompo.optimizers import CMAOptimizer, RandomSampling

if TYPE_CHECKING:
    from distributed import Client
    from psutil import Process

SLOTS = 32
Task = Callable[[np.ndarray], float]
DIMS = 10
BOUNDS = [(-5.0, 5.0)] * DIMS
SHORT, LONGER = 1000, 4000
"""Evaluations on Dask."""


def sphere(x: np.ndarray) -> float:
    """Return at once."""
    return float(x @ x)


def threads() -> None:
    """The share of the time of all slots in which they evaluate, between first begin and last end."""
    print("\n| 32 threads | who asks | evaluations | busy | of what was asked | CPU per evaluation (µs) |")
    print("|---|---|---:|---:|---:|---:|")
    kinds = (("nobody: an executor alone", _executor), ("pycma alone", _pycma), ("managed CMA-ES", _cmaes))
    for seconds, n in ((0.005, 6400), (0.05, 3200)):
        for name, act in kinds:
            began: list[float] = []
            ended: list[float] = []

            def task(x: np.ndarray, seconds: float = seconds, began: list = began, ended: list = ended) -> float:
                began.append(time.perf_counter())
                time.sleep(seconds)
                ended.append(time.perf_counter())
                return float(x @ x)

            before = time.process_time()
            act(task, n)
            cpu = (time.process_time() - before) / n
            taken = SLOTS * (max(ended) - min(began))
            shares = f"{(sum(ended) - sum(began)) / taken:.2f} | {seconds * n / taken:.2f}"
            print(f"| × {seconds * 1000:.0f} ms | {name} | {n:,} | {shares} | {cpu * 1e6:.0f} |", flush=True)


def _executor(task: Task, n: int) -> None:
    points = iter(np.random.default_rng(1).uniform(-5, 5, (n, DIMS)))
    _side_by_side(task, n, lambda: next(points), lambda x, fx: None)


def _pycma(task: Task, n: int) -> None:
    """Ask one point and tell as many values as are three quarters of the slots, as `CMAOptimizer` does."""
    import cma

    generation = SLOTS * 3 // 4
    options = {"bounds": [-5, 5], "popsize": generation, "seed": 1, "verbose": -9, "verb_log": 0}
    strategy = cma.CMAEvolutionStrategy([2.5] * DIMS, 2.0, options)
    landed: list[tuple[np.ndarray, float]] = []

    def tell(x: np.ndarray, fx: float) -> None:
        landed.append((x, fx))
        if len(landed) == generation:
            strategy.tell(*map(list, zip(*landed, strict=True)))
            landed.clear()

    _side_by_side(task, n, lambda: strategy.ask(1)[0], tell)


def _side_by_side(task: Task, n: int, ask: Callable[[], np.ndarray], tell: Callable[[np.ndarray, float], None]) -> None:
    done: SimpleQueue[tuple[np.ndarray, float]] = SimpleQueue()
    with ThreadPoolExecutor(SLOTS) as threads:
        for i in range(n + SLOTS):
            if i >= SLOTS:
                tell(*done.get())
            if i < n:
                threads.submit(lambda x: done.put((x, task(x))), ask())


def _cmaes(task: Task, n: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        glompo.minimize(
            task, BOUNDS, optimizers=[CMAOptimizer(workers=SLOTS)], max_evaluations=n, max_jobs=SLOTS, rng=1,
            stoppers=(), working_dir=Path(folder, "run"),
        )  # fmt: skip


def dask() -> None:
    """Tasks under the manager and submitted by hand; then with the scheduler in a process of its own."""
    from distributed import Client, LocalCluster

    print("\n| Dask, 2 workers | slots × seconds | evaluations | CPU per evaluation (µs) | scheduler | per second |")
    print("|---|---:|---:|---:|---:|---:|")
    shape = {"n_workers": 2, "threads_per_worker": 4, "dashboard_address": "127.0.0.1:0", "silence_logs": 50}
    with LocalCluster(**shape) as cluster, Client(cluster) as client:
        _managed(client, 8, 0.0, 200)
        points = list(np.random.default_rng(1).uniform(-5, 5, (SHORT, DIMS)))
        _tell("by hand", 8, 0.0, SHORT, _cost(lambda: _by_hand(client, points)))
        _tell("managed", 8, 0.0, SHORT, _cost(lambda: _managed(client, 8, 0.0, SHORT)))
    for slots, seconds in ((8, 0.0), (64, 0.2)):
        with _cluster(slots // 2) as (client, scheduler):
            _managed(client, slots, 0.0, 200)
            cost = _cost(lambda n=slots, s=seconds, c=client: _managed(c, n, s, LONGER), scheduler)
            _tell("managed", slots, seconds, LONGER, cost)


def _by_hand(client: Client, points: list[np.ndarray]) -> None:
    from distributed import as_completed

    waiting = iter(points[8:])
    done = as_completed([client.submit(sphere, x, pure=False) for x in points[:8]])
    for future in done:
        future.result()
        if (x := next(waiting, None)) is not None:
            done.add(client.submit(sphere, x, pure=False))


def _managed(client: Client, slots: int, seconds: float, n: int) -> None:
    def task(x: np.ndarray) -> float:
        time.sleep(seconds)
        return float(x @ x)

    with tempfile.TemporaryDirectory() as folder:
        glompo.minimize(
            task, BOUNDS, optimizers=[RandomSampling(workers=slots)], max_evaluations=n, max_jobs=slots, rng=1,
            stoppers=(), evaluator=client, working_dir=Path(folder, "run"),
        )  # fmt: skip


@contextmanager
def _cluster(threads: int) -> Iterator[tuple[Client, Process]]:
    """Lend the client of a scheduler in a process of its own with two workers, and this process."""
    from distributed import Client
    from psutil import Process  # distributed brings it

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    commands = [["scheduler", "--host", "127.0.0.1", "--port", address.rpartition(":")[2]]]
    commands += [["worker", address, "--no-nanny", "--nthreads", str(threads)]] * 2
    begun = []
    try:
        for what, *rest in commands:
            command = [sys.executable, "-m", f"distributed.cli.dask_{what}", *rest, "--no-dashboard"]
            begun.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        with Client(address, timeout=60) as client:
            client.wait_for_workers(2)
            yield client, Process(begun[0].pid)
    finally:
        for process in begun:
            process.kill()


def _cost(act: Callable[[], object], scheduler: Process | None = None) -> tuple[float, float, float]:
    """Return CPU seconds of this process, those of the scheduler if it is another, and seconds."""
    began = time.process_time(), 0.0 if scheduler is None else sum(scheduler.cpu_times()[:2]), time.perf_counter()
    act()
    ended = time.process_time(), 0.0 if scheduler is None else sum(scheduler.cpu_times()[:2]), time.perf_counter()
    return ended[0] - began[0], ended[1] - began[1], ended[2] - began[2]


def _tell(how: str, slots: int, seconds: float, n: int, cost: tuple[float, float, float]) -> None:
    own, scheduler, wall = cost
    apart = f"{scheduler / n * 1e6:,.0f}" if scheduler else "included"
    print(f"| {how} | {slots} × {seconds:g} | {n:,} | {own / n * 1e6:,.0f} | {apart} | {n / wall:.0f} |", flush=True)


KINDS = {"threads": threads, "dask": dask}


def main() -> None:
    """Print tables in Markdown."""
    print(f"load {os.getloadavg()[0]:.1f}")
    for name in sys.argv[1:] or KINDS:
        KINDS[name]()
    print(f"\nload {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()

"""What evaluations in other processes cost, and how soon those that hang are stopped.

Usage: ``python benchmarks/workers.py [evaluators, separated by commas]``. Evaluators whose package is not installed are
left out. Each number is measured in this one run, with the evaluators one after the other on the same machine.
"""

from __future__ import annotations

import math
import os
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from multiprocessing import get_context
from typing import Any

import numpy as np

from glompo.evaluators.inline import InlineEvaluator
from glompo.evaluators.pool.evaluator import PoolEvaluator
from glompo.evaluators.protocol import Evaluator
from glompo.function import Status

SLEEP = 0.05
FLIGHT = 8
SLEEPS = 30
DEADLINE = 1.0
HANGS = 5
ROUNDS = 2000
DIMENSIONS = 10


def task(x: np.ndarray) -> float:
    """Return at once, sleep, or hang in C with the interpreter lock held, as the first value says."""
    if x[0] == 1.0:
        time.sleep(SLEEP)
    elif x[0] == 2.0:
        re.match(r"(a+)+$", "a" * 60 + "b")
    return float(x.sum())


def point(kind: float) -> np.ndarray:
    return np.array([kind, *[0.0] * (DIMENSIONS - 1)])


@contextmanager
def inline(workers: int, timeout: float | None) -> Iterator[Evaluator]:
    evaluator = InlineEvaluator(task, workers=workers)
    yield evaluator
    evaluator.close()


@contextmanager
def pool(workers: int, timeout: float | None) -> Iterator[Evaluator]:
    evaluator = PoolEvaluator(task, workers, timeout=timeout)
    yield evaluator
    evaluator.close()


@contextmanager
def executor(workers: int, timeout: float | None) -> Iterator[Evaluator]:
    from glompo.evaluators.executor import ExecutorEvaluator

    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as processes:
        evaluator = ExecutorEvaluator(processes, task, timeout=timeout)
        yield evaluator
        evaluator.close()


@contextmanager
def loky(workers: int, timeout: float | None) -> Iterator[Evaluator]:
    from loky import ProcessPoolExecutor as Loky

    from glompo.evaluators.executor import ExecutorEvaluator

    with Loky(workers) as processes:
        evaluator = ExecutorEvaluator(processes, task, timeout=timeout)
        yield evaluator
        evaluator.close()


@contextmanager
def dask(workers: int, timeout: float | None) -> Iterator[Evaluator]:
    from distributed import Client, LocalCluster

    from glompo.evaluators.dask.evaluator import DaskEvaluator

    threads = min(4, workers)  # as on a cluster; a process for each would cost more processors than there may be
    shape = {"n_workers": workers // threads, "threads_per_worker": threads}
    with LocalCluster(**shape, dashboard_address="127.0.0.1:0", silence_logs=50) as cluster, Client(cluster) as client:
        evaluator = DaskEvaluator(client, task, timeout=timeout)
        yield evaluator
        evaluator.close()


Engine = Callable[[int, float | None], Any]
ENGINES: dict[str, tuple[Engine, str]] = {
    "inline": (inline, ""),
    "pool": (pool, ""),
    "executor": (executor, ""),
    "loky": (loky, "loky"),
    "dask": (dask, "distributed"),
}


def fill(evaluator: Evaluator, kind: float, n: int) -> float:
    """Return the seconds that `n` evaluations take with `FLIGHT` in flight, as an optimizer keeps them there."""
    begin = time.perf_counter()
    flying = {evaluator.submit(point(kind)) for _ in range(FLIGHT)}
    for _ in range(n - FLIGHT):
        done, _ = wait(flying, return_when="FIRST_COMPLETED")
        flying -= {(one := next(iter(done)))}
        check(one.result(), Status.OK)
        flying.add(evaluator.submit(point(kind)))
    for one in flying:
        check(one.result(), Status.OK)
    return time.perf_counter() - begin


def check(outcome: Any, status: Status) -> None:
    if outcome.status is not status:
        raise SystemExit(f"an evaluation that should be {status.name} is {outcome}")


def measure(engine: Engine, killable: bool) -> list[str]:
    """Return start, round trip, utilisation, time over the deadline and end."""
    begin = time.perf_counter()
    with ExitStack() as stack:
        evaluator = stack.enter_context(engine(FLIGHT, None))
        fill(evaluator, 1.0, FLIGHT)
        start = time.perf_counter() - begin - SLEEP
        trips = []
        for _ in range(ROUNDS // (1 if killable else 10) // (10 if engine is dask else 1)):
            begin = time.perf_counter()
            check(evaluator.evaluate(point(0.0)), Status.OK)
            trips.append(time.perf_counter() - begin)
        fill(evaluator, 1.0, 4 * FLIGHT)
        taken = fill(evaluator, 1.0, SLEEPS * FLIGHT)
        begin = time.perf_counter()
    end = time.perf_counter() - begin
    late = stopping(engine) if killable else math.nan
    return [
        f"{start:.2f}",
        f"{1e3 * statistics.median(trips):.3f}",
        f"{1e3 * float(np.quantile(trips, 0.99)):.3f}",
        f"{100 * SLEEPS * SLEEP / taken:.1f}",
        f"{late:.3f}" if killable else "never",
        f"{end:.3f}",
    ]


def stopping(engine: Engine) -> float:
    """Return the longest time over the deadline of evaluations that hang in C."""
    late = []
    with engine(1, DEADLINE) as evaluator:
        check(evaluator.evaluate(point(0.0)), Status.OK)
        for _ in range(HANGS):
            begin = time.perf_counter()
            check(evaluator.evaluate(point(2.0)), Status.TIMEOUT)
            late.append(time.perf_counter() - begin - DEADLINE)
            check(evaluator.evaluate(point(0.0)), Status.OK)
    return max(late)


def main() -> None:
    chosen = sys.argv[1].split(",") if len(sys.argv) > 1 else list(ENGINES)
    heads = ["evaluator", "start s", "round trip ms", "99 % ms", "utilisation %", "stopped s late", "end s"]
    table = [heads]
    for name in chosen:
        engine, package = ENGINES[name]
        if not package or find_spec(package) is not None:
            table.append([name, *measure(engine, killable=name != "inline")])
    print(f"{os.cpu_count()} processors; {FLIGHT} workers; {DIMENSIONS} parameters")
    print(f"start: until {FLIGHT} evaluations are back, less one evaluation")
    print(f"utilisation: {SLEEPS * FLIGHT} evaluations that sleep {1e3 * SLEEP:.0f} ms, {FLIGHT} in flight, of ideal")
    print(f"stopped: the latest of {HANGS} evaluations that hang in C with a deadline of {DEADLINE:g} s")
    print("end: closing with idle workers\n")
    widths = [max(len(row[column]) for row in table) for column in range(len(heads))]
    for row in table:
        print("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)))


if __name__ == "__main__":
    main()

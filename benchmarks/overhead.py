"""What management costs: a managed run against the bare loop of the same optimizer on the same free function.

Every figure comes from a process of its own; the bare loop and the managed run of one row follow each other, and the
row shows the median of several such pairs. CPU time counts all threads of the process, so that nothing hides on
another core. Run ``python benchmarks/overhead.py`` for the tables of docs/performance.md, ``--quick`` for small
sizes only.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

DIMS = 10


class Enough(Exception):
    """The bare loop has used its evaluations."""


def bare(kind: str, n: int) -> dict[str, float]:
    """Run the optimizer alone, restarting it until `n` evaluations are done."""
    import numpy as np

    left = n

    def task(x: np.ndarray) -> float:
        nonlocal left
        if left == 0:
            raise Enough
        left -= 1
        return float(x[0])

    bounds = [(-5.0, 5.0)] * DIMS
    rng = np.random.default_rng(1)
    warm(kind)
    begin = time.process_time()
    try:
        while True:
            optimizer(kind).minimize(task, rng.uniform(-5, 5, DIMS), bounds)
    except Enough:
        pass
    return {"cpu": (time.process_time() - begin) / n}


def managed(kind: str, n: int, stoppers: bool) -> dict[str, float]:
    """Run the optimizer under the manager."""
    import glompo

    settings = {} if stoppers else {"stoppers": ()}
    warm(kind)
    with tempfile.TemporaryDirectory() as folder:
        memory, begin = resident(), time.process_time()
        result = glompo.minimize(
            lambda x: float(x[0]), [(-5, 5)] * DIMS, optimizers=[optimizer(kind)], max_evaluations=n, max_jobs=1,
            rng=1, working_dir=Path(folder) / "run", **settings,
        )  # fmt: skip
        cpu = time.process_time() - begin
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - memory
        journal = sum(path.stat().st_size for path in (result.run_dir / "journal").iterdir())
        assert result.nfev == n
    return {"cpu": cpu / n, "memory": memory / n, "journal": journal / n}


def optimizer(kind: str) -> object:
    from glompo.optimizers import CMAOptimizer, RandomSampling

    return CMAOptimizer() if kind == "CMA" else RandomSampling()


def warm(kind: str) -> None:
    """Import what a run and the optimizer need: that is a figure of its own."""
    import glompo.manager  # noqa: F401
    from glompo.optimizers import CMAOptimizer

    if kind == "CMA":
        CMAOptimizer(cma_options={"maxiter": 3}).minimize(lambda x: float(x @ x), [0.1] * 3, [(-1, 1)] * 3)


def first_evaluation() -> dict[str, float]:
    """Seconds from the call of minimize to the first call of the task: in a fresh process, and after that."""
    from glompo import minimize

    times = []
    for _ in range(6):
        seen: list[float] = []
        with tempfile.TemporaryDirectory() as folder:
            begin = time.perf_counter()
            minimize(
                lambda x, seen=seen: seen.append(time.perf_counter()) or float(x @ x),  # type: ignore[func-returns-value]
                [(-5, 5)] * 3, max_evaluations=5, rng=1, working_dir=Path(folder) / "run",
            )  # fmt: skip
        times.append(seen[0] - begin)
    return {"fresh": times[0], "later": statistics.median(times[1:])}


def importing(module: str) -> float:
    """Median seconds that ``import module`` adds to starting Python."""
    times = []
    for _ in range(7):
        code = f"import time; t = time.perf_counter(); import {module}; print(time.perf_counter() - t)"
        times.append(float(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout))
    return statistics.median(times)


def resident() -> int:
    """Bytes of memory that this process holds now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def apart(what: str, *arguments: object) -> dict[str, float]:
    """Measure in a process of its own."""
    command = [sys.executable, __file__, "--one", json.dumps([what, *arguments])]
    return json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


def row(kind: str, n: int, stoppers: bool, pairs: int) -> str:
    """Measure one row of the first table."""
    alone, under = [], []
    for _ in range(pairs):
        alone.append(apart("bare", kind, n))
        under.append(apart("managed", kind, n, stoppers))
    a, b = (statistics.median(one["cpu"] for one in many) * 1e6 for many in (alone, under))
    added = statistics.median((u["cpu"] - o["cpu"]) * 1e6 for o, u in zip(alone, under, strict=True))
    memory, journal = (statistics.median(one[name] for one in under) for name in ("memory", "journal"))
    rules = "default" if stoppers else "none"
    return (
        f"| {kind} | {rules} | {n:,} | {a:.1f} | {b:.1f} | {added:.1f} | {b / a:.2f} | {memory:.0f} | {journal:.0f} |"
    )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes only")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        what, *arguments = json.loads(options.one)
        print(json.dumps({"bare": bare, "managed": managed, "first": first_evaluation}[what](*arguments)))
        return
    print(f"Free function of {DIMS} parameters, one optimizer, threads; microseconds of CPU time per evaluation.\n")
    print("| optimizer | stoppers | evaluations | bare | managed | added | ratio | memory B/eval | journal B/eval |")
    print("|---|---|---:|---:|---:|---:|---:|---:|---:|")
    sizes = {10_000: 5} if options.quick else {10_000: 5, 100_000: 3, 1_000_000: 1}
    for kind in ("random", "CMA"):
        for n, pairs in sizes.items():
            print(row(kind, n, False, pairs), flush=True)
    print(row("CMA", min(100_000, max(sizes)), True, 3), flush=True)
    first = apart("first")
    print("\n| | seconds |\n|---|---:|")
    print(f"| first evaluation after minimize(), fresh process | {first['fresh']:.3f} |")
    print(f"| first evaluation after minimize(), later calls | {first['later']:.3f} |")
    for module in ("numpy", "glompo", "glompo.manager"):
        print(f"| import {module} | {importing(module):.3f} |", flush=True)


if __name__ == "__main__":
    main()

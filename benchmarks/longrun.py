"""Long runs: what an evaluation costs and what memory is held as they grow, and how fast they open.

The first table is of runs: one optimizer on a free function of 10 parameters, each run in a process of its own. The
second is of journals that are written directly, by four optimizers at a time: with records of 300 evaluations, as a
cheap function leaves them, and of one, as an expensive one does; killed when the last snapshot was as old as it gets.
All times are CPU times, which others on the machine disturb least; with the files in the cache of the system.
Run ``python benchmarks/longrun.py`` for the tables of docs/performance.md; ``--quick`` leaves the largest sizes out,
``--large`` runs 10^7 evaluations as well, which takes minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

DIMS = 10


def peak() -> float:
    """Return the most memory that this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def resident() -> float:
    """Return the memory that this process holds now, in MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def run(n: int) -> dict[str, float]:
    """Run n evaluations and open the run."""
    import glompo
    from glompo.optimizers import RandomSampling

    with tempfile.TemporaryDirectory() as folder:
        begin = time.process_time()
        result = glompo.minimize(
            lambda x: float(x[0]), [(-5, 5)] * DIMS, optimizers=[RandomSampling()], max_evaluations=n, max_jobs=1,
            rng=1, working_dir=Path(folder) / "run", stoppers=(),
        )  # fmt: skip
        cpu, memory = time.process_time() - begin, peak()
        assert result.nfev == n
        journal = sum(path.stat().st_size for path in (result.run_dir / "journal").iterdir())
        return {"cpu": cpu / n * 1e6, "memory": memory, "journal": journal / 2**20}


def write(n: int, rows: int, run_dir: Path) -> float:
    """Write the journal of n evaluations with the snapshots of a run; return the longest stall for one, in ms.

    Each snapshot is complete before the next evaluation is, as if that took long.
    """
    import numpy as np

    from glompo.core.state.run_state import RunState
    from glompo.events import (
        Evaluated,
        Event,
        Granted,
        RunOpened,
        SessionOpened,
        Started,
        StartRequested,
        Stopped,
    )
    from glompo.storage.journal import Journal
    from glompo.storage.snapshots import BYTES, EVENTS, SnapshotWriter

    rng = np.random.default_rng(0)
    bounds = np.array([[-5.0, 5.0]] * DIMS)
    X, f = rng.uniform(-5, 5, (10_000, DIMS)), rng.random(10_000)
    ok, zeros = np.zeros(rows, np.uint8), np.zeros(rows, np.float32)
    state, snapshots, stall = RunState(), SnapshotWriter(run_dir, lambda: 0.0), 0.0
    per_optimizer, tail = max(rows, n // 40), min(EVENTS * rows // 2, BYTES // (8 * DIMS + 20)) - rows
    with Journal.create(run_dir, durability="none") as journal:

        def record(*events: Event) -> None:
            nonlocal stall
            before = journal.appended
            for event in events:
                state.apply(event)
            journal.append(events)
            snapshots.note(len(events), journal.appended - before)
            begin = time.thread_time()
            snapshots.keep(state, journal.position)
            stall = max(stall, time.thread_time() - begin)
            snapshots.settle()

        def go_on(until: int) -> None:
            while state.candidates < until:
                for opt in range(len(state.optimizers) + 1, len(state.optimizers) + 5 - len(state.alive)):
                    record(StartRequested(0.0, opt, "Any", {}, bounds[:, 0], 1, "to measure"), Started(0.0, opt, "w"))
                for opt, one in list(state.alive.items()):
                    k, i = len(one.trajectory), state.candidates % (10_000 - rows)
                    batch = Evaluated(0.0, opt, k, X[i : i + rows], f[i : i + rows], ok, zeros, zeros)
                    record(Granted(0.0, opt, rows), batch)
                    if k + rows >= per_optimizer:
                        record(Stopped(0.0, opt, "returned", True, ""))

        record(RunOpened(0.0, 1, "r", "", bounds, 4, (1, 2, 3, 4), {}, {}), SessionOpened(0.0, 1, "", "", 0))
        go_on(n - tail)
        snapshots.finish(state, journal.position)
        snapshots.close()
        snapshots = SnapshotWriter(run_dir)  # for which none is due before the end
        go_on(n)
    return stall * 1000


def opened(run_dir: str, how: str) -> dict[str, float]:
    """Open a run: through its snapshot, without, or for writing."""
    from glompo.core.state.run_state import RunState
    from glompo.storage.journal import Journal
    from glompo.storage.reader import read_events, state_of

    before, begin, path = resident(), time.process_time(), Path(run_dir)
    if how == "fold":
        state = RunState()
        for event in read_events(path):
            state.apply(event)
    else:
        if how == "resume":
            Journal.open(path).close()
        state = state_of(path)
    return {"seconds": time.process_time() - begin, "memory": resident() - before}


def apart(what: str, *arguments: object) -> dict[str, float]:
    """Measure in a process of its own."""
    command = [sys.executable, __file__, "--one", json.dumps([what, *arguments])]
    return json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


def opening(n: int, rows: int) -> str:
    """Measure one row of the second table."""
    with tempfile.TemporaryDirectory() as folder:
        stall = write(n, rows, Path(folder))
        size = sum(path.stat().st_size for path in Path(folder).glob("journal/*")) / 2**20
        found = {how: apart("opened", folder, how) for how in ("shortcut", "resume", "fold")}
    short, again, fold = (found[how]["seconds"] for how in ("shortcut", "resume", "fold"))
    memory = found["shortcut"]["memory"]
    return f"| {n:,} | {rows} | {size:.0f} | {short:.2f} | {again:.2f} | {fold:.2f} | {memory:.0f} | {stall:.0f} |"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="leave the largest sizes out")
    parser.add_argument("--large", action="store_true", help="run 10^7 evaluations as well")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        what, *arguments = json.loads(options.one)
        print(json.dumps({"run": run, "opened": opened}[what](*arguments)))
        return
    print("| evaluations | CPU per evaluation (µs) | peak memory (MB) | journal (MB) |\n|---:|---:|---:|---:|")
    for n in (10_000, 100_000, 1_000_000, 10_000_000)[: 3 - options.quick + options.large]:
        row = apart("run", n)
        print(f"| {n:,} | {row['cpu']:.1f} | {row['memory']:.0f} | {row['journal']:.0f} |", flush=True)
    print("\n| evaluations | per record | journal (MB) | look (s) | resume (s) | fold (s) | memory (MB) | stall (ms) |")
    print("|---:|---:|---:|---:|---:|---:|---:|---:|")
    for n, rows in ((100_000, 1), (1_000_000, 300), (1_000_000, 1), (10_000_000, 300))[: 2 if options.quick else 4]:
        print(opening(n, rows), flush=True)


if __name__ == "__main__":
    main()

"""What it costs to read a long run: to load it, to draw it, to export it.

Usage: ``python benchmarks/reading.py [evaluations] [optimizers] [jobs...]``. The run is written by hand, ten of its
optimizers at work at a time, ten parameters, 250 evaluations to a batch. Each job has a process of its own; told are
its CPU seconds and the most memory that it held.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from glompo.storage.journal import Journal
from glompo.testing.histories import history

DIMENSIONS, AT_WORK, BATCH = 10, 10, 250

JOBS = {
    "load": "from glompo.read import load; load(run)",
    "columns": "from glompo.read import load; load(run).best_so_far()",
    "plot": "from glompo.show import trajectories, best_so_far\n"
    "trajectories(run, out + '.png'); best_so_far(run, out + 'b.png')",
    "csv": "from glompo.read import to_csv; to_csv(run, out + '.csv')",
    "parquet": "from glompo.read import to_parquet; to_parquet(run, out + '.parquet')",
    "dataframe": "from glompo.read import load; load(run).to_dataframe()",
    "minima": "from glompo.read import load; load(run).minima()",
}


def write(folder: Path, evaluations: int, optimizers: int) -> None:
    """Write the journal of a run in which optimizers descend, and end when they have had their share."""
    rng = np.random.default_rng(1)
    run = history(bounds=[(-5, 5)] * DIMENSIONS, slots=AT_WORK)
    share = evaluations // optimizers
    with Journal.create(folder, durability="none") as journal:
        written = 0
        for first in range(1, optimizers + 1, AT_WORK):
            at_work = range(first, min(first + AT_WORK, optimizers + 1))
            for _ in at_work:
                run.start("CMAOptimizer" if first % 2 else "Scipy")
            for begin in range(0, share, BATCH):
                n = min(BATCH, share - begin)
                for opt in at_work:
                    height = 10.0 ** (2 - 4 * (begin + np.arange(n)) / share)
                    values = height * rng.lognormal(size=n) + rng.random()
                    run.evaluate(opt, values, X=rng.uniform(-5, 5, (n, DIMENSIONS)), seconds=1e-3)
            for opt in at_work:
                (run.converge if opt % 3 else run.stop)(opt)
            journal.append(run.events[written:])
            written = len(run.events)


def main() -> None:
    """Write the run and print one line for each job."""
    evaluations, optimizers = map(int, sys.argv[1:3] or (1_000_000, 1_000))
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder, "run")
        write(run, evaluations, optimizers)
        size = sum(path.stat().st_size for path in (run / "journal").iterdir())
        print(f"{evaluations:,} evaluations of {optimizers:,} optimizers, {size / 1e6:.0f} MB", flush=True)
        for name in sys.argv[3:] or JOBS:
            measured(name, run, Path(folder, "out"))


def measured(name: str, run: Path, out: Path) -> None:
    """Do one job in a process of its own."""
    code = f"""
import resource
run, out = {str(run)!r}, {str(out)!r}
import glompo.read
before = resource.getrusage(resource.RUSAGE_SELF)
{JOBS[name]}
after = resource.getrusage(resource.RUSAGE_SELF)
seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
print(f"{{{name!r}:>10}}  {{seconds:6.2f}} s  {{after.ru_maxrss / 1024:6.0f}} MB", flush=True)
"""
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    print(done.stdout.rstrip() or f"{name:>10}  {done.stderr.rstrip().splitlines()[-1]}", flush=True)


if __name__ == "__main__":
    main()

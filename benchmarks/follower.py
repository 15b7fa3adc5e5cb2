"""What a follower costs a run: pairs of the same run, one followed as the dashboard does it, one alone.

Usage: ``python benchmarks/follower.py [evaluations] [pairs]``. The task takes no time, so that nothing hides the cost.
Which of a pair comes first changes from pair to pair. Told are CPU seconds of the run's process and its wall time.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUN = """
import sys
import time
import glompo
from glompo.optimizers import RandomSampling

begin, spent = time.perf_counter(), time.process_time()
glompo.minimize(
    lambda x: float(x @ x), [(-5.0, 5.0)] * 2, optimizers=RandomSampling(), stoppers=(), max_jobs=2, rng=1,
    max_evaluations=int(sys.argv[2]), working_dir=sys.argv[1], progress=False,
)
print(time.perf_counter() - begin, time.process_time() - spent)
"""
FOLLOWER = """
import sys
import time
from pathlib import Path
from glompo.dashboard.followed import FollowedRun
from glompo.dashboard.server import BETWEEN, PAUSE

while not Path(sys.argv[1], "journal").exists():
    time.sleep(0.05)
run = FollowedRun(Path(sys.argv[1]))
while True:
    time.sleep(BETWEEN if run.poll() else PAUSE)
"""


def one(evaluations: int, followed: bool) -> tuple[float, float]:
    """Return wall time and CPU seconds of a run."""
    with tempfile.TemporaryDirectory() as folder:
        run_dir = str(Path(folder, "run"))
        follower = subprocess.Popen([sys.executable, "-c", FOLLOWER, run_dir]) if followed else None
        time.sleep(2.0)
        command = [sys.executable, "-c", RUN, run_dir, str(evaluations)]
        wall, spent = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.split()
        if follower is not None:
            assert follower.poll() is None
            follower.kill()
            follower.wait()
    return float(wall), float(spent)


def main(evaluations: int = 1_000_000, pairs: int = 5) -> None:
    """Print each pair, and the median of what following costs."""
    costs = []
    for k in range(pairs):
        order = (True, False) if k % 2 else (False, True)
        took = {followed: one(evaluations, followed) for followed in order}
        costs.append([with_it / alone - 1 for with_it, alone in zip(took[True], took[False], strict=True)])
        alone, with_it = took[False], took[True]
        print(
            f"alone {alone[0]:.1f} s ({alone[1]:.2f} s CPU), followed {with_it[0]:.1f} s ({with_it[1]:.2f} s CPU), "
            f"load {os.getloadavg()[0]:.1f}",
            flush=True,
        )
    wall, spent = (statistics.median(part) for part in zip(*costs, strict=True))
    print(f"followed against alone, median of {pairs} pairs: wall {wall:+.1%}, CPU of the run {spent:+.1%}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

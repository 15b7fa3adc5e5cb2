from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from glompo.read import load, rows, to_csv

RUN = r"""
import os
import sys
import glompo

calls = 0

def task(x):
    global calls
    calls += 1
    os.write(1, b"%d\n" % calls)
    return float(x @ x)

glompo.minimize(task, [(-5, 5)] * 2, max_evaluations=10**6, max_jobs=2, rng=1, working_dir=sys.argv[1])
"""


def test_a_run_killed_without_warning_can_be_read_and_says_that_it_was_killed(tmp_path: Path):
    command = [sys.executable, "-c", RUN, str(tmp_path / "run")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            for line in process.stdout:
                if int(line) % 100 == 0 and (alive := load(tmp_path / "run")).view.calls:
                    break
        finally:
            process.send_signal(signal.SIGKILL)
            process.communicate()
    dead = load(tmp_path / "run")
    assert (alive.standing, dead.standing) == ("running", "killed")
    assert dead.view.calls >= alive.view.calls > 0
    assert dead.result.fx <= alive.result.fx
    found = list(rows(tmp_path / "run"))
    assert [row.order for row in found] == list(range(1, dead.view.candidates + 1))
    assert min(row.value for row in found if row.status == "ok") == dead.result.fx
    assert len(to_csv(tmp_path / "run", tmp_path / "out.csv").read_text().splitlines()) == len(found) + 1

"""A signal has its exit code however early it comes: here, when the command is about to import something."""

import os
import signal
import subprocess
import sys
from itertools import product

import pytest

HOOK = """
import os, sys


class Signals:
    def find_spec(self, name, path=None, target=None):
        if name == os.environ["AT"]:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), int(os.environ["NUMBER"]))


sys.meta_path.insert(0, Signals())
"""


EARLY = ["glompo.cli.app", "typer", "glompo.cli.runs", "numpy", "fast_task"]
"""What is about to be imported; the module of the task is when the run has taken the signals over."""

CODES = {signal.SIGTERM: 75, signal.SIGUSR1: 75, signal.SIGINT: 130}


@pytest.mark.parametrize(
    ("at", "number"),
    [*((at, signal.SIGTERM) for at in EARLY), *product(EARLY[-2:], [signal.SIGUSR1, signal.SIGINT])],
    ids=lambda one: str(one),
)
def test_a_signal_during_the_start_of_a_run_has_its_exit_code(tmp_path, at, number):
    (tmp_path / "sitecustomize.py").write_text(HOOK)
    (tmp_path / "fast_task.py").write_text("def task(x): return 0.0\n")
    config = tmp_path / "fit.toml"
    config.write_text('task = "fast_task:task"\nbounds = [[0, 1]]\nmax_evaluations = 5\nworking_dir = "run"\n')
    places = [str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(places), "AT": at, "NUMBER": str(int(number))}
    done = subprocess.run(
        [sys.executable, "-m", "glompo", "run", str(config)], env=environment, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (CODES[number], b"")
    assert not (tmp_path / "run").exists()

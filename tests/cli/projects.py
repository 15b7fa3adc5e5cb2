"""What the tests of the command work on: a task that tells what it did, and a run that is watched from outside."""

from __future__ import annotations

import ast
import json
import os
import select
import time
from pathlib import Path
from typing import NamedTuple

from glompo.cli.inspection import status_json
from glompo.errors import UserError

PATIENCE = 120.0
"""Seconds after which a test gives up waiting for a process."""

TASK = '''
"""A bowl around (1, 1) that reports each of its evaluations through a pipe, before it returns."""

import os
import threading
import time

from glompo.stoppers import BaseStopper

SIDE, GATE = os.environ.get("SIDE"), os.environ.get("GATE")


def bowl(x):
    begun = time.process_time()
    if GATE:
        os.read(int(GATE), 1)  # until the test lets it pass
    sum(range(30_000))  # about a millisecond of work
    fx = float(((x - 1) ** 2).sum())
    if SIDE:
        os.write(int(SIDE), (repr((threading.get_ident(), begun, x.tolist(), fx)) + "\\n").encode())
    return fx


def broken(x):
    raise RuntimeError("the simulation did not start")


def quiet(x):
    time.sleep(0.002)
    return float(((x - 1) ** 2).sum())


def hanging(x):
    while True:  # a signal that comes just before a wait without an end would not be heard
        time.sleep(0.1)


def again_and_again(f, x0, bounds):
    while True:
        f(x0)


constant = 42


class Impatient(BaseStopper):
    def __init__(self, after):
        self.after = after

    def __call__(self, log, best_opt_id, tested_opt_id):
        return len(log.get_history(tested_opt_id, "fx")) >= self.after


class Faulty(BaseStopper):
    def __call__(self, log, best_opt_id, tested_opt_id):
        raise ValueError("it was never tried")
'''


class Project:
    """A directory with a task module, in which configurations are written.

    Parameters
    ----------
    folder : Path
        The directory.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        (folder / "bowls.py").write_text(TASK)

    @property
    def run_dir(self) -> Path:
        """Where the run is recorded."""
        return self.folder / "run"

    def config(self, text: str = "", task: str = "bowls:bowl", working_dir: str | None = "run", jobs: int = 2) -> Path:
        """Write a configuration with a task, bounds and the given text, and return its path."""
        head = [f'task = "{task}"', "bounds = [[-5, 5], [-3.0, 3]]", f"max_jobs = {jobs}"]
        head += [f'working_dir = "{working_dir}"'] if working_dir else []
        path = self.folder / "fit.toml"
        path.write_text("\n".join([*head, text, ""]))
        return path

    def files(self) -> list[str]:
        """Return what lies in the directory, apart from what Python leaves there."""
        return sorted(path.name for path in self.folder.iterdir() if path.name != "__pycache__")


class Report(NamedTuple):
    """One evaluation.

    Attributes
    ----------
    thread : int
        Thread in which it was made.
    begun : float
        CPU time of the process at which it began, in seconds. By the time of day a process would be blamed for what
        others do on the machine.
    x, fx
        Point and value.
    """

    thread: int
    begun: float
    x: list[float]
    fx: float


class LivingRun:
    """A run in a process of its own, whose task reports every evaluation.

    Attributes
    ----------
    evaluations : list of Report
        What the task reported so far.
    """

    def __init__(self, process, report: int, key: int) -> None:
        self.process = process
        self.evaluations = []
        self._report = report
        self._key = key
        self._rest = b""

    def let_pass(self, n: int) -> None:
        """Permit n evaluations to a gated task."""
        os.write(self._key, b"x" * n)

    def open_gate(self) -> None:
        """Permit a gated task any number of evaluations."""
        os.close(self._key)
        self._key = -1

    def await_evaluations(self, n: int) -> None:
        """Return as soon as the task has reported n evaluations in all."""
        while len(self.evaluations) < n:
            assert self._take(), f"the run ended after {len(self.evaluations)} evaluations: {self._output_tail()}"

    def await_end(self) -> tuple[int, str, str]:
        """Return exit code, output and errors of the process when it has ended."""
        while self._take():
            pass
        output, errors = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, output, errors

    def await_status(self, run_dir: Path, holds) -> dict:
        """Return the status of the run as soon as `holds(status)`."""
        end = time.monotonic() + PATIENCE
        status = {}
        while time.monotonic() < end:
            try:
                status = json.loads(status_json(run_dir))
            except UserError:  # there is nothing to read yet
                pass
            else:
                if holds(status):
                    return status
            select.select([self.process.stdout], [], [], 0.02)  # its output begins when it ends
        raise AssertionError(f"waited in vain, the last status was {status}")

    def put_away(self) -> None:
        """Kill the process if it lives, and close all pipes."""
        self.process.kill()
        self.process.communicate()
        os.close(self._report)
        if self._key >= 0:
            os.close(self._key)

    def _take(self) -> bool:
        """Wait for reports and keep them; False when there can be no more."""
        ready, _, _ = select.select([self._report], [], [], PATIENCE)
        assert ready, "the task does not report"
        data = os.read(self._report, 1 << 16)
        *lines, self._rest = (self._rest + data).split(b"\n")
        self.evaluations += [Report(*ast.literal_eval(line.decode())) for line in lines]
        return bool(data)

    def _output_tail(self) -> str:
        return self.process.communicate(timeout=PATIENCE)[1]

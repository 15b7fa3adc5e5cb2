"""A project whose configuration moves to clusters, and clusters to move it to."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

PATIENCE = 120.0
"""Seconds after which something that must happen has not: generous, for busy machines."""

TASK = '''
"""Tasks of a project, beside its configuration; those that harm their worker do so once."""

import os
import signal
import subprocess
import time
from pathlib import Path

HERE = Path(__file__).parent


def once(name):
    try:
        (HERE / name).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def note():
    with (HERE / "calls").open("a") as file:
        file.write(f"{os.getpid()}\\n")


def bowl(x):
    note()
    return float(x @ x)


def slow(x):
    note()
    if not (HERE / "hurry").exists():
        time.sleep(0.2)
    return float(x @ x)


def kills_its_worker_once(x):
    note()
    if once("killed"):
        os.kill(os.getppid(), signal.SIGKILL)  # the guarded process is a child of the worker
        signal.pause()
    return float(x @ x)


def cancels_its_job_once(x):
    note()
    if once("cancelled"):
        subprocess.run(["scancel", os.environ["SLURM_JOB_ID"]], check=True)
        signal.pause()
    return float(x @ x)
'''


class Project:
    """A directory with a task module and a configuration.

    Parameters
    ----------
    folder : Path
        The directory.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        (folder / "bowls.py").write_text(TASK)

    def config(self, *lines: str, task: str = "bowls:bowl", jobs: int | None = 4, budget: int = 60) -> Path:
        """Write the configuration and return its path."""
        head = [f'task = "{task}"', "bounds = [[-5, 5], [-5, 5]]", f"max_evaluations = {budget}", "rng = 3"]
        head += ['working_dir = "run"', 'optimizers = {type = "RandomSampling", workers = 4}']
        head += [] if jobs is None else [f"max_jobs = {jobs}"]
        path = self.folder / "fit.toml"
        path.write_text("\n".join([*head, *lines, ""]))
        return path

    @property
    def calls(self) -> list[int]:
        """Return in which process each call of the task was made."""
        path = self.folder / "calls"
        return [int(line) for line in path.read_text().split()] if path.exists() else []

    def await_calls(self, n: int) -> None:
        """Return when the task has been called n times."""
        end = time.monotonic() + PATIENCE
        while len(self.calls) < n:
            assert time.monotonic() < end, f"the task was called {len(self.calls)} times"
            time.sleep(0.05)


@pytest.fixture
def project(tmp_path):
    """Return a project."""
    return Project(tmp_path / "project")


@pytest.fixture
def glompo(tmp_path):
    """Return a function that runs the command in an empty directory and returns how it went."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    def run(*arguments, environment=None):
        command = [sys.executable, "-m", "glompo", *map(str, arguments)]
        return subprocess.run(
            command, cwd=elsewhere, env=environment or dict(os.environ), capture_output=True, text=True,
            timeout=PATIENCE,
        )  # fmt: skip

    return run


@pytest.fixture
def launched(tmp_path):
    """Return a function that begins the command and returns its process; it is killed behind the test."""
    running = []

    def launch(*arguments):
        command = [sys.executable, "-m", "glompo", *map(str, arguments)]
        running.append(subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        return running[-1]

    yield launch
    for process in running:
        process.kill()
        process.wait()

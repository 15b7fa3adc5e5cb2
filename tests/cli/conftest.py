"""A small project in a temporary directory, and the command run on it as its users run it."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import chdir

import pytest

from glompo.cli import main

from ..commands import carried_out, signals_restored
from .projects import LivingRun, Project


@pytest.fixture(autouse=True)
def handlers():
    """Restore the signal handlers behind each test."""
    with signals_restored():
        yield


@pytest.fixture
def project(tmp_path):
    """Return a directory with a task module."""
    return Project(tmp_path / "project")


@pytest.fixture
def glompo(tmp_path):
    """Return a function that runs the command in an empty directory and returns how it went."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    def run(*arguments):
        with chdir(elsewhere):
            return carried_out(*map(str, arguments))

    return run


@pytest.fixture
def inside(monkeypatch, capsys):
    """Return a function that runs the command in this process and returns exit code, output and errors."""
    monkeypatch.setattr(sys, "path", [*sys.path])

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["glompo", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            main()
        sys.modules.pop("bowls", None)  # it belongs to the project of one test
        output = capsys.readouterr()
        return left.value.code, output.out, output.err

    return run


@pytest.fixture
def launch(tmp_path):
    """Return a function that begins a run and returns it while it goes on; what still lives at the end is killed."""
    living = []

    def begin(*arguments, gated=False):
        report, told = os.pipe()
        gate, key = os.pipe()
        command = [sys.executable, "-m", "glompo", *map(str, arguments)]
        environment = {**os.environ, "SIDE": str(told), **({"GATE": str(gate)} if gated else {})}
        process = subprocess.Popen(
            command,
            cwd=tmp_path,
            env=environment,
            pass_fds=(told, gate),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        os.close(told)
        os.close(gate)
        living.append(LivingRun(process, report, key))
        return living[-1]

    yield begin
    for run in living:
        run.put_away()

"""Real processes, and means to see them end without sleeping."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from glompo.evaluators.pool.evaluator import PoolEvaluator

from ..endings import is_gone


class Notes:
    """Process numbers that tasks have left."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def pids(self) -> list[int]:
        """What is there now."""
        return [int(path.name) for path in self.folder.iterdir() if not path.name.startswith(".")]

    @property
    def survivors(self) -> list[int]:
        """Processes of this test that do not end: they have inherited the variable that names the folder."""
        mark = f"NOTES={self.folder}".encode()
        pids = [int(name) for name in os.listdir("/proc") if name.isdecimal()]
        return [pid for pid in pids if mark in _environment(pid).split(b"\0") and not is_gone(pid)]


def _environment(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:  # gone, or of another user
        return b""


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    """Let this process, and so its worker processes, import the misbehaving tasks."""
    monkeypatch.setattr(sys, "path", [str(Path(__file__).parent / "importable"), *sys.path])


@pytest.fixture
def notes(tmp_path, monkeypatch):
    """Return the place for process numbers."""
    folder = tmp_path / "notes"
    folder.mkdir()
    monkeypatch.setenv("NOTES", str(folder))
    return Notes(folder)


@pytest.fixture
def gate(tmp_path, monkeypatch):
    """Return a pipe; a task that waits goes on when it is opened for writing and closed."""
    path = tmp_path / "gate"
    os.mkfifo(path)
    monkeypatch.setenv("GATE", str(path))
    return path


@pytest.fixture
def pool(notes):
    """Return a function that makes a pool of the misbehaving task; it is closed behind the test."""
    made = []

    def make(task="troubles:task", workers=1, **settings):
        made.append(PoolEvaluator(task, workers, **settings))
        return made[-1]

    yield make
    for evaluator in made:
        evaluator.close(kill=True)

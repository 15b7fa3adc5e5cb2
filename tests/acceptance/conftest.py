"""Runs through the public interface, with tasks that misbehave, and a look at what they leave behind."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

import glompo
from glompo.events import Evaluated
from glompo.function import Status
from glompo.storage.reader import read_events

from ..endings import is_gone


class Record:
    """What a run has recorded of its evaluations.

    Attributes
    ----------
    statuses : list of Status
        Of each evaluation.
    X : ndarray, shape (n, d)
        Points.
    f : ndarray, shape (n,)
        Values.
    errors : dict
        Reason of those that are not OK, by their place.
    """

    def __init__(self, run_dir: Path) -> None:
        batches = [event for event in read_events(run_dir) if isinstance(event, Evaluated)]
        self.statuses = [Status(int(status)) for batch in batches for status in batch.status]
        self.X = np.array([x for batch in batches for x in batch.X])
        self.f = np.array([f for batch in batches for f in batch.f])
        self.errors = {}
        first = 0
        for batch in batches:
            self.errors |= {first + row: reason for row, reason in batch.errors}
            first += len(batch.f)


class Processes:
    """Processes that have inherited the mark of this test."""

    def __init__(self, mark: str) -> None:
        self._mark = mark

    @property
    def survivors(self) -> list[int]:
        """Those that do not end."""
        return _marked(f"MARK={self._mark}")

    @property
    def grandchildren(self) -> list[int]:
        """Those that the misbehaving task has started, and that do not end."""
        return _marked(f"GRANDCHILD={self._mark}")


def _marked(mark: str) -> list[int]:
    pids = [int(name) for name in os.listdir("/proc") if name.isdecimal() and int(name) != os.getpid()]
    return [pid for pid in pids if mark.encode() in _environment(pid).split(b"\0") and not is_gone(pid)]


def _environment(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:  # gone, or another user's
        return b""


@pytest.fixture
def processes(tmp_path, monkeypatch):
    """Mark all processes that this test starts, and return what finds them."""
    monkeypatch.setenv("MARK", str(tmp_path))
    return Processes(str(tmp_path))


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return a function that minimises and returns the result and the record."""
    monkeypatch.chdir(tmp_path)

    def minimize(task, bounds, **settings):
        result = glompo.minimize(task, bounds, **{"rng": 1, "max_jobs": 2, **settings})
        return result, Record(result.run_dir)

    return minimize

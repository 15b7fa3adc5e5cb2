"""Small journals and a disk that fails, for the tests of this folder."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from glompo.events import Evaluated, Event, Granted, Noted, StopRequested
from glompo.events.verdict import Verdict
from glompo.storage.disk import SystemDisk
from glompo.storage.journal import Journal
from glompo.storage.reader import read_events
from glompo.storage.segments import Position, last_segment, segment_path


def evaluated(k: int, n: int = 2, d: int = 2) -> Evaluated:
    rng = np.random.default_rng(k)
    return Evaluated(
        at=float(k),
        opt=1,
        k0=k,
        X=rng.normal(size=(n, d)),
        f=np.array([np.nan, *rng.normal(size=n - 1)]),
        status=np.zeros(n, np.uint8),
        seconds=np.ones(n, np.float32),
        ages=np.zeros(n, np.float32),
    )


def sample(n: int) -> list[Event]:
    """Return `n` events, no two alike, arrays among them."""
    makers = (
        lambda k: Granted(float(k), 1, k),
        evaluated,
        lambda k: Noted(float(k), 1, f"note {k} – σ"),
        lambda k: StopRequested(
            float(k), k, "stopper", Verdict(True, "A() & B()", "", (Verdict(True, "A()", "1 > 0"),))
        ),
    )
    return [makers[k % 4](k) for k in range(n)]


def write(run_dir: Path, batches: Sequence[Sequence[Event]], segment_bytes: int = 2**20) -> list[Position]:
    """Write a journal and return the position after each batch."""
    ends = []
    with Journal.create(run_dir, durability="none", segment_bytes=segment_bytes) as journal:
        for batch in batches:
            journal.append(batch)
            ends.append(journal.position)
    return ends


def read(run_dir: Path) -> list[Event]:
    return list(read_events(run_dir))


def paths(run_dir: Path) -> list[Path]:
    return [segment_path(run_dir, number + 1) for number in range(last_segment(run_dir))]


class FaultyDisk(SystemDisk):
    """A disk that is full after `room` bytes (what is cut off is taken by others), and counts what it does.

    Attributes
    ----------
    room : int or None
        Bytes that still fit; None for any number.
    synced, writes : int
        How often something was forced to the disk, and handed to it.
    refuses_sync, refuses_cut : bool
        Whether these fail with an input/output error.
    """

    def __init__(self, room: int | None = None) -> None:
        self.room = room
        self.synced = 0
        self.writes = 0
        self.refuses_sync = False
        self.refuses_cut = False

    def write(self, fd: int, data: memoryview) -> int:
        self.writes += 1
        if self.room is None:
            return super().write(fd, data)
        if self.room == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = super().write(fd, data[: self.room])
        self.room -= written
        return written

    def truncate(self, fd: int, size: int) -> None:
        if self.refuses_cut:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        super().truncate(fd, size)

    def sync(self, fd: int) -> None:
        if self.refuses_sync:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        self.synced += 1


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

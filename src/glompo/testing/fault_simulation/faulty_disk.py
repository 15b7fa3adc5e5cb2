"""A disk that fails on demand, below the real journal and above real files."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

from glompo.storage.disk import SystemDisk


class Killed(BaseException):
    """The process is killed here."""


class FaultyDisk(SystemDisk):
    """The disk as one process sees it.

    Parameters
    ----------
    on_sync : callable
        Called when something has been forced to the disk.
    safe : dict, optional
        How many bytes of each file outlive the machine, by inode; passed on from process to process.

    Attributes
    ----------
    room : int or None
        Bytes that still fit; None for any number.
    refusals : int
        Writes that are refused for want of room before there is room again.
    bad_syncs : int
        Attempts to force something to the disk that fail.
    failed_to_sync : bool
        Whether one did: then it is not known what is on the disk.
    last_part : float or None
        Share of the next write after which the process is killed.
    dead : bool
        Whether the process is: then nothing reaches the disk any more.
    """

    def __init__(self, on_sync: Callable[[], None] = lambda: None, safe: dict[int, int] | None = None) -> None:
        self.room: int | None = None
        self.refusals = 0
        self.bad_syncs = 0
        self.failed_to_sync = False
        self.last_part: float | None = None
        self.dead = False
        self._safe = {} if safe is None else safe
        self._on_sync = on_sync

    def write(self, fd: int, data: memoryview) -> int:
        """Write what there is room for."""
        if self.dead:
            return len(data)
        if self.last_part is not None:
            self.dead = True
            super().write(fd, data[: int(self.last_part * len(data))])
            raise Killed
        if self.room is None:
            return super().write(fd, data)
        if not self.room:
            self.refusals -= 1
            self.room = self.room if self.refusals > 0 else None
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = super().write(fd, data[: self.room])
        self.room -= written
        return written

    def truncate(self, fd: int, size: int) -> None:
        """Cut the file to `size` bytes."""
        if not self.dead:
            super().truncate(fd, size)

    def sync(self, fd: int) -> None:
        """Make what has been written safe."""
        if self.dead:
            return
        if self.bad_syncs:
            self.bad_syncs -= 1
            self.failed_to_sync = True
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        status = os.fstat(fd)
        self._safe[status.st_ino] = status.st_size
        self._on_sync()

    def cut_power(self, path: Path, kept: float, zeros: int) -> None:
        """Take from a file what was never synchronised, but for a share `kept` of it, and add zero bytes."""
        self.dead = True
        size, safe = path.stat().st_size, self._safe.get(path.stat().st_ino, 0)
        if safe < size:
            os.truncate(path, safe + int(kept * (size - safe)))
            os.truncate(path, path.stat().st_size + zeros)

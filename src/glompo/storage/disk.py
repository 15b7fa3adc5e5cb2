"""The few operations on files whose failure a journal must survive, in one place so that tests can make them fail."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import Protocol

from glompo.errors import StoreError


class Disk(Protocol):
    """What a journal asks of the operating system; every method may raise OSError."""

    def write(self, fd: int, data: memoryview) -> int:
        """Write a first part of `data` at the end of the file; return its number of bytes."""

    def truncate(self, fd: int, size: int) -> None:
        """Cut the file to `size` bytes."""

    def sync(self, fd: int) -> None:
        """Return when all that was written is on the disk."""


class SystemDisk:
    """The operating system itself."""

    def write(self, fd: int, data: memoryview) -> int:
        """Write a first part of `data` at the end of the file; return its number of bytes."""
        return os.write(fd, data)

    def truncate(self, fd: int, size: int) -> None:
        """Cut the file to `size` bytes."""
        os.ftruncate(fd, size)

    def sync(self, fd: int) -> None:
        """Return when all that was written is on the disk."""
        if sys.platform == "darwin":
            os.fsync(fd)
        else:
            os.fdatasync(fd)


def write_all(disk: Disk, fd: int, data: bytes) -> None:
    """Write all of `data`: one system call, and more only if the system took a part (an almost full disk)."""
    rest = memoryview(data)
    while rest:
        written = disk.write(fd, rest)
        if written <= 0:
            raise OSError(errno.EIO, "the system accepted no byte")
        rest = rest[written:]


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable: the file's own synchronisation does not cover its entry."""
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network file systems refuse, and need it not
            raise
    finally:
        os.close(fd)


def write_file(path: Path, data: bytes) -> None:
    """Write a whole file and return when its bytes are on the disk; the name is not yet durable."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    try:
        write_all(SystemDisk(), fd, data)
        os.fsync(fd)
    finally:
        os.close(fd)


def refusal(doing: str, path: Path, error: OSError, remedy: str) -> StoreError:
    """Return the error about an operation that the system refused."""
    reason = error.strerror or str(error)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        remedy = f"free space on that disk; {remedy}"
    return StoreError(f"cannot {doing} {path}: {reason}; {remedy}")

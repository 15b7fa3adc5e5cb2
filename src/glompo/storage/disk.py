"""The few operations on files whose failure a journal must survive, in one place so that tests can make them fail."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from glompo.errors import StoreError

T = TypeVar("T")
R = TypeVar("R")


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


class DiskThread(Generic[T]):
    """A thread that waits for the disk while the run goes on; it begins with its first job.

    A disk may take a quarter of a second for one synchronisation. If the loop of a run waited for it, it could not
    record what arrives in that time, and a killed process would lose it. Jobs are done in the order in which they were
    given. There is one thread for each purpose and not one for all: the journal promises to be on the disk within
    100 ms, and must not stand behind a checkpoint that copies all of it.

    Parameters
    ----------
    name : str
        Name of the thread.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._threads: ThreadPoolExecutor | None = None
        self._under_way: Future[T] | None = None

    @property
    def busy(self) -> bool:
        """Whether the job that :meth:`begin` was given last is not done."""
        return self._under_way is not None and not self._under_way.done()

    def submit(self, act: Callable[..., R], *args: object) -> Future[R]:
        """Do a job that nothing waits for."""
        if self._threads is None:
            self._threads = ThreadPoolExecutor(1, thread_name_prefix=self._name)
        return self._threads.submit(act, *args)

    def begin(self, act: Callable[..., T], *args: object) -> Future[T]:
        """Do a job for whose outcome :meth:`settle` waits."""
        self._under_way = self.submit(act, *args)
        return self._under_way

    def settle(self) -> T | None:
        """Wait for the job that was begun, if any, and return its outcome, or raise what it met."""
        under_way, self._under_way = self._under_way, None
        return None if under_way is None else under_way.result()

    def close(self) -> None:
        """Finish all jobs and end the thread."""
        if self._threads is not None:
            self._threads.shutdown(wait=True)
            self._threads = None

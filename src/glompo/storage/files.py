"""Reading and writing single files of a run.

Only regular files are read: anything may have been put into a run directory, and a pipe or a device never ends. Files
are written such that no reader ever sees half of one.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from glompo.errors import StoreError


def open_regular(path: Path, most: int | None = None) -> BinaryIO:
    """Open a regular file, or a link to one, for reading; this never waits.

    Raises OSError if there is none, it is something else, or it has more than `most` bytes.
    """
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "it is no regular file", str(path))
        if most is not None and status.st_size > most:
            raise OSError(errno.EFBIG, f"it has {status.st_size} bytes, and none of ours has over {most}", str(path))
        return os.fdopen(fd, "rb")
    except BaseException:
        os.close(fd)
        raise


def read_regular(path: Path, most: int | None = None) -> bytes:
    """Return the content of a regular file; raises as :func:`open_regular`."""
    with open_regular(path, most) as file:
        return file.read() if most is None else file.read(most)


def unreadable(path: Path, error: OSError) -> StoreError:
    """Return the error about a file that cannot be read."""
    return StoreError(f"cannot read {path}: {error.strerror or error}; restore it from a copy, or move it away")


@contextmanager
def drafted(target: Path) -> Iterator[Path]:
    """Give the path of a draft, which takes the place of `target` at the end of the block, or vanishes if that fails.

    The folder of `target` is made if need be. Whatever the system refuses is raised as OSError.
    """
    # Beside the target, because a rename is atomic within one file system only; with the process id, because two
    # processes may write the same file at once. Nothing is synchronised here: callers that need it do so.
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield draft
        draft.replace(target)
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()


@contextmanager
def atomic_write(target: Path, remedy: str) -> Iterator[Path]:
    """Do as :func:`drafted` does; raises StoreError with `remedy`, what to do, if the file cannot be written."""
    try:
        with drafted(target) as draft:
            yield draft
    except OSError as error:
        raise StoreError(f"cannot write {target}: {error.strerror or error}; {remedy}") from error

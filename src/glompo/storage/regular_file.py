"""Opening files of a run for reading: regular files only, for a pipe or a device in their place never ends.

Whatever lies in a run directory may have been put there by someone else.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from glompo.errors import StoreError


def open_regular(path: Path, most: int | None = None) -> BinaryIO:
    """Open a regular file for reading; this never waits.

    Parameters
    ----------
    path : Path
        The file; a link is followed.
    most : int, optional
        Bytes that it may have.

    Raises
    ------
    OSError
        If there is none, it is something else, or it is larger than `most`.
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

"""Writing a file such that nobody ever sees half of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from glompo.errors import StoreError


@contextmanager
def drafted(target: Path) -> Iterator[Path]:
    """Give the path of a draft, which takes the place of `target` at the end of the block, or vanishes if that fails.

    The folder of `target` is made if need be. Whatever the system refuses is raised as OSError.
    """
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
    """Do as :func:`drafted` does, and say what to do if the file cannot be written.

    Parameters
    ----------
    target : Path
        File to be written.
    remedy : str
        What to do if it cannot be written, for the message.

    Raises
    ------
    StoreError
        If it cannot be written.
    """
    try:
        with drafted(target) as draft:
            yield draft
    except OSError as error:
        raise StoreError(f"cannot write {target}: {error.strerror or error}; {remedy}") from error

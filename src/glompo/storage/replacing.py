"""Writing a file such that nobody ever sees half of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from glompo.errors import StoreError


@contextmanager
def replacing(target: Path, remedy: str) -> Iterator[Path]:
    """Give the path of a draft, which takes the place of `target` at the end of the block, or vanishes if that fails.

    Parameters
    ----------
    target : Path
        File to be written; its folder is made if need be.
    remedy : str
        What to do if it cannot be written, for the message.

    Raises
    ------
    StoreError
        If it cannot be written.
    """
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield draft
            draft.replace(target)
        finally:
            with suppress(FileNotFoundError):
                draft.unlink()
    except OSError as error:
        raise StoreError(f"cannot write {target}: {error.strerror or error}; {remedy}") from error

"""Saved states of optimizers, each in a file that is named after its content.

The name is the SHA-256 of the bytes: a reader of a blob knows whether it is what was written.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from glompo.storage.disk import refusal, sync_folder
from glompo.storage.files import drafted, read_regular


def blobs_folder(run_dir: Path) -> Path:
    """Return the folder of the blobs of a run."""
    return run_dir / "blobs"


def blob_path(run_dir: Path, name: str) -> Path:
    """Return the file of a blob."""
    return blobs_folder(run_dir) / name[:2] / name


def write_blob(run_dir: Path, data: bytes) -> str:
    """Hand a blob to the operating system, so that the death of this process cannot lose it, and return its name.

    Raises StoreError if the system refuses; nothing was changed.
    """
    name = sha256(data).hexdigest()
    path = blob_path(run_dir, name)
    if path.exists():
        return name
    try:
        with drafted(path) as draft:
            draft.write_bytes(data)
    except OSError as error:
        raise refusal("write", path, error, "the run goes on without that saved state") from error
    return name


def sync_blob(run_dir: Path, name: str) -> None:
    """Return when a blob, and its name, are on the disk; raises OSError."""
    path = blob_path(run_dir, name)
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
    sync_folder(path.parent)


def read_blob(run_dir: Path, name: str) -> bytes | None:
    """Return the content of a blob; None if it is missing or not what was written."""
    try:
        data = read_regular(blob_path(run_dir, name))
    except OSError:
        return None
    return data if sha256(data).hexdigest() == name else None


def blob_names(run_dir: Path) -> Iterator[str]:
    """Yield the names of all blobs that lie there."""
    return (path.name for path in blobs_folder(run_dir).glob("??/*") if not path.name.startswith("."))

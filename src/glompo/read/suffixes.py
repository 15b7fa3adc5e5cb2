"""Which format a file of evaluations has, by the ending of its name."""

from __future__ import annotations

import os
from pathlib import Path

from glompo.errors import UserError

SUFFIXES = {".csv": "CSV", ".parquet": "Parquet", ".h5": "HDF5", ".hdf5": "HDF5"}
"""The formats that there are."""


def format_of(path: str | os.PathLike[str]) -> str:
    """Return the format that the ending of a path stands for.

    Raises
    ------
    UserError
        If it stands for none.
    """
    known = SUFFIXES.get(Path(path).suffix.lower())
    if known is None:
        endings = ", ".join(f"{suffix} ({kind})" for suffix, kind in SUFFIXES.items())
        raise UserError(f"{Path(path)} has no ending of a format that can be written; use one of {endings}")
    return known


def refuse_other(path: str | os.PathLike[str], own: str) -> None:
    """Refuse a path whose ending stands for another format than `own`; one that stands for none is the caller's choice.

    Raises
    ------
    UserError
        Naming both.
    """
    other = SUFFIXES.get(Path(path).suffix.lower(), own)
    if other != own:
        raise UserError(f"{Path(path)} is the name of a file in {other}, not in {own}; give another name")

"""A file of evaluations in the format that its name says."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from glompo.read.export import to_csv
from glompo.read.hdf5 import to_hdf5
from glompo.read.parquet import to_parquet
from glompo.read.suffixes import format_of

WRITERS: dict[str, Callable[[str | os.PathLike[str], str | os.PathLike[str]], Path]] = {
    "CSV": to_csv,
    "Parquet": to_parquet,
    "HDF5": to_hdf5,
}


def write_evaluations(run_dir: str | os.PathLike[str], path: str | os.PathLike[str]) -> Path:
    """Write the recorded evaluations of a run in the format that the ending of `path` stands for, and return the path.

    Parameters
    ----------
    run_dir : path-like
        Working directory of the run.
    path : path-like
        ``.csv``, ``.parquet`` (needs pyarrow) or ``.h5`` and ``.hdf5`` (need h5py).

    Raises
    ------
    UserError
        If `run_dir` holds no run, the ending stands for no format, or a package is missing; what to install is named.
    StoreError
        If the file cannot be written.
    """
    return WRITERS[format_of(path)](run_dir, path)

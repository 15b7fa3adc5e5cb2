"""The environment of a process: its variables, and its current directory, which may be gone.

A task may remove the scratch directory that it works in. In a directory that is gone nothing can be started or found:
no path can be made absolute, ``multiprocessing`` starts nothing, and libraries fail while they are imported.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress

THREAD_LIMITS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)
"""Variables that numerical libraries read when they are loaded."""

RANKS = ("PMI_", "PMIX_", "OMPI_COMM_WORLD_", "OMPI_UNIVERSE_", "HYDI_", "MPI_LOCALRANKID", "MPI_LOCALNRANKS")
"""Beginnings of the names by which mpiexec tells a process its rank."""


def environment(threads: int | None, extra: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a worker process.

    It is this process's environment without a rank: a worker process that is started from an MPI process is no MPI
    process itself, and a task that uses MPI would wait for the others for ever.

    Parameters
    ----------
    threads : int or None
        Threads that numerical libraries may use; None leaves what the environment says.
    extra : mapping
        Variables that are set last.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(RANKS)}
    limits = {} if threads is None else dict.fromkeys(THREAD_LIMITS, str(threads))
    return inherited | limits | dict(extra)


def present_directory() -> str | None:
    """Return the current directory; None if it is gone."""
    try:
        return os.getcwd()
    except OSError:
        return None


def leave_vanished_directory(fallback: str | None) -> None:
    """Go to `fallback`, or to the root if that is gone as well, if the current directory is gone."""
    if present_directory() is None:
        for place in (fallback, os.sep):
            if place is not None:
                with suppress(OSError):
                    os.chdir(place)
                    return

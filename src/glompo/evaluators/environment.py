"""The environment of a process: its variables, and its current directory, which may be gone.

A task may remove the scratch directory that it works in. In a directory that is gone nothing can be started or found:
no path can be made absolute, ``multiprocessing`` starts nothing, and libraries fail while they are imported.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

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


_path = ctypes.create_string_buffer(4096)
"""Where the C library writes a path; one for all threads, of which one at a time has the interpreter lock."""


def _is_somewhere() -> bool:
    """Return whether the current directory is surely there.

    `os.getcwd` lets go of the interpreter lock. Where many threads evaluate, one of them then waits for its turn a
    second time after each evaluation, for an answer that takes a microsecond and comes from memory.
    """
    return _getcwd is not None and _getcwd(_path, len(_path)) is not None


_getcwd: Any = None
with suppress(OSError, TypeError, AttributeError):  # another system
    _getcwd = ctypes.PyDLL(None).getcwd  # of the C library; in contrast to CDLL the lock is kept
    _getcwd.argtypes, _getcwd.restype = (ctypes.c_char_p, ctypes.c_size_t), ctypes.c_void_p


def leave_vanished_directory(fallback: str | None) -> None:
    """Go to `fallback`, or to the root if that is gone as well, if the current directory is gone."""
    if not _is_somewhere() and present_directory() is None:
        for place in (fallback, os.sep):
            if place is not None:
                with suppress(OSError):
                    os.chdir(place)
                    return

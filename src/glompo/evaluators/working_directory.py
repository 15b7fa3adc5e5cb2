"""The current directory of a process, which may be gone: a task removes the scratch directory that it works in.

In a directory that is gone nothing can be started or found: no path can be made absolute, ``multiprocessing`` starts
nothing, and libraries fail while they are imported.
"""

from __future__ import annotations

import os
from contextlib import suppress


def present_directory() -> str | None:
    """Return the current directory; None if it is gone."""
    try:
        return os.getcwd()
    except OSError:
        return None


def leave_a_vanished_one(home: str | None) -> None:
    """Go to `home`, or to the root if that is gone as well, if the current directory is gone."""
    if present_directory() is None:
        for place in (home, os.sep):
            if place is not None:
                with suppress(OSError):
                    os.chdir(place)
                    return

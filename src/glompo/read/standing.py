"""Does anybody still work on the run?

A journal cannot say that its writer was killed: the last word is missing, as it is while the writer lives. So the
lease is looked at, *before* the journal is read: if nobody held it then, and the session is still open in what was
read later, its process is dead.
"""

from __future__ import annotations

import enum
import json
import time
from pathlib import Path

from glompo.core.views import RunView
from glompo.read.opening import opening_of
from glompo.storage.identity import machine_identity, start_time
from glompo.storage.lease import STALE_SECONDS


class Standing(enum.StrEnum):
    """Where a run stands."""

    RUNNING = "running"
    FINISHED = "finished"
    LEFT = "left"
    KILLED = "killed"


def standing_of(view: RunView, writer_lives: bool = True) -> Standing:
    """Return where the run stands.

    Parameters
    ----------
    view : RunView
        The run.
    writer_lives : bool
        What :func:`writer_lives` said before the run was read.
    """
    if view.finished is not None:
        return Standing.FINISHED
    if not opening_of(view).session_open:
        return Standing.LEFT
    return Standing.RUNNING if writer_lives else Standing.KILLED


def writer_lives(run_dir: Path) -> bool:
    """Return whether a living process holds the lease of the run directory.

    On this machine that is certain; of a process on another one it is known by the age of its heartbeat.
    """
    folder = run_dir / "lease"
    for _ in range(3):
        numbers = [int(path.name) for path in folder.glob("*") if path.name.isdecimal()]
        if not numbers:
            return False
        try:
            return _lives(folder / f"{max(numbers):06d}")
        except FileNotFoundError:  # cleaned up by a successor: look again
            continue
    return True


def _lives(path: Path) -> bool:
    age = time.time() - path.stat().st_mtime
    try:
        holder = json.loads(path.read_text())
        machine, pid, started = holder["machine"], int(holder["pid"]), holder["started"]
        released = bool(holder["released"])
    except FileNotFoundError:
        raise
    except (OSError, ValueError, KeyError, TypeError):  # damaged: only its age speaks
        return age < STALE_SECONDS
    if released:
        return False
    if machine != machine_identity():
        return age < STALE_SECONDS
    now = start_time(pid)
    return now != "" and ("?" in (now, started) or now == started)

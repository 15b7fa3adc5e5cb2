"""Whether somebody holds the lease of a run, as seen by those who only read."""

from __future__ import annotations

import json
import time
from pathlib import Path

from glompo.storage.identity import machine_identity, start_time
from glompo.storage.lease import LONGEST, STALE_SECONDS
from glompo.storage.regular_file import read_regular


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
    try:
        age = time.time() - path.stat().st_mtime
    except FileNotFoundError:
        raise
    except OSError:  # a link to itself, for example: no process of ours made it
        return False
    try:
        holder = json.loads(read_regular(path, LONGEST))
        machine, pid, started = holder["machine"], int(holder["pid"]), holder["started"]
        released = bool(holder["released"])
    except FileNotFoundError:
        raise
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):  # damaged: only its age speaks
        return age < STALE_SECONDS
    if released:
        return False
    if machine != machine_identity():
        return age < STALE_SECONDS
    now = start_time(pid) if 0 < pid < 2**31 else ""
    return now != "" and ("?" in (now, started) or now == started)

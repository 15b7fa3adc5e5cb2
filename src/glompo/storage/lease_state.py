"""Whether the process that holds a lease lives, for its competitors and for readers.

A process id alone says little: ids are reused, after a restart of the machine from the beginning, and containers on
one machine have their own. So a process is known by machine (boot and process name space), id and start time.
"""

from __future__ import annotations

import json
import os
import platform
import time
from pathlib import Path

from glompo.storage.files import read_regular

STALE_SECONDS = 30.0
"""Age of the heartbeat after which a holder on another machine counts as dead."""

LONGEST = 65536
"""Bytes of the largest lease file that is read."""

_PROC = Path("/proc")


def host_name() -> str:
    """Return the name by which people know this machine."""
    return platform.node() or "localhost"


def machine_identity() -> str:
    """Return what is the same for all processes that can see each other's ids, and differs after a restart.

    Without ``/proc`` it is the name of the machine.
    """
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {os.readlink(_PROC / 'self/ns/pid')}"
    except OSError:
        return host_name()


def start_time(pid: int) -> str:
    """Return when process `pid` of this machine started, in ticks since the boot.

    Returns
    -------
    str
        Empty if there is no such process (also if it is dead and only not yet reaped by its parent), ``"?"`` if it
        exists and the system does not say since when.
    """
    try:
        status = (_PROC / f"{pid}/stat").read_text(errors="replace")
    except OSError:  # no such process, no such folder, or a folder that hides the processes of others
        return "?" if _exists(pid) else ""
    # The second field is the name of the program in parentheses, with anything in it; proc(5) counts from 1.
    fields = status[status.rindex(")") + 2 :].split()
    state, started = fields[3 - 3], fields[22 - 3]
    return "" if state in "ZX" else started


def process_lives(pid: int, started: str) -> bool:
    """Return whether the process `pid` of this machine is still the one that started at that time."""
    now = start_time(pid)
    return now != "" and ("?" in (now, started) or now == started)


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


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
    return 0 < pid < 2**31 and process_lives(pid, started)

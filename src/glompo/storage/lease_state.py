"""Whether the process that holds a lease lives, for its competitors and for readers.

A process id alone says little: ids are reused, after a restart of the machine from the beginning, and containers on
one machine have their own. So a process is known by machine (boot and process name space), id and start time.
"""

from __future__ import annotations

import json
import os
import platform
import time
from enum import StrEnum
from pathlib import Path

from glompo.storage.files import read_regular

STALE_SECONDS = 30.0
"""Age of the heartbeat after which a holder on another machine counts as dead."""

LONGEST = 65536
"""Bytes of the largest lease file that is read."""

_PROC = Path("/proc")


class Writer(StrEnum):
    """Who writes to a run directory, as a reader finds it.

    `LIVES`: a living process. `DEAD`: none. `ELSEWHERE`: none here, for the directory is a copy, made while a process
    wrote to another one. `CHECKPOINT`: none, for what is read is a checkpoint file.
    """

    LIVES = "lives"
    DEAD = "dead"
    ELSEWHERE = "elsewhere"
    CHECKPOINT = "checkpoint"


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


def directory_identity(run_dir: Path) -> tuple[str, int]:
    """Return the path and the inode of a directory: a copy has neither, one that was moved or mounted has the inode."""
    return os.path.realpath(run_dir), os.stat(run_dir).st_ino


def writer_lives(run_dir: Path) -> bool:
    """Return whether a living process holds the lease of the run directory.

    On this machine that is certain; of a process on another one it is known by the age of its heartbeat.
    """
    return writer_of(run_dir) is Writer.LIVES


def writer_of(run_dir: Path) -> Writer:
    """Return who writes to the run directory; see :func:`writer_lives`."""
    folder = run_dir / "lease"
    for _ in range(3):
        numbers = [int(path.name) for path in folder.glob("*") if path.name.isdecimal()]
        if not numbers:
            return Writer.DEAD
        try:
            return _writer(folder / f"{max(numbers):06d}")
        except FileNotFoundError:  # cleaned up by a successor: look again
            continue
    return Writer.LIVES


def _writer(path: Path) -> Writer:
    try:
        age = time.time() - path.stat().st_mtime
    except FileNotFoundError:
        raise
    except OSError:  # a link to itself, for example: no process of ours made it
        return Writer.DEAD
    try:
        holder = json.loads(read_regular(path, LONGEST))
        machine, pid, started = holder["machine"], int(holder["pid"]), holder["started"]
        released, directory = bool(holder["released"]), holder.get("directory")
    except FileNotFoundError:
        raise
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):  # damaged: only its age speaks
        return _known(age < STALE_SECONDS)
    if released:
        return Writer.DEAD
    here = machine == machine_identity()
    lives = 0 < pid < 2**31 and process_lives(pid, started) if here else age < STALE_SECONDS
    if (lives or not here) and _is_copy(path.parents[1], directory):
        return Writer.ELSEWHERE
    return _known(lives)


def _known(lives: bool) -> Writer:
    return Writer.LIVES if lives else Writer.DEAD


def _is_copy(run_dir: Path, directory: object) -> bool:
    """Return whether a lease that names `directory` was copied here; leases of earlier versions name none."""
    if not isinstance(directory, list) or len(directory) != 2:
        return False
    path, inode = directory_identity(run_dir)
    return bool(path != directory[0] and inode != directory[1])

"""Which machine and which process this is, so that another process can tell later whether it still lives.

A process id alone says little: ids are reused, after a restart of the machine from the beginning, and containers on
one machine have their own. So a process is known by machine (boot and process name space), id and start time.
"""

from __future__ import annotations

import os
import platform
from pathlib import Path

_PROC = Path("/proc")


def host_name() -> str:
    """Return the name by which a person knows this machine."""
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
        Empty if there is no such process (also if it is dead and only not yet buried by its parent), ``"?"`` if it
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


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True

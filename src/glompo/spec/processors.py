"""How many CPUs this process may use: the smallest of what the system, a container and a batch queue allow."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

ALLOCATIONS = (
    ("SLURM_JOB_ID", "SLURM_CPUS_PER_TASK"),
    ("SLURM_JOB_ID", "SLURM_JOB_CPUS_PER_NODE"),
    ("PBS_JOBID", "PBS_NP"),
    ("PBS_JOBID", "NCPUS"),
    ("LSB_JOBID", "LSB_DJOB_NUMPROC"),
    ("JOB_ID", "NSLOTS"),
)
"""What a job of a batch queue has in its environment, and where the queue then says how many CPUs it was given: Slurm,
Torque, PBS Professional, LSF, Grid Engine."""


def cpus() -> int:
    """Return the CPUs that this process may use, 1 at least."""
    affinity = getattr(os, "sched_getaffinity", None)  # macOS has none
    present = len(affinity(0)) if affinity else os.cpu_count() or 1
    return fewest(present, os.environ, Path("/proc/self/cgroup"), Path("/sys/fs/cgroup"))


def fewest(present: int, environ: Mapping[str, str], membership: Path, root: Path) -> int:
    """Return the smallest of the limits that apply, 1 at least.

    Parameters
    ----------
    present : int
        CPUs that the process may be scheduled on.
    environ : mapping
        Environment, in which batch queues leave their allocation.
    membership : Path
        File that says to which control groups the process belongs, ``/proc/self/cgroup`` on Linux.
    root : Path
        Where the control groups are mounted, ``/sys/fs/cgroup`` on Linux.
    """
    return max(1, min([present, *allocated(environ), *map(math.floor, quotas(membership, root))]))


def allocated(environ: Mapping[str, str]) -> list[int]:
    """Return what batch queues gave to this job; what is no number is not theirs."""
    counts = (_first_count(environ.get(name, "")) for job, name in ALLOCATIONS if job in environ)
    return [count for count in counts if count > 0]


def quotas(membership: Path, root: Path) -> list[float]:
    """Return the CPUs' worth of time that the control groups of this process, and those above them, may take."""
    found = []
    for line in _text(membership).splitlines():
        _, controllers, path = line.split(":", 2)
        if not controllers:
            found += [_of_version_2(_text(folder / "cpu.max")) for folder in _lineage(root, path)]
        elif "cpu" in controllers.split(","):
            found += [_of_version_1(folder) for folder in _lineage(root / controllers, path)]
            found += [_of_version_1(folder) for folder in _lineage(root / "cpu", path)]
    return [quota for quota in found if quota is not None]


def _first_count(text: str) -> int:
    """Return the number that a text begins with: Slurm writes 8(x2),4 for nodes with 8, 8 and 4 CPUs."""
    match = re.match(r"\s*(\d+)", text)
    return int(match[1]) if match else 0


def _lineage(mount: Path, path: str) -> Iterable[Path]:
    """Return the folder of a group and of those above it. In a container only the mount itself may be there."""
    group = PurePosixPath(path.lstrip("/"))
    return [mount / one for one in (group, *group.parents)]


def _of_version_2(text: str) -> float | None:
    quota, _, period = text.strip().partition(" ")
    return int(quota) / int(period) if quota.isdecimal() and period.isdecimal() else None  # or "max"


def _of_version_1(folder: Path) -> float | None:
    quota, period = _text(folder / "cpu.cfs_quota_us").strip(), _text(folder / "cpu.cfs_period_us").strip()
    return int(quota) / int(period) if quota.isdecimal() and period.isdecimal() else None  # or -1


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:  # no Linux, or no such group here
        return ""

"""The files that sum up a run, by their level."""

from __future__ import annotations

import os
import platform
import resource
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from glompo.core.state.run_state import RunState
from glompo.read import Result, to_hdf5, write_summary
from glompo.storage.directory import LOG, PICTURES


def write_summaries(result: Result, state: RunState, settings: Mapping[str, Any], level: int, folder: Path) -> Path:
    """Write the files of a level into `folder`, made if need be, and return the path of the summary in YAML.

    Raises
    ------
    StoreError
        If one cannot be written.
    """
    facts = {
        "checkpoints": [str(path) for path in state.checkpoints.files],
        "resources": _resources(),
        "host": {"name": socket.gethostname(), "system": platform.platform(), "python": platform.python_version()},
    }
    path = write_summary(result, settings, folder, facts)
    if level >= 2 and result.run_dir is not None:
        from glompo.show.plots import trajectories

        for name, best_only in PICTURES.items():
            trajectories(result.run_dir, folder / name, best_only=best_only, headline=True)
    if level >= 3 and result.run_dir is not None:
        to_hdf5(result.run_dir, folder / LOG)
    return path


def _resources() -> dict[str, Any]:
    """Return what this process and its children that have ended have used."""
    own, children = (resource.getrusage(one) for one in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    unit = 1 if sys.platform == "darwin" else 1024
    return {
        "cpu_seconds": round(own.ru_utime + own.ru_stime, 3),
        "cpu_seconds_of_children": round(children.ru_utime + children.ru_stime, 3),
        "most_memory_in_bytes": own.ru_maxrss * unit,
        "most_memory_of_a_child_in_bytes": children.ru_maxrss * unit,
        "load_average": [round(load, 2) for load in os.getloadavg()],
    }

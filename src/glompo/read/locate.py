"""Which directories hold runs?"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from glompo.errors import UserError
from glompo.storage.directory import EXPORTS as EXPORTS
from glompo.storage.directory import holds_run
from glompo.storage.short_runs import KEPT, RUNS, SHORT_SECONDS

DEPTH = 3
"""Levels below a directory that are searched for runs to suggest."""

SUGGESTED = 5
"""Runs that are suggested at most."""

LOOKED_AT = 2000
"""Directories that are looked at for suggestions at most."""


KEPT_FOR_A_WHILE = (
    f"of runs that were over within {SHORT_SECONDS:g} s and were given no working_dir the {KEPT} newest are kept"
)
"""Where a run may have gone."""


def run_directory(path: str | os.PathLike[str]) -> Path:
    """Return `path` if it is the directory of a run.

    Raises
    ------
    UserError
        If it is none; the message names runs below it.
    """
    run_dir = Path(path)
    if not run_dir.exists():
        short = f"; {KEPT_FOR_A_WHILE}" if run_dir.parent.name == RUNS else ""
        raise UserError(f"{run_dir} does not exist; give the working directory of a run{short}")
    if not run_dir.is_dir():
        raise UserError(f"{run_dir} is a file; give the working directory of a run")
    if not holds_run(run_dir):
        raise UserError(f"{run_dir} holds no run; {_remedy(run_dir)}")
    return run_dir


def _remedy(path: Path) -> str:
    if holds_run(path.parent):
        return f"{path.parent} does"
    found = list(islice(runs_below(path, LOOKED_AT), SUGGESTED + 1))
    if not found:
        return "give the working directory of a run"
    more = " and others" if len(found) > SUGGESTED else ""
    return "below it these do: " + ", ".join(map(str, found[:SUGGESTED])) + more


def runs_below(path: Path, most: int | None = None) -> Iterator[Path]:
    """Yield the directories of runs below `path`, of which at most so many directories are looked at."""
    level = [path]
    looked_at = 0
    for _ in range(DEPTH):
        below: list[Path] = []
        for folder in level:
            for child in _folders(folder):
                looked_at += 1
                if most is not None and looked_at > most:
                    return
                if holds_run(child):
                    yield child
                else:
                    below.append(child)
        level = below


def _folders(folder: Path) -> list[Path]:
    try:
        return sorted(child for child in folder.iterdir() if child.is_dir() and not child.name.startswith("."))
    except OSError:
        return []

"""Runs that were soon over and whose directory the user did not name: the newest are kept, older ones removed.

Such a run bears a mark, which is written once it has finished. So what was killed or suspended, and can be resumed, is
never taken for one, and neither is a run of which something was made, or whose mark was taken away.
"""

from __future__ import annotations

import os
import re
import shutil
from contextlib import suppress
from pathlib import Path

from glompo.storage.directory import CONFIGURATION, DOCUMENT, MARK, PRINTSTREAMS
from glompo.storage.lease_state import writer_lives

RUNS = "glompo_runs"
"""Folder below the current one for runs that were not given a working directory."""

SHORT_SECONDS = 60.0
"""Run time up to which a run is short."""

KEPT = 20
"""Short runs that are kept in one folder, the newest."""

RECORD = {"journal", "blobs", "snapshots", "inbox", "lease", CONFIGURATION, DOCUMENT, PRINTSTREAMS, MARK}
"""What a run leaves by itself; anything else was made of it, and is wanted."""

_STAMPED = re.compile(r"\d{4}-\d\d-\d\d_\d{6}_")

TEXT = f"""\
This run was over within {SHORT_SECONDS:g} seconds, and was given no working_dir. In this folder the {KEPT} newest of
such runs are kept. To keep this one for good, delete this file.
"""


def mark_short(run_dir: Path) -> None:
    """Mark the run, which has finished, and remove older ones beside it; what the disk refuses is left as it is."""
    with suppress(OSError):
        (run_dir / MARK).write_text(TEXT, encoding="utf-8")
    for one in short_runs(run_dir.parent)[:-KEPT]:
        remove_run(one)


def unmark(run_dir: Path) -> None:
    """Take the mark off a run that goes on."""
    with suppress(OSError):
        (run_dir / MARK).unlink(missing_ok=True)


def is_short(run_dir: Path) -> bool:
    """Return whether the run bears the mark, no process works in it, and nothing was made of it."""
    return (run_dir / MARK).is_file() and set(os.listdir(run_dir)) <= RECORD and not writer_lives(run_dir)


def is_unnamed(run_dir: Path) -> bool:
    """Return whether the library chose the directory, so that there is nothing else in it."""
    return run_dir.absolute().parent.name == RUNS and _STAMPED.match(run_dir.name) is not None


def short_runs(folder: Path) -> list[Path]:
    """Return the directories of short runs in a folder, oldest first."""
    ended: list[tuple[float, Path]] = []
    with suppress(OSError):
        for mark in folder.glob(f"*/{MARK}"):
            with suppress(OSError):  # another process has just removed it
                ended.append((mark.stat().st_mtime, mark.parent))
    return [run_dir for _, run_dir in sorted(ended) if is_short(run_dir)]


def remove_run(run_dir: Path) -> None:
    """Remove the directory of a run; a process that dies meanwhile leaves no half of it that looks like a run."""
    grave = run_dir.with_name(f".removed-{os.getpid()}-{run_dir.name}")
    with suppress(OSError):  # another process was faster, or the folder cannot be written
        os.replace(run_dir, grave)
        shutil.rmtree(grave, ignore_errors=True)

"""The run directory: what lies where, and how a new run comes into an old one's place."""

from __future__ import annotations

import errno
import os
import shlex
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from glompo.errors import RunExistsError, StoreError
from glompo.storage.files import atomic_write
from glompo.storage.toml import toml_of

CONFIGURATION = "run.toml"
"""Settings of the run, for people."""

DOCUMENT = "configuration.toml"
"""Configuration from which the run was started, if it was one; it can be resumed from that."""

SUMMARY = "glompo_manager_log.yml"
"""What the run came to, for people."""

PICTURES = {"trajectories.png": False, "trajectories_best.png": True}
"""Pictures of a run that has ended, and whether they show the best values only."""

LOG = "glompo_log.h5"
"""All evaluations, for tools that read tables."""

PRINTSTREAMS = "glompo_optimizer_printstreams"
"""Folder for what optimizers in processes print."""

MARK = "short_run.txt"
"""Says that a run was short and is kept for a while only, to the user as well."""

EXPORTS = "exports"
"""Folder of a run for what can be made from its journal at any time."""

LEASE = "lease"
"""Folder that says which process works on the run."""

UNPACKED = ("manifest.json", "settings.pkl", "task.pkl", "task.saved")
"""What a checkpoint file leaves in the directory that it was unpacked into, beside the parts of a run."""

PARTS = (
    *("journal", "blobs", "snapshots", EXPORTS, "checkpoints"),
    *("inbox", CONFIGURATION, DOCUMENT, SUMMARY, *PICTURES, LOG, PRINTSTREAMS, MARK, *UNPACKED),
)
"""What a run leaves in its directory, apart from the lease."""

REPLACED = "replaced"
"""Where earlier runs go that were overwritten."""


def way_on(run_dir: Path) -> str:
    """Return what a user does to go on with a run: a command, or a call where no configuration began it.

    `run_dir` may be a checkpoint file.
    """
    if run_dir.is_file() or (run_dir / DOCUMENT).exists():
        return f"glompo resume {shlex.quote(str(run_dir))}"
    return f"the same call with working_dir={str(run_dir)!r}, resume='auto'"


def holds_run(run_dir: Path) -> bool:
    """Return whether `run_dir` holds a run."""
    return any((run_dir / "journal").glob("*.seg"))


_given: set[Path] = set()
"""Directories that this process has made: a result may still name one that was removed since."""


def fresh_directory(parent: Path, name: str) -> Path:
    """Create and return a new directory below `parent`, named after the present time and `name`."""
    stamp = datetime.now().strftime("%Y-%m-%d_%H%M%S")
    safe = "".join(c if c.isalnum() or c in "-_" else "_" for c in name)[:40]
    for attempt in range(1000):
        path = parent / (f"{stamp}_{safe}" + (f"_{attempt}" if attempt else ""))
        if path in _given:
            continue
        try:
            path.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise _unwritable(path, error) from error
        _given.add(path)
        return path
    raise StoreError(f"cannot find a free name in {parent}; give a working_dir")


def make_directories(path: Path) -> list[Path]:
    """Create the directory `path` if need be, and return those that were made, outermost first.

    Raises
    ------
    StoreError
        If it cannot be written; nothing is left behind.
    """
    missing = [one for one in (path, *path.parents) if not one.exists()][::-1]
    made: list[Path] = []
    try:
        for one in missing:
            try:
                one.mkdir()
            except FileExistsError:
                if not one.is_dir():  # else another process was faster
                    raise
            else:
                made.append(one)
        if not os.access(path, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        remove_directories(made)
        raise _unwritable(path, error) from error
    return made


def remove_directories(made: Sequence[Path]) -> None:
    """Remove directories that :func:`make_directories` made for a run, if nothing but its lease is in them."""
    if made:
        shutil.rmtree(made[-1] / LEASE, ignore_errors=True)
    for one in made[::-1]:
        with suppress(OSError):
            one.rmdir()


def parts_in(run_dir: Path) -> tuple[str, ...]:
    """Return which names of :data:`PARTS` there are, whatever they belong to."""
    return tuple(part for part in PARTS if os.path.lexists(run_dir / part))


def undo_new_run(run_dir: Path, before: Sequence[str], past: Path | None) -> None:
    """Take back what a run has written; an earlier one, set aside as `past`, gets its place.

    What was there `before`, see :func:`parts_in`, is no part of it and stays.
    """
    with suppress(OSError):
        for name in set(parts_in(run_dir)) - set(before):
            path = run_dir / name
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()
        if past is not None:
            for part in past.iterdir():
                os.replace(part, run_dir / part.name)
            past.rmdir()
            past.parent.rmdir()  # unless others lie there


def clear_for_new_run(run_dir: Path, overwrite: bool) -> Path | None:
    """Make sure that `run_dir` exists and holds no run.

    With `overwrite` the files of an earlier run move into ``replaced/``; recorded evaluations are never deleted.

    Returns
    -------
    Path or None
        Where they went, if there were any.

    Raises
    ------
    RunExistsError
        If there is a run and `overwrite` is false; nothing was changed.
    StoreError
        If the directory cannot be written.
    """
    try:
        run_dir.mkdir(parents=True, exist_ok=True)
        if holds_run(run_dir):
            return _set_aside(run_dir, overwrite)
    except RunExistsError:
        raise
    except OSError as error:
        raise _unwritable(run_dir, error) from error
    return None


def _set_aside(run_dir: Path, overwrite: bool) -> Path:
    if not overwrite:
        raise RunExistsError(
            f"{run_dir} holds another run; give another working_dir, or set overwrite_existing=True to move that run "
            f"into {run_dir / REPLACED}"
        )
    past = fresh_directory(run_dir / REPLACED, "run")
    for part in PARTS:
        if (run_dir / part).exists():
            os.replace(run_dir / part, past / part)
    return past


def write_configuration(run_dir: Path, settings: Mapping[str, Any]) -> None:
    """Write the settings into ``run.toml``; names without a value are left out, which TOML cannot say."""
    path = run_dir / CONFIGURATION
    with atomic_write(path, "give a working_dir that can be written") as draft:
        draft.write_text(toml_of({name: value for name, value in settings.items() if value is not None}), "utf-8")


def keep_document(run_dir: Path, document: Mapping[str, Any]) -> None:
    """Keep the configuration from which the run was started, so that it can be resumed."""
    with atomic_write(run_dir / DOCUMENT, "give a working_dir that can be written") as draft:
        draft.write_text(f"# From this configuration the run was started; glompo resume reads it.\n{toml_of(document)}")


def _unwritable(path: Path, error: OSError) -> StoreError:
    return StoreError(f"cannot write {path}: {error.strerror}; give a working_dir that can be written")

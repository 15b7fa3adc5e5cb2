"""From a checkpoint file to a run directory."""

from __future__ import annotations

import os
import shutil
from hashlib import sha256
from pathlib import Path

import msgspec

from glompo.errors import RunExistsError, StoreError
from glompo.events import Loaded
from glompo.storage.checkpoint_file import MANIFEST, MOST_MANIFEST, CheckpointFile, Manifest, reading
from glompo.storage.directory import holds_run
from glompo.storage.disk import sync_folder, write_file
from glompo.storage.files import read_regular
from glompo.storage.journal import Journal
from glompo.storage.segments import journal_folder

_DRAFT = ".unpacking"


def unpack(path: Path, run_dir: Path) -> Manifest:
    """Make a run of a checkpoint file in `run_dir`, and return what the file says about itself.

    The directory holds a run when all of it is there, and not before. That it came out of a checkpoint is recorded as
    an event.

    Raises
    ------
    RunExistsError
        If there is a run already.
    StoreError
        If the file cannot be loaded, see :func:`~glompo.storage.checkpoint_file.reading`, or the directory not be
        written.
    """
    if holds_run(run_dir):
        raise RunExistsError(f"{run_dir} holds a run already; give another working_dir to unpack {path} into")
    made = not run_dir.exists()
    draft = run_dir / _DRAFT
    try:
        with reading(path) as file:
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir(parents=True)
            _copy_all(file, draft)
            _settle(draft, run_dir, file.manifest)
            return file.manifest
    except OSError as error:
        raise StoreError(f"cannot unpack {path} into {run_dir}: {error.strerror}; give another working_dir") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        if made and run_dir.exists() and not any(run_dir.iterdir()):
            run_dir.rmdir()


def _copy_all(file: CheckpointFile, draft: Path) -> None:
    for member in file.manifest.members:
        target = draft / member.name
        target.parent.mkdir(parents=True, exist_ok=True)
        file.copy(member.name, target)
    write_file(draft / MANIFEST, msgspec.json.encode(file.manifest))
    with Journal.open(draft) as journal:  # reads all of it
        journal.append([Loaded(file.manifest.run_time, str(file.path.absolute()))])


def _settle(draft: Path, run_dir: Path, manifest: Manifest) -> None:
    """Move everything into the run directory, the journal last."""
    for name in [MANIFEST, *(member.name for member in manifest.members if not member.name.startswith("journal/"))]:
        target = run_dir / name
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(draft / name, target)
        sync_folder(target.parent)
    # A directory holds a run once it has a journal. So the journal comes last, in one rename: a process killed before
    # that leaves no run, one killed after it a whole one.
    folder = journal_folder(run_dir)
    if folder.exists():
        folder.rmdir()  # holds_run said that there is nothing in it
    os.rename(journal_folder(draft), folder)
    sync_folder(run_dir)


def member_of(run_dir: Path, name: str) -> bytes | None:
    """Return a file that came out of a checkpoint into `run_dir`; None if there is none.

    Raises StoreError if it is not what was in the checkpoint.
    """
    try:
        data = read_regular(run_dir / name)
        manifest = msgspec.json.decode(read_regular(run_dir / MANIFEST, MOST_MANIFEST), type=Manifest)
    except FileNotFoundError:
        return None
    except (OSError, RecursionError, ValueError) as error:
        raise StoreError(f"{run_dir / MANIFEST} or {name} beside it cannot be read: {error}; unpack it anew") from error
    if not any(one.name == name and one.sha256 == sha256(data).hexdigest() for one in manifest.members):
        raise StoreError(f"{run_dir / name} is not what came out of the checkpoint; unpack it anew")
    return data


def withdraw(run_dir: Path) -> None:
    """Remove a directory into which a checkpoint was unpacked and in which no run works: the file still has it all."""
    shutil.rmtree(run_dir, ignore_errors=True)

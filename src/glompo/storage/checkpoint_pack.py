"""A checkpoint of a run that nobody works on."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from glompo.core.views.run_view import RunView
from glompo.errors import StoreError
from glompo.spec.checkpointing import CheckpointingControl
from glompo.storage.checkpoint_file import Hashes, write_checkpoint
from glompo.storage.checkpoint_writer import Extras, facts_of, pieces_of
from glompo.storage.directory import UNPACKED
from glompo.storage.lease_state import writer_lives
from glompo.storage.load_state import shortcut
from glompo.storage.reader import JournalFollower
from glompo.storage.regular_file import read_regular
from glompo.storage.segments import survey


def pack_directory(
    run_dir: Path, target: Path | None = None, extras: Extras | None = None, control: CheckpointingControl | None = None
) -> Path:
    """Write a checkpoint of the run in `run_dir`, which is not changed, and return the file.

    Parameters
    ----------
    run_dir : Path
        Working directory of a run.
    target : Path, optional
        The file; named and placed by `control` without.
    extras : Extras, optional
        What goes in beside the run; by default what a checkpoint left there that the run came out of.
    control : CheckpointingControl, optional
        Names and places.

    Raises
    ------
    StoreError
        If a living process works on it, its journal is damaged, or the file cannot be written.
    """
    if writer_lives(run_dir):
        raise StoreError(f"a living process works on the run in {run_dir}; ask it for a checkpoint")
    survey(run_dir)  # the snapshot spares folding the journal, not checking all of it
    state, start = shortcut(run_dir)
    journal = JournalFollower(run_dir, start)
    journal.fold_into(state)
    view, position = RunView(state, state.at), journal.position
    if state.opened is None:
        raise StoreError(f"{run_dir} holds a run of which nothing has been recorded; there is nothing to save")
    if extras is None:
        extras = Extras({name: read_regular(run_dir / name) for name in UNPACKED[1:] if (run_dir / name).is_file()})
    file = target or (control or CheckpointingControl()).file(run_dir, view.checkpoints.count, datetime.now())
    facts = facts_of(view, view.checkpoints.count, position) | {"left_out": list(extras.left_out)}
    states = [one.saved.blob for one in view if one.saved is not None]
    write_checkpoint(file, facts, pieces_of(run_dir, position, states, extras), Hashes())
    return file

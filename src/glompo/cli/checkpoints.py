"""``glompo checkpoint``, and where a checkpoint file is resumed."""

from __future__ import annotations

import time
from pathlib import Path

from glompo.errors import CheckpointError, SettingError, UserError
from glompo.events import CheckpointClosed
from glompo.events.enums import CheckpointOutcome
from glompo.manager.live_control import PATIENCE, control
from glompo.read.locate import run_directory
from glompo.spec.checkpointing import PATIENCE as OPTIMIZERS
from glompo.storage.checkpoint_pack import pack_directory
from glompo.storage.checkpoint_unpack import unpack, withdraw
from glompo.storage.directory import DOCUMENT, fresh_directory
from glompo.storage.lease_state import writer_lives
from glompo.storage.load_state import shortcut
from glompo.storage.reader import JournalFollower


def make_checkpoint(directory: Path, output: Path | None, wait: bool) -> Path | None:
    """Make a checkpoint of a run, alive or not, and return the file; None if a living run was asked and not awaited.

    Raises
    ------
    UserError
        If there is no run, or `output` is given for a living one.
    CheckpointError
        If the run abandoned it.
    StoreError
        If it cannot be written, or nothing comes.
    """
    run_dir = run_directory(directory)
    if not writer_lives(run_dir):
        return pack_directory(run_dir, output)
    if output is not None:
        raise SettingError(
            f"-o is given, but the run in {run_dir} is alive and names its checkpoints itself; leave it out"
        )
    journal = JournalFollower(run_dir, shortcut(run_dir)[1])
    journal.poll()
    control(run_dir, PATIENCE if wait else 0.0).checkpoint()
    return _closed(run_dir, journal) if wait else None


def _closed(run_dir: Path, journal: JournalFollower) -> Path:
    """Wait for the next checkpoint to be closed, as long as one may take."""
    end = time.monotonic() + PATIENCE + OPTIMIZERS
    while time.monotonic() < end:
        for event in journal.poll():
            if isinstance(event, CheckpointClosed):
                if event.outcome == CheckpointOutcome.COMPLETE:
                    return run_dir / event.path
                raise CheckpointError(f"checkpoint {event.n} was abandoned: {event.why}")
        time.sleep(0.05)
    raise CheckpointError(f"no checkpoint of the run in {run_dir} came in {PATIENCE + OPTIMIZERS:g} s; see its journal")


def unpacked_for_resuming(path: Path) -> Path:
    """Return the new run directory, beside it, of a checkpoint of a run that a configuration began.

    Raises
    ------
    UserError
        If the run was started from Python.
    StoreError
        If the file cannot be loaded.
    """
    run_dir = fresh_directory(path.absolute().parent, path.stem)
    try:
        unpack(path, run_dir)
        if not (run_dir / DOCUMENT).exists():
            raise UserError(
                f"{path} holds no {DOCUMENT}: the run was started from Python. Load it there, "
                f"GloMPOManager.load_manager({str(path)!r}).start_manager()"
            )
    except BaseException:
        withdraw(run_dir)
        raise
    return run_dir

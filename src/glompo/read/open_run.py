"""Looking at a run where it lies: in its directory, or in a checkpoint file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from glompo.read.history import History, load
from glompo.storage.checkpoint_file import is_checkpoint
from glompo.storage.checkpoint_unpack import unpack


@contextmanager
def open_run(path: str | os.PathLike[str]) -> Iterator[History]:
    """Give the history of a run; what a checkpoint file holds lies unpacked in a temporary directory for the block.

    No code of the run is executed, whatever the file holds.

    Parameters
    ----------
    path : path-like
        Working directory of a run, or a checkpoint file.

    Raises
    ------
    UserError
        If there is no run.
    StoreError
        If the file or the journal is damaged.
    """
    source = Path(path)
    if not is_checkpoint(source):
        yield load(source)
        return
    with TemporaryDirectory(prefix="glompo-inspect-") as folder:
        run_dir = Path(folder, "run")
        unpack(source, run_dir)
        yield replace(load(run_dir), writer_lives=True)  # it lived when the checkpoint was made

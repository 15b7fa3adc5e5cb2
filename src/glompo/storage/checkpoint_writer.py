"""The saved states of a run on disk, and its checkpoints, written beside the loop.

Writing a checkpoint takes as long as copying the journal; forcing a saved state to the disk may take a quarter of a
second. One thread does both, in the order in which they were asked for, while the run goes on. What it copies does not
change meanwhile: a journal only grows at its end, and a saved state that is not needed any more is removed by the
same thread, after everything that it was asked to do before.
"""

from __future__ import annotations

import contextlib
import platform
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from glompo._version import __version__
from glompo.core.views.run_view import RunView
from glompo.errors import StoreError
from glompo.events.enums import CheckpointOutcome
from glompo.loggers import library_logger
from glompo.spec.checkpointing import CheckpointingControl
from glompo.storage.blobs import blob_names, blob_path, read_blob, sync_blob, write_blob
from glompo.storage.checkpoint_file import Hashes, Piece, write_checkpoint
from glompo.storage.directory import CONFIGURATION, DOCUMENT, UNPACKED
from glompo.storage.disk import DiskThread
from glompo.storage.files import read_regular
from glompo.storage.journal import Journal
from glompo.storage.lease_state import writer_lives
from glompo.storage.reader import JournalFollower, shortcut
from glompo.storage.segments import Position, segment_path, survey

logger = library_logger("glompo.storage")


@dataclass(frozen=True, slots=True)
class Extras:
    """What goes into a checkpoint beside the run: members by name, and settings that could not be saved."""

    members: Mapping[str, bytes]
    left_out: tuple[str, ...] = ()


def nothing() -> Extras:
    """Return that nothing goes into a checkpoint beside the run."""
    return Extras({})


class CheckpointWriter:
    """A :class:`~glompo.engine.ports.CheckpointStore` for a run directory.

    Parameters
    ----------
    run_dir : Path
        The directory.
    journal : Journal
        Its open journal.
    control : CheckpointingControl
        Names and places of checkpoints.
    extras : callable
        Returns what goes into a checkpoint beside the run; called in the thread.
    wake : callable
        Makes the loop look; called from any thread.
    """

    def __init__(
        self,
        run_dir: Path,
        journal: Journal,
        control: CheckpointingControl,
        extras: Callable[[], Extras],
        wake: Callable[[], None],
    ) -> None:
        self._run_dir = run_dir
        self._journal = journal
        self._control = control
        self._extras = extras
        self._wake = wake
        self._thread: DiskThread[tuple[str, str, str]] = DiskThread("glompo-checkpoint")
        self._kept = set(blob_names(run_dir))
        self._hashes = Hashes()

    def keep(self, data: bytes) -> str:
        """Hand a saved state to the system, begin to force it to the disk, and return its name.

        Raises
        ------
        StoreError
            If the system refuses.
        """
        name = write_blob(self._run_dir, data)
        self._kept.add(name)
        self._thread.submit(_quietly, partial(sync_blob, self._run_dir, name))
        return name

    def fetch(self, blob: str) -> bytes | None:
        """Return the saved state of that name; None if it is gone or damaged."""
        return read_blob(self._run_dir, blob)

    def retain(self, blobs: Iterable[str]) -> None:
        """Remove all other saved states, once those that were kept last are on the disk."""
        # In the thread, and so after any checkpoint that was begun before and is going to copy these states.
        gone = self._kept.difference(blobs)
        self._kept -= gone
        for name in gone:
            self._thread.submit(_quietly, partial(blob_path(self._run_dir, name).unlink, missing_ok=True))

    def start_checkpoint(self, n: int, view: RunView) -> None:
        """Begin to write the file of checkpoint `n`."""
        states = [one.saved.blob for one in view if one.saved is not None]
        target = self._control.file(self._run_dir, n, datetime.now())
        facts = facts_of(view, n, self._journal.position)
        earlier = [self._run_dir / file for file in view.checkpoints.files]
        packing = self._thread.begin(self._written, target, facts, states, earlier)
        packing.add_done_callback(lambda _: self._wake())

    def finished_checkpoint(self, wait: bool = False) -> tuple[str, str, str] | None:
        """Return outcome, reason and path of the file that was begun; None while it is not done and none waits."""
        return self._thread.settle() if wait or not self._thread.busy else None

    def close(self) -> None:
        """Finish what was begun."""
        self._thread.close()

    def _written(
        self, target: Path, facts: dict[str, Any], states: list[str], earlier: list[Path]
    ) -> tuple[str, str, str]:
        try:
            extras = self._extras()
            facts["left_out"] = list(extras.left_out)
            position = Position(facts["segment"], facts["offset"])
            write_checkpoint(target, facts, pieces_of(self._run_dir, position, states, extras), self._hashes)
        except Exception as error:
            if not isinstance(error, StoreError):
                logger.exception("checkpoint %s could not be written", target)
            return CheckpointOutcome.ABANDONED, str(error), ""
        surplus = len(earlier) - self._control.keep_past if self._control.keep_past >= 0 else 0
        for old in earlier[: max(0, surplus)]:
            with contextlib.suppress(OSError):
                old.unlink(missing_ok=True)
        path = target.relative_to(self._run_dir) if target.is_relative_to(self._run_dir) else target
        left_out = f", without {' and '.join(extras.left_out)}" if extras.left_out else ""
        return CheckpointOutcome.COMPLETE, f"{target.stat().st_size} bytes{left_out}", str(path)


def facts_of(view: RunView, n: int, position: Position) -> dict[str, Any]:
    """Return what the manifest of checkpoint `n` says about the run."""
    return {
        "versions": {**view.opened.versions, "glompo": __version__, "python": platform.python_version()},
        "run_id": view.opened.run_id,
        "date": datetime.now().astimezone().isoformat(timespec="seconds"),
        "number": n,
        "segment": position.segment,
        "offset": position.offset,
        "run_time": view.now,
        "evaluations": view.calls,
        "left_out": [],
    }


def pieces_of(run_dir: Path, position: Position, states: Iterable[str], extras: Extras) -> dict[str, Piece]:
    """Return the members of a checkpoint file: settings, the journal up to `position`, and those saved states.

    A state that is gone or damaged is left out: its optimizer comes back by replay.
    """
    pieces = {name: Piece(data) for name, data in extras.members.items()}
    for name in (CONFIGURATION, DOCUMENT):
        if (run_dir / name).is_file():
            pieces.setdefault(name, Piece(read_regular(run_dir / name)))
    for number in range(1, position.segment + 1):
        path = segment_path(run_dir, number)
        pieces[f"journal/{path.name}"] = Piece(path, position.offset if number == position.segment else None)
    for name in states:
        data = read_blob(run_dir, name)
        if data is not None:
            pieces[f"blobs/{name[:2]}/{name}"] = Piece(data)
    return pieces


def _quietly(act: Callable[[], None]) -> None:
    try:
        act()
    except OSError as error:  # a saved state is a shortcut: without it there is replay
        logger.warning("a saved state: %s", error)


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
    # A damaged journal must be refused here and not when the checkpoint is resumed, perhaps on another machine. The
    # snapshot below spares folding the journal, but not checking all of it.
    survey(run_dir)
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

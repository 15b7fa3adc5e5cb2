"""The saved states of a run on disk, and its checkpoints, written beside the loop.

Writing a checkpoint takes as long as copying the journal; forcing a saved state to the disk may take a quarter of a
second. One thread does both, in the order in which they were asked for, while the run goes on. What it copies does not
change under its hands: a journal only grows at its end, and a saved state that nobody needs any more is removed by the
same thread, after everything that it was asked to do before.
"""

from __future__ import annotations

import contextlib
import platform
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
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
from glompo.storage.directory import CONFIGURATION, DOCUMENT
from glompo.storage.journal import Journal
from glompo.storage.regular_file import read_regular
from glompo.storage.segments import Position, segment_path

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
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="glompo-keeper")
        self._kept = set(blob_names(run_dir))
        self._hashes = Hashes()
        self._packing: Future[tuple[str, str, str]] | None = None

    def keep(self, data: bytes) -> str:
        """Hand a saved state to the system, begin to force it to the disk, and return its name.

        Raises
        ------
        StoreError
            If the system refuses.
        """
        name = write_blob(self._run_dir, data)
        self._kept.add(name)
        self._threads.submit(_quietly, partial(sync_blob, self._run_dir, name))
        return name

    def fetch(self, blob: str) -> bytes | None:
        """Return the saved state of that name; None if it is gone or damaged."""
        return read_blob(self._run_dir, blob)

    def retain(self, blobs: Iterable[str]) -> None:
        """Remove all other saved states, once those that were kept last are on the disk."""
        gone = self._kept.difference(blobs)
        self._kept -= gone
        for name in gone:
            self._threads.submit(_quietly, partial(blob_path(self._run_dir, name).unlink, missing_ok=True))

    def start_checkpoint(self, n: int, view: RunView) -> None:
        """Begin to write the file of checkpoint `n`."""
        states = [one.saved.blob for one in view if one.saved is not None]
        target = self._control.file(self._run_dir, n, datetime.now())
        facts = facts_of(view, n, self._journal.position)
        earlier = [self._run_dir / file for file in view.checkpoints.files]
        self._packing = self._threads.submit(self._written, target, facts, states, earlier)
        self._packing.add_done_callback(lambda _: self._wake())

    def finished_checkpoint(self, wait: bool = False) -> tuple[str, str, str] | None:
        """Return outcome, reason and path of the file that was begun; None while it is not done and none waits."""
        if self._packing is None or not (wait or self._packing.done()):
            return None
        packing, self._packing = self._packing, None
        return packing.result()

    def close(self) -> None:
        """Finish what was begun."""
        self._threads.shutdown(wait=True)

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

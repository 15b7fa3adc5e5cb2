"""Disposable folds: the state of a run at a position of its journal, so that opening need not read all of it.

Nothing depends on a snapshot. One that is damaged, of another version of the library, beyond the end of the journal
or of another history is passed over, and whoever finds none folds from the beginning.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glompo._version import __version__
from glompo.core.state.snapshot import LAYOUT
from glompo.errors import StoreError
from glompo.events import SCHEMA
from glompo.storage.disk import refusal, sync_folder, write_file
from glompo.storage.framing import frame, frames
from glompo.storage.regular_file import open_regular, read_regular
from glompo.storage.segments import Position, segment_path
from glompo.wire.codec import Codec, CodecError

KEPT = 2
"""Snapshots that are kept: the newest, and one to fall back on."""

_MSGPACK = 1
_WRITER = f"{__version__}/{SCHEMA}/{zlib.crc32(LAYOUT.encode()):08x}"
_CONTEXT_BYTES = 4096


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """What a file holds: its writer, the position, the checksum of the journal just before it, the state."""

    writer: str
    position: Position
    context: int
    state: dict[str, Any]


_CODEC = Codec([_Snapshot])


def save(run_dir: Path, position: Position, state: dict[str, Any]) -> Path:
    """Write a snapshot and remove all but the newest ones.

    Parameters
    ----------
    run_dir : Path
        Working directory of the run.
    position : Position
        Where the journal stood; commit it first, or the snapshot may outlive the events that it is made of.
    state : dict
        Plain data and arrays. Tuples come back as lists.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    StoreError
        If `position` is not in the journal, the state is not plain data, or the system refuses; the earlier snapshots
        are intact.
    """
    context = _context(run_dir, position)
    if context is None:
        raise StoreError(f"the journal in {run_dir} does not reach to {position}: save a snapshot of what is recorded")
    try:
        data = frame(_CODEC.encode(_Snapshot(_WRITER, position, context, state)), _MSGPACK)
    except CodecError as error:
        raise StoreError(f"a snapshot cannot be written: {error}") from error
    folder = _folder(run_dir)
    path = folder / f"{position.segment:06d}-{position.offset:012d}.snap"
    unfinished = folder / "unfinished"
    try:
        folder.mkdir(exist_ok=True)
        write_file(unfinished, data)
        unfinished.replace(path)
        sync_folder(folder)
        for older in _newest_first(run_dir)[KEPT:]:
            older.unlink(missing_ok=True)
    except OSError as error:
        raise refusal("write", path, error, "the run needs no snapshot and can go on") from error
    return path


def usable(run_dir: Path) -> Iterator[tuple[Position, dict[str, Any]]]:
    """Yield the snapshots that belong to the journal and to this version, newest first.

    Go on from one with ``read_events(run_dir, position)``.
    """
    for path in _newest_first(run_dir):
        snapshot = _load(path)
        if (
            snapshot is not None
            and snapshot.writer == _WRITER
            and snapshot.context == _context(run_dir, snapshot.position)
        ):
            yield snapshot.position, snapshot.state


def newest(run_dir: Path) -> tuple[Position, dict[str, Any]] | None:
    """Return the first one of :func:`usable`; None if there is none."""
    return next(usable(run_dir), None)


def _folder(run_dir: Path) -> Path:
    return run_dir / "snapshots"


def _newest_first(run_dir: Path) -> list[Path]:
    return sorted(_folder(run_dir).glob("*.snap"), reverse=True)


def _load(path: Path) -> _Snapshot | None:
    try:
        data = read_regular(path)
    except OSError:
        return None
    record = next(frames(data), None)
    if record is None or record.end != len(data) or record.codec != _MSGPACK:
        return None
    try:
        return _CODEC.decode(bytes(record.payload))
    except CodecError:
        return None


def _context(run_dir: Path, position: Position) -> int | None:
    """Return the checksum of the journal's bytes just before `position`; None if it does not reach so far.

    A position alone does not name a history: a power failure may take events away, and others take their place.
    """
    begin = max(position.offset - _CONTEXT_BYTES, 0)
    try:
        with open_regular(segment_path(run_dir, position.segment)) as file:
            file.seek(begin)
            data = file.read(position.offset - begin)
    except (OSError, ValueError, OverflowError, TypeError):  # a position that is none
        return None
    return zlib.crc32(data) if len(data) == position.offset - begin else None

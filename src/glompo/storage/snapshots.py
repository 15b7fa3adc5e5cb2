"""Disposable folds: the state of a run at a position of its journal, so that opening need not read all of it.

Nothing depends on a snapshot. One that is damaged, of another version of the library, beyond the end of the journal
or of another history is passed over; without any the journal is folded from its beginning.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glompo._version import __version__
from glompo.core.state.run_state import RunState
from glompo.core.state.snapshot import LAYOUT, Dump
from glompo.errors import StoreError
from glompo.events import SCHEMA
from glompo.storage.disk import DiskThread, refusal, sync_folder, write_file
from glompo.storage.files import open_regular, read_regular
from glompo.storage.framing import frame, frames
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
    """Write a snapshot of `state`, remove all but the newest ones, and return the file.

    Parameters
    ----------
    run_dir : Path
        Working directory of the run.
    position : Position
        Where the journal stood; commit it first, or the snapshot may outlive the events that it is made of.
    state : dict
        Plain data and arrays. Tuples come back as lists.

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


EVENTS = 20_000
"""Events after which a snapshot is due."""

BYTES = 32 * 2**20
"""Bytes of the journal after which it is due, if that is earlier."""

WORTH = 20
"""At the end of a session one is saved if there is at least this part of what makes one due."""

REST = 20
"""How many times the duration of the last one the next one waits."""

AT_ONCE = 100
"""Optimizers that are described at once, besides those that live."""


class SnapshotWriter:
    """Saves snapshots of one run beside it, as seldom as opening allows.

    One is due when reading what was recorded after the last one would take a second or so. The state is described in
    the loop, which takes some milliseconds, since nothing is copied; a thread writes it. However much there is to
    write, that takes a small part of the time: the next one waits many times as long as the last one took.

    Parameters
    ----------
    run_dir : Path
        Working directory of the run.
    clock : callable
        The time in seconds.
    """

    def __init__(self, run_dir: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._run_dir = run_dir
        self._clock = clock
        self._dump = Dump()
        self._events = 0
        self._bytes = 0
        self._next = 0.0
        self._thread: DiskThread[float] = DiskThread("glompo-snapshot")

    def note(self, events: int, size: int) -> None:
        """Take note that `events` events were appended, of `size` bytes."""
        self._events += events
        self._bytes += size

    def keep(self, state: RunState, position: Position) -> None:
        """Begin to save `state`, which is that at `position`, if it is time for it.

        Raises StoreError if the last one could not be written; the run can go on.
        """
        if not self._due(1) or self._thread.busy:
            return
        self.settle()
        if self._clock() < self._next or not self._dump.prepare(state, AT_ONCE):
            return
        self._events = self._bytes = 0
        self._thread.begin(self._save, self._dump.of(state), position)

    def settle(self) -> None:
        """Wait for the one under way, if any; raises StoreError if it could not be written."""
        took = self._thread.settle()
        if took is not None:
            self._next = self._clock() + REST * took

    def finish(self, state: RunState, position: Position) -> None:
        """Save the last state of a session, if that spares a later reader much; raises StoreError if it cannot."""
        self.settle()
        if self._due(WORTH):
            save(self._run_dir, position, self._dump.of(state))

    def close(self) -> None:
        """End the thread."""
        self._thread.close()

    def _due(self, part: int) -> bool:
        return self._events * part >= EVENTS or self._bytes * part >= BYTES

    def _save(self, described: dict[str, object], position: Position) -> float:
        begin = self._clock()
        save(self._run_dir, position, described)
        return self._clock() - begin

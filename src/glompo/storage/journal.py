"""The journal of a run, as its single writer sees it: append, and say when it must be durable.

Three promises:

* What was appended survives the death of the process: it was handed to the operating system in the same call.
* It survives the death of the machine once :meth:`Journal.commit` returned, or 100 ms later at most (durability
  ``batch``), or at once (``always``). With ``none`` the run never waits for the disk.
* An append happens as a whole or not at all. After a refusal (a full disk) the file is cut back to where it was, and
  a later append works.

There is no thread here and no waiting: the owner of the journal asks :meth:`Journal.due` how long it may wait and
calls :meth:`Journal.tick`. That it is the single writer is for :mod:`glompo.storage.lease` to see to.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Literal, Self, get_args

from glompo.errors import RunExistsError, SettingError, StoreError
from glompo.events import Event
from glompo.storage import framing
from glompo.storage.codec import MSGPACK, encode_apart
from glompo.storage.disk import Disk, DiskThread, SystemDisk, refusal, sync_folder, write_all
from glompo.storage.framing import HEADER_SIZE, frame, header
from glompo.storage.segments import Position, Segment, journal_folder, last_segment, segment_path, survey

Durability = Literal["always", "batch", "none"]

GROUP_SECONDS = 0.1
"""Longest time for which an appended event may be with the operating system only (durability ``batch``)."""

SEGMENT_BYTES = 64 * 2**20
"""Size at which a segment is followed by the next one."""

_SYSTEM = SystemDisk()
_APPEND = os.O_RDWR | os.O_APPEND | os.O_CLOEXEC


class Journal:
    """The open journal of a run; made by :meth:`create` or :meth:`open`, which take the same settings.

    Parameters
    ----------
    run_dir : Path
        Working directory of the run.
    durability : {'batch', 'always', 'none'}
        When events are forced to the disk.
    clock : callable
        The time, in seconds, of which :meth:`tick` is told.
    segment_bytes : int
        A segment that an append would lengthen beyond this is followed by the next one, unless it is empty.
    disk : Disk
        The file operations; tests pass one that fails.

    Attributes
    ----------
    dropped_bytes : int
        Bytes of an unfinished write that :meth:`open` cut off.
    appended : int
        Bytes that were appended since.
    """

    def __init__(
        self, run_dir: Path, durability: Durability, clock: Callable[[], float], segment_bytes: int, disk: Disk
    ) -> None:
        if durability not in get_args(Durability):
            raise SettingError(f"durability is {durability!r}: use one of {', '.join(get_args(Durability))}")
        if segment_bytes < 1:
            raise SettingError(f"segment_bytes is {segment_bytes}: use a positive number")
        self.dropped_bytes = 0
        self.appended = 0
        self._run_dir = run_dir
        self._durability = durability
        self._clock = clock
        self._segment_bytes = segment_bytes
        self._disk = disk
        self._thread: DiskThread[None] = DiskThread("glompo-disk")
        self._number = 0
        self._end = 0
        self._fd: int | None = None
        self._deadline: float | None = None
        self._unsynced = False  # something was appended since the last synchronisation
        self._unfinished = False  # bytes of a refused append may lie after the end
        self._over = ""  # why nothing more can be appended

    @classmethod
    def create(
        cls,
        run_dir: Path,
        *,
        durability: Durability = "batch",
        clock: Callable[[], float] = time.monotonic,
        segment_bytes: int = SEGMENT_BYTES,
        disk: Disk = _SYSTEM,
    ) -> Self:
        """Begin the journal of a new run.

        Raises
        ------
        RunExistsError
            If `run_dir` holds a journal already.
        StoreError
            If the files cannot be written.
        """
        journal = cls(run_dir, durability, clock, segment_bytes, disk)
        folder = journal_folder(run_dir)
        if last_segment(run_dir):
            raise RunExistsError(f"{run_dir} holds a run already: resume it, or choose another working directory")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if durability != "none":
                sync_folder(run_dir)
        except OSError as error:
            raise refusal("create", folder, error, "then start again") from error
        journal._begin(1)
        return journal

    @classmethod
    def open(
        cls,
        run_dir: Path,
        *,
        durability: Durability = "batch",
        clock: Callable[[], float] = time.monotonic,
        segment_bytes: int = SEGMENT_BYTES,
        disk: Disk = _SYSTEM,
    ) -> Self:
        """Go on with the journal of an earlier run: check all of it and cut off an unfinished write.

        Raises
        ------
        CorruptJournalError
            If it is damaged before its tail; nothing was changed.
        StoreError
            If there is no journal, a newer version wrote it, or the files cannot be written.
        """
        journal = cls(run_dir, durability, clock, segment_bytes, disk)
        segments = survey(run_dir)
        for segment in segments:
            if not segment.whole:
                journal._mend(segment)
        last = segments[-1]
        try:
            journal._fd = os.open(last.path, _APPEND)
        except OSError as error:
            raise refusal("open", last.path, error, "then resume again") from error
        journal._number, journal._end = last.number, max(last.end, HEADER_SIZE)
        journal._unsynced = True  # by the process before this one, for all that is known
        return journal

    @property
    def run_dir(self) -> Path:
        """Working directory of the run."""
        return self._run_dir

    @property
    def position(self) -> Position:
        """Where the next append goes, if the segment does not end before it."""
        return Position(self._number, self._end)

    def append(self, events: Sequence[Event]) -> None:
        """Write the events as one record, or as few as can hold them, and hand them to the operating system.

        Raises
        ------
        StoreError
            If an event cannot be written or the system refuses. None of `events` is recorded then; those before are
            intact. A later append works. After a failed synchronisation neither is certain: only a resume finds out.
        """
        if not events:
            return
        record = b"".join([frame(payload, MSGPACK) for payload in encode_apart(events, framing.LENGTH_LIMIT)])
        fd = self._room_for(len(record))
        self._unfinished = True  # also if a signal handler raises out of the write
        try:
            write_all(self._disk, fd, record)
        except OSError as error:
            with contextlib.suppress(OSError):  # else the next append tries again, or the next opening mends it
                self._cut_unfinished(fd)
            remedy = f"the {self._end} bytes before are intact, and the run can be resumed from them"
            raise refusal(f"append {len(record)} bytes to", self._path, error, remedy) from error
        self._end += len(record)
        self.appended += len(record)
        self._unfinished = False
        self._unsynced = True
        if self._durability == "always":
            self.commit()
        elif self._durability == "batch" and self._deadline is None:
            self._deadline = self._clock() + GROUP_SECONDS

    def commit(self) -> None:
        """Return when everything appended is on the disk (durability ``none``: at once).

        Raises
        ------
        StoreError
            If the system fails to: then it is not known what is on the disk, and only a resume finds out.
        """
        self._refuse_if_over()
        try:
            self._thread.settle()
            if self._fd is None or not self._unsynced or self._durability == "none":
                return
            self._disk.sync(self._fd)
        except OSError as error:
            raise self._unsynchronised(error) from error
        self._unsynced = False
        self._deadline = None

    def due(self) -> float | None:
        """Return the time on the clock at which :meth:`tick` has something to do; None if never."""
        return self._deadline

    def tick(self, now: float) -> None:
        """Begin to commit if it is time for it; appending goes on meanwhile.

        Raises
        ------
        StoreError
            If an earlier commit failed.
        """
        if self._fd is None or self._deadline is None or now < self._deadline:
            return
        if self._thread.busy:  # a slow disk: everything since waits for the next turn
            self._deadline = now + GROUP_SECONDS / 10
            return
        try:
            self._thread.settle()
        except OSError as error:
            raise self._unsynchronised(error) from error
        # From here on what is appended belongs to the next synchronisation; should this one fail, the next turn raises.
        self._thread.begin(self._disk.sync, self._fd)
        self._unsynced = False
        self._deadline = None

    def _unsynchronised(self, error: OSError) -> StoreError:
        """Close the journal for good: asked again, the system may say yes although it has thrown the bytes away."""
        remedy = "events since the last commit may be lost; resume the run, which reads what there is"
        failure = refusal("synchronise", self._path, error, remedy)
        self._over = str(failure)
        return failure

    def close(self) -> None:
        """Commit and leave the file; a second call does nothing."""
        if self._fd is not None:
            try:
                if not self._over:
                    with contextlib.suppress(OSError):  # the next opening mends it
                        self._cut_unfinished(self._fd)
                    self.commit()
            finally:
                with contextlib.suppress(OSError):  # raised already, or about to be
                    self._thread.settle()
                self._thread.close()
                os.close(self._fd)
                self._fd = None
        self._over = self._over or f"the journal of {self._run_dir} is closed"
        self._deadline = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def _path(self) -> Path:
        return segment_path(self._run_dir, self._number)

    def _refuse_if_over(self) -> None:
        if self._over:
            raise StoreError(self._over)

    def _room_for(self, size: int) -> int:
        """Return the descriptor of a segment that may take `size` more bytes."""
        self._refuse_if_over()
        if self._fd is not None:
            self._look_at(self._fd)
            if self._end > HEADER_SIZE and self._end + size > self._segment_bytes:
                # Synchronised before its successor exists: so only the last segment can have a torn tail.
                self.commit()
                os.close(self._fd)
                self._fd = None
        return self._begin(self._number + 1) if self._fd is None else self._fd

    def _look_at(self, fd: int) -> None:
        """Make sure that the file ends where this process left it."""
        try:
            if self._unfinished:
                self._cut_unfinished(fd)
            status = os.fstat(fd)
        except OSError as error:
            raise refusal("append to", self._path, error, "then append again") from error
        if status.st_nlink == 0:
            raise StoreError(f"{self._path} was deleted while the run writes to it: its events are lost, start again")
        if status.st_size != self._end:
            raise StoreError(
                f"{self._path} has {status.st_size} bytes where this process left {self._end}: another process "
                f"writes to the same run. Nothing was appended; end one of the two and resume the run"
            )

    def _cut_unfinished(self, fd: int) -> None:
        if self._unfinished:
            self._disk.truncate(fd, self._end)
            self._unfinished = False

    def _begin(self, number: int) -> int:
        """Begin segment `number`, make its name durable, return its descriptor.

        After a refusal the journal stays between two segments: a reader that saw the new name takes the old segment
        for complete, so nothing may be appended to that one.
        """
        path = segment_path(self._run_dir, number)
        try:
            fd = os.open(path, _APPEND | os.O_CREAT | os.O_EXCL, 0o666)
        except FileExistsError as error:
            raise StoreError(
                f"{path} exists already: another process writes to the same run; end one of them"
            ) from error
        except OSError as error:
            raise refusal("create", path, error, "the segments before are intact") from error
        try:
            write_all(self._disk, fd, header(number))
            if self._durability != "none":
                self._disk.sync(fd)
                sync_folder(path.parent)
        except BaseException as error:
            os.close(fd)
            with contextlib.suppress(OSError):
                path.unlink()
            if isinstance(error, OSError):
                raise refusal("create", path, error, "the segments before are intact") from error
            raise
        self._fd, self._number, self._end = fd, number, HEADER_SIZE
        return fd

    def _mend(self, torn: Segment) -> None:
        """Cut the torn part off; give a segment without a header one."""
        try:
            fd = os.open(torn.path, _APPEND)
            try:
                self._disk.truncate(fd, torn.end)
                if not torn.end:
                    write_all(self._disk, fd, header(torn.number))
                if self._durability != "none":
                    self._disk.sync(fd)
            finally:
                os.close(fd)
        except OSError as error:
            raise refusal("repair", torn.path, error, "then resume again") from error
        self.dropped_bytes += torn.size - torn.end

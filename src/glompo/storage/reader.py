"""Reading a journal while another process may be writing to it: no lock, nothing changed, nothing read twice.

Two facts about the writer make this safe. A segment never changes again once its successor exists; so a reader that
sees the successor and then reads to the end of the segment has all of it. And bytes that were a valid record once are
never cut off; so only the bytes after the last valid record have to be read again.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from glompo.core.state import snapshot
from glompo.core.state.run_state import RunState
from glompo.errors import CorruptJournalError, StoreError
from glompo.events import Event
from glompo.storage.codec import decode_events
from glompo.storage.files import open_regular, unreadable
from glompo.storage.framing import HEADER_SIZE, frames, refuse_corruption
from glompo.storage.segments import (
    SEGMENT_LIMIT,
    START,
    Position,
    Segment,
    has_header,
    last_segment,
    no_journal,
    refuse_records_after,
    segment_path,
    survey_segment,
)
from glompo.storage.snapshots import usable


def read_events(run_dir: Path, start: Position = START) -> Iterator[Event]:
    """Yield the events of a run, dead or alive, up to the last complete one.

    Parameters
    ----------
    run_dir : Path
        Working directory of the run.
    start : Position
        Where to begin: the beginning, or the position of a snapshot.

    Raises
    ------
    CorruptJournalError
        When the damage is reached, after the events before it.
    StoreError
        If there is no journal, or a newer version of the library wrote it.
    """
    if not last_segment(run_dir):
        raise no_journal(run_dir)
    return JournalFollower(run_dir, start).stream()


class JournalFollower:
    """A reader that follows a journal: each poll gives what came since the one before.

    Parameters
    ----------
    run_dir : Path
        Working directory of the run; there need not be a journal yet.
    start : Position
        Where to begin.
    """

    def __init__(self, run_dir: Path, start: Position = START) -> None:
        self._run_dir = run_dir
        self._number = start.segment
        self._offset = max(start.offset, HEADER_SIZE)
        self._headed = False  # whether the header of the segment has been seen in full

    @property
    def position(self) -> Position:
        """After the last record that was read."""
        return Position(self._number, self._offset)

    def poll(self) -> list[Event]:
        """Return the events that came since the last poll; none is lost and none given twice.

        Raises
        ------
        CorruptJournalError
            If the journal is damaged before its tail, or lost what had been read from it.
        StoreError
            If a newer version of the library wrote it.
        """
        events: list[Event] = []
        try:
            for event in self.stream():
                events.append(event)  # one by one: what came before an error is kept
        except StoreError:
            if not events:
                raise
            # else the next poll meets the damage again, after these events were delivered
        return events

    def fold_into(self, state: RunState) -> None:
        """Fold what was not read yet into `state`.

        Raises
        ------
        CorruptJournalError, StoreError
            As for :meth:`poll`; also if an event cannot have happened, which names the record.
        """
        for event in self.stream():
            self.fold(event, state)

    def fold(self, event: Event, state: RunState) -> None:
        """Fold the event that was read last; raises StoreError, naming the record, if it cannot have happened."""
        try:
            state.apply(event)
        except Exception as error:  # what a forged record holds may be anything
            raise self._impossible(error) from error

    def stream(self) -> Iterator[Event]:
        """Yield what :meth:`poll` would return, with one segment in memory at most.

        An iterator that is left before its end may have passed over events of the record that it was in.
        """
        suspect: Position | None = None
        while self._number <= (last := last_segment(self._run_dir)):
            data, base = self._fetch(), self._offset
            for record in frames(data):
                events = self._decode(record.payload, record.codec)
                self._offset = base + record.end
                yield from events
            rest = data[self._offset - base :]
            if rest or not self._headed:
                try:
                    self._refuse_damage(rest, last)
                except CorruptJournalError:
                    # The writer may have cut off a torn tail and appended while these bytes were read, so that they are
                    # of two moments. Damage stays at the same position: so look twice.
                    if suspect == self.position:
                        raise
                    suspect = self.position
                    continue
                return
            if self._number == last:
                return
            self._number, self._offset, self._headed = self._number + 1, HEADER_SIZE, False

    def _fetch(self) -> bytes:
        """Return the bytes after the position; of a segment with an unfinished header, all."""
        path = segment_path(self._run_dir, self._number)
        try:
            with open_regular(path, SEGMENT_LIMIT) as file:
                size = os.fstat(file.fileno()).st_size
                self._headed = self._headed or has_header(file, self._number, str(path))
                file.seek(self._offset if self._headed else 0)
                data = file.read()
        except FileNotFoundError:  # its writer could not finish the header and took it back
            return b""
        except OSError as error:
            raise unreadable(path, error) from error
        if self._headed and size < self._offset:
            raise CorruptJournalError(
                f"{path} has {size} bytes, yet its events up to byte {self._offset} have been read: its end was lost, "
                f"perhaps in a power failure of the machine that writes it. Read the run anew from the beginning"
            )
        return data

    def _impossible(self, error: Exception) -> StoreError:
        path = segment_path(self._run_dir, self._number)
        return StoreError(
            f"{path}, in the record that ends at byte {self._offset}: an event that cannot have happened: {error}; "
            "restore the file from a copy"
        )

    def _decode(self, payload: memoryview, codec: int) -> list[Event]:
        try:
            return decode_events(payload, codec)
        except StoreError as error:
            path = segment_path(self._run_dir, self._number)
            raise StoreError(f"{path}, in the record at byte {self._offset}: {error}") from error

    def _refuse_damage(self, rest: bytes, last: int) -> None:
        """Raise if a valid record follows `rest`, in this segment or in a later one."""
        path = segment_path(self._run_dir, self._number)
        end = self._offset if self._headed else 0
        refuse_corruption(rest, 0, str(path), end)
        torn = Segment(self._number, path, end, end + len(rest))
        refuse_records_after(
            torn, [survey_segment(self._run_dir, later) for later in range(self._number + 1, last + 1)]
        )


def shortcut(run_dir: Path) -> tuple[RunState, Position]:
    """Return the state of a run at some position of its journal, as far on as a snapshot helps.

    Without one that can be used it is the empty state at the beginning.
    """
    for position, data in usable(run_dir):
        try:
            return snapshot.load(data), position
        except StoreError:
            continue
    return RunState(), START


def state_of(run_dir: Path) -> RunState:
    """Return the state of a run after the last event that is recorded.

    Raises
    ------
    CorruptJournalError
        If the part of the journal that is read is damaged before its tail.
    StoreError
        If there is no journal, a newer version of the library wrote it, or it holds what cannot have happened.
    """
    return state_and_end(run_dir)[0]


def state_and_end(run_dir: Path) -> tuple[RunState, Position]:
    """Return :func:`state_of`, and the end of what was read."""
    if not last_segment(run_dir):
        raise no_journal(run_dir)
    state, start = shortcut(run_dir)
    journal = JournalFollower(run_dir, start)
    journal.fold_into(state)
    return state, journal.position

"""Evaluations that are no longer in memory, read from the journal when they are asked for."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from glompo.core.evaluations.columns import Columns, Rows, blank, extras_of, fill, track_of, valid_values
from glompo.errors import StoreError
from glompo.events import Evaluated, Event
from glompo.storage.codec import decode_events
from glompo.storage.files import open_regular
from glompo.storage.framing import HEADER_SIZE, frames
from glompo.storage.segments import SEGMENT_LIMIT, START, Position, read_part, segment_path

STRIDE = 2048
"""Evaluations of an optimizer from one mark to the next, about: what is read too much at most."""

HELD_BYTES = 128 * 2**20
"""What is held of histories that were asked for from their beginning, as many will ask again."""


@dataclass(frozen=True, slots=True)
class _Mark:
    """A record that holds evaluation `k` of an optimizer, and what was before it.

    Attributes
    ----------
    k : int
        The first evaluation in it.
    at : Position
        Where it begins.
    order : int
        Evaluations of the whole run before it.
    best : float
        Smallest valid value of the optimizer before it.
    """

    k: int
    at: Position
    order: int
    best: float


class JournalHistory:
    """A :class:`~glompo.core.policies.ports.History` of the run in a directory, which may be going on.

    Nothing is read before something is asked. The first question reads the journal once and notes where the
    evaluations lie; later ones read what they need.

    Parameters
    ----------
    run_dir : Path
        Working directory of the run.
    """

    def __init__(self, run_dir: Path) -> None:
        self._run_dir = run_dir
        self._end = START
        self._order = 0
        self._marks: dict[int, list[_Mark]] = {}
        self._noted: dict[int, tuple[int, float]] = {}
        self._held: dict[int, Rows] = {}
        self._detailed: set[int] = set()
        self._tracks: dict[tuple[int, int], tuple[Position, list[Any]]] = {}

    def rows(self, opt: int, start: int, stop: int) -> Columns:
        """Return the evaluations `start` to before `stop` of optimizer `opt`, from 0; at least one is asked for.

        Raises
        ------
        StoreError
            If the journal does not hold them.
        """
        held = self._held.get(opt)
        if held is None and start > 0:
            return Columns(self._read(opt, start, stop))
        if held is None or len(held) < stop:
            held = self._hold(opt, held, stop)
        return Columns(held[start:stop])

    def extras(self, opt: int) -> tuple[tuple[Any, ...], ...]:
        """Return the further values of its detailed calls, one row for each of its first evaluations."""
        self._note()
        if opt not in self._detailed:
            return ()
        stream = records(self._run_dir, self._marks[opt][0].at)
        return extras_of((event for _, _, events in stream for event in events), opt)

    def track(self, opt: int, column: int) -> list[Any]:
        """Return the further value at `column` of each of its first evaluations, None where there is none.

        What was read is kept, so that a policy that asks again and again reads only what has come meanwhile.
        """
        self._note()
        if opt not in self._detailed:
            return []
        start, values = self._tracks.get((opt, column), (self._marks[opt][0].at, []))
        for _, end, events in records(self._run_dir, start):
            start = end
            for event in events:
                if isinstance(event, Evaluated) and event.opt == opt:
                    values.extend(track_of(event, column))
        self._tracks[opt, column] = start, values
        return values

    def _hold(self, opt: int, held: Rows | None, stop: int) -> Rows:
        """Return evaluations from the first to before `stop`, and keep them for the next question."""
        new = self._read(opt, 0 if held is None else len(held), stop)
        rows = new if held is None else np.concatenate([held, new])
        self._held.pop(opt, None)
        self._held[opt] = rows
        while len(self._held) > 1 and sum(one.nbytes for one in self._held.values()) > HELD_BYTES:
            del self._held[next(iter(self._held))]
        return rows

    def _read(self, opt: int, start: int, stop: int) -> Rows:
        self._note()
        if self._noted.get(opt, (0, 0.0))[0] < stop:
            raise StoreError(
                f"the journal in {self._run_dir} does not hold evaluations {start} to {stop} of optimizer {opt}: was "
                "a part of it deleted or replaced?"
            )
        marks = self._marks[opt]
        mark = marks[bisect_right(marks, start, key=lambda mark: mark.k) - 1]
        order, best, found = mark.order, mark.best, None
        for _, _, events in records(self._run_dir, mark.at):
            for event in events:
                if not isinstance(event, Evaluated):
                    continue
                if event.opt == opt:
                    rows = blank(len(event.f), event.X.shape[1])
                    fill(rows, event, order, best)
                    best = float(rows["best_f"][-1])
                    found = np.zeros(stop - start, rows.dtype) if found is None else found
                    low, high = max(start, event.k0), min(stop, event.k0 + len(rows))
                    if low < high:
                        found[low - start : high - start] = rows[low - event.k0 : high - event.k0]
                    if high == stop:
                        return found
                order += len(event.f)
        raise StoreError(f"the journal in {self._run_dir} was changed while it was read; read the run anew")

    def _note(self) -> None:
        """Note where evaluations lie in what was recorded since the last time."""
        for begin, end, events in records(self._run_dir, self._end):
            order = self._order
            for event in events:
                if isinstance(event, Evaluated):
                    self._note_batch(event, begin, order)
                    self._order += len(event.f)
            self._end = end

    def _note_batch(self, event: Evaluated, begin: Position, order: int) -> None:
        _, best = self._noted.get(event.opt, (0, np.inf))
        marks = self._marks.setdefault(event.opt, [])
        if not marks or (event.k0 - marks[-1].k >= STRIDE and begin != marks[-1].at):
            marks.append(_Mark(event.k0, begin, order, best))
        if event.extras:
            self._detailed.add(event.opt)
        values = valid_values(event.status, event.f)
        self._noted[event.opt] = event.k0 + len(values), min(best, float(values.min()))


def records(run_dir: Path, start: Position) -> Iterator[tuple[Position, Position, list[Event]]]:
    """Yield where each record begins and ends, and its events, up to the last complete one.

    Unlike :func:`~glompo.storage.reader.read_events` it reads no more than it gives, and does not ask whether what
    it stops at is damage.
    """
    number, offset = start.segment, start.offset
    while (path := segment_path(run_dir, number)).exists():
        for begin, end, events in _of_segment(path, offset):
            yield Position(number, begin), Position(number, end), events
        number, offset = number + 1, HEADER_SIZE


def _of_segment(path: Path, offset: int) -> Iterator[tuple[int, int, list[Event]]]:
    with open_regular(path, SEGMENT_LIMIT) as file:
        while True:
            done = 0
            for record in frames(read_part(file, offset)):
                done = record.end
                yield offset + record.offset, offset + done, decode_events(record.payload, record.codec)
            if not done:
                return
            offset += done

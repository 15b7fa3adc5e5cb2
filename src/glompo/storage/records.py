"""Reading single records out of the middle of a journal that is known to be intact."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from glompo.events import Event
from glompo.storage.codec import decode_events
from glompo.storage.framing import HEADER_SIZE, frames
from glompo.storage.regular_file import open_regular
from glompo.storage.segments import SEGMENT_LIMIT, Position, read_part, segment_path


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

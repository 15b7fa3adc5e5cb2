"""The files of a journal: where they lie, how they follow each other, where their valid part ends."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from glompo.errors import CorruptJournalError, StoreError
from glompo.storage.files import open_regular, unreadable
from glompo.storage.framing import HEADER_SIZE, check_header, corruption, extent, header, refuse_corruption, valid_end

CHUNK = 2**18
"""Bytes of a segment that are read at once; more if a record is larger."""

SEGMENT_LIMIT = 2**30
"""Bytes of the largest segment that is read."""

_SUFFIX = ".seg"


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a journal, between two records: the number of the segment (from 1) and the offset in its file."""

    segment: int
    offset: int


START = Position(1, HEADER_SIZE)
"""Before the first record of any journal."""


@dataclass(frozen=True, slots=True)
class Segment:
    """What the bytes of one segment amount to.

    Attributes
    ----------
    number : int
        Its number, from 1.
    path : Path
        Its file.
    end : int
        Offset after the last valid record; 0 if not even the header is complete.
    size : int
        Bytes of the file.
    """

    number: int
    path: Path
    end: int
    size: int

    @property
    def whole(self) -> bool:
        """Whether nothing in it is torn."""
        return HEADER_SIZE <= self.end == self.size

    @property
    def holds_records(self) -> bool:
        """Whether there is a valid record in it."""
        return self.end > HEADER_SIZE


def journal_folder(run_dir: Path) -> Path:
    """Return the folder of the segments."""
    return run_dir / "journal"


def segment_path(run_dir: Path, number: int) -> Path:
    """Return the file of segment `number`."""
    return journal_folder(run_dir) / f"{number:06d}{_SUFFIX}"


def last_segment(run_dir: Path) -> int:
    """Return the number of the last segment, 0 if there is none.

    Raises
    ------
    CorruptJournalError
        If one before it is missing.
    StoreError
        If a file has the suffix of a segment and a name that is none.
    """
    folder = journal_folder(run_dir)
    if not folder.is_dir():
        return 0
    numbers = {_number(path) for path in folder.iterdir() if path.suffix == _SUFFIX}
    last = max(numbers, default=0)
    for number in range(1, last):
        # a listing made while the writer adds files may lack an older one: ask for it by name
        if number not in numbers and not segment_path(run_dir, number).exists():
            raise CorruptJournalError(
                f"{segment_path(run_dir, number)} is missing, yet {segment_path(run_dir, last).name} exists: "
                f"restore it from a copy"
            )
    return last


def survey(run_dir: Path) -> list[Segment]:
    """Check every record of a journal and return its segments, of which the last ones may be torn.

    Raises
    ------
    CorruptJournalError
        If bytes that are no record lie before a valid record.
    StoreError
        If there is no journal, or a newer version of the library wrote it.
    """
    found = [survey_segment(run_dir, number) for number in range(1, last_segment(run_dir) + 1)]
    if not found:
        raise no_journal(run_dir)
    torn = next((segment for segment in found if not segment.whole), None)
    if torn:
        refuse_records_after(torn, found[torn.number :])
    return found


def survey_segment(run_dir: Path, number: int) -> Segment:
    """Check every record of one segment.

    Raises
    ------
    CorruptJournalError
        If bytes that are no record lie before a valid record of it.
    StoreError
        If a newer version of the library wrote it.
    """
    path, end = segment_path(run_dir, number), HEADER_SIZE
    try:
        with open_regular(path, SEGMENT_LIMIT) as file:
            if not has_header(file, number, str(path)):
                return Segment(number, path, 0, file.tell())
            while done := valid_end(read_part(file, end), 0):
                end += done
            file.seek(end)
            rest = file.read()
    except OSError as error:
        raise unreadable(path, error) from error
    refuse_corruption(rest, 0, str(path), end)
    return Segment(number, path, end, end + len(rest))


def has_header(file: BinaryIO, number: int, name: str) -> bool:
    """Return whether an open segment, of which nothing was read, has its header, as :func:`check_header` says it.

    If it has not, all of it was read.
    """
    head = file.read(HEADER_SIZE)
    return head == header(number) or check_header(head + file.read(), number, name)


def read_part(file: BinaryIO, start: int) -> bytes:
    """Return bytes of a segment from `start` on: a whole record at least, if one begins there."""
    file.seek(start)
    data = file.read(CHUNK)
    missing = extent(data) - len(data)
    return data + file.read(missing) if missing > 0 else data


def refuse_records_after(torn: Segment, later: list[Segment]) -> None:
    """Raise if one of the `later` segments holds a record: then `torn` is not torn but damaged.

    Raises
    ------
    CorruptJournalError
        Naming the file of `torn` and the offset of the damage.
    """
    for segment in later:
        if segment.holds_records:
            raise CorruptJournalError(corruption(str(torn.path), torn.end, f"yet {segment.path.name} holds some"))


def no_journal(run_dir: Path) -> StoreError:
    """Return the error about a directory without a journal."""
    return StoreError(f"{run_dir} holds no journal: is it the working directory of a run?")


def _number(path: Path) -> int:
    if not path.stem.isdecimal():
        raise StoreError(f"{path} is no segment of a journal: move it away")
    return int(path.stem)

r"""How records lie in a journal file, and how damage is told from an unfinished write.

A journal is a row of segments. A segment is a header and then records, one after the other::

    header   magic (8) | format (4) | segment number (4) | crc32 of the 16 bytes before (4)
    record   length (4) | crc32 (4) | mark (3) | codec (1) | payload (length)

All integers are little-endian. `length` counts the payload only; the checksum covers mark, codec and payload; `codec`
says how the payload is to be decoded.

**The question.** A writer may die at any instant and a disk may lie at any time. Opening a journal that holds bytes
which are no record means to decide between two readings. Either a write was never finished: then nothing that was
confirmed is lost and the bytes may be cut off. Or records that were safely stored have been damaged: then cutting them
off would destroy evidence, and only the user may decide what to do.

**What an unfinished write looks like.** A killed process leaves the first part of one record. A machine that lost
power may leave more: a file that was lengthened but not filled (zeros), a last record of which only some pages
arrived (right length, wrong checksum), or pages of a deleted file (anything). What these have in common is not how
they look but where they lie: *nothing valid comes after them*, because the writer appends and never goes on after a
failure. That is the rule, and the only one:

    Bytes that are no record are a *torn tail* if no valid record begins anywhere after them, in this segment or a
    later one. Otherwise they are *corruption*.

So a wrong byte in the last record costs that record; a wrong byte anywhere before it is reported with file and
offset; a wrong byte never yields an event that was not written, because the checksum detects every error burst of up
to 32 bits, and of a damaged length one in 2^32. The one case that the rule answers too strictly: after a power loss the
pages of the last, not yet synchronised records may have arrived out of order, a hole and then a valid record. That
looks exactly like damage to stored records, and so it is reported, not repaired.

**Why there is a mark.** A damaged length says nothing about where the next record begins, so it has to be searched at
every byte. Without a mark nearly every position inside an array of floats is the start of a conceivable record of
some megabytes, whose checksum would have to be computed: quadratic in the size of the tail. With it the search is one
`bytes.find`. The mark begins with a byte that occurs neither in UTF-8 nor as a MessagePack type, so only arrays can
hold it by chance. The length limit serves the same end: a garbage length is seen as such.

**What zeros are.** Zeros are no record: the mark is missing. An empty payload is no record either.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from glompo.errors import CorruptJournalError, StoreError

FORMAT = 1
"""Version of the layout above."""

LENGTH_LIMIT = 256 * 2**20
"""Bytes of the largest payload."""

_MAGIC = b"\xc1GloMPO\n"
_MARK = b"\xc1Gj"
_HEADER = struct.Struct("<8sII")
_RECORD = struct.Struct("<II3sB")
_CHECKSUM = struct.Struct("<I")

HEADER_SIZE = _HEADER.size + _CHECKSUM.size
"""Bytes before the first record of a segment."""

OVERHEAD = _RECORD.size
"""Bytes of a record besides its payload."""

_MARK_AT = _RECORD.size - len(_MARK) - 1
"""Where the mark lies in a record; the checksum begins here."""


class Frame(NamedTuple):
    """One record: where it begins in the bytes that were scanned, how to decode it, what it holds."""

    offset: int
    codec: int
    payload: memoryview

    @property
    def end(self) -> int:
        """Offset of the first byte after the record."""
        return self.offset + OVERHEAD + len(self.payload)


def frame(payload: bytes, codec: int) -> bytes:
    """Return the record that holds `payload`, 1 to ``LENGTH_LIMIT`` bytes; the byte `codec` tells how to decode it.

    Raises StoreError if the payload is empty or too large.
    """
    if not 0 < len(payload) <= LENGTH_LIMIT:
        raise StoreError(
            f"a record holds from 1 to {LENGTH_LIMIT} bytes, not {len(payload)}: record fewer events at once"
        )
    checksum = zlib.crc32(payload, zlib.crc32(bytes([*_MARK, codec])))
    return _RECORD.pack(len(payload), checksum, _MARK, codec) + payload


def frames(data: bytes | memoryview, start: int = 0) -> Iterator[Frame]:
    """Yield the records from `start` on, up to the first bytes that are none.

    Whether those bytes are a torn tail or corruption is for :func:`find_frame` to say.
    """
    view = memoryview(data)
    while (record := _frame_at(view, start)) is not None:
        yield record
        start = record.end


def valid_end(data: bytes, start: int) -> int:
    """Return where the row of records that begins at `start` ends: what :func:`frames` finds, without giving it."""
    view, unpack, crc, size = memoryview(data), _RECORD.unpack_from, zlib.crc32, len(data)
    # _frame_at, written out for speed: opening checks every record of the journal, and needs none of them as a Frame
    while start + OVERHEAD <= size:
        length, checksum, mark, _ = unpack(view, start)
        end = start + OVERHEAD + length
        if mark != _MARK or not 0 < length <= LENGTH_LIMIT or end > size:
            break
        if crc(view[start + _MARK_AT : end]) != checksum:
            break
        start = end
    return start


def extent(data: bytes) -> int:
    """Return how many bytes the record that `data` begins with takes, as its head says; 0 if none begins there."""
    if len(data) < OVERHEAD:
        return 0
    length, _, mark, _ = _RECORD.unpack_from(data)
    return OVERHEAD + length if mark == _MARK and 0 < length <= LENGTH_LIMIT else 0


def find_frame(data: bytes, start: int) -> int | None:
    """Return where the first valid record at or after `start` begins, wherever that may be; None if there is none."""
    view = memoryview(data)
    # a damaged length says nothing about where the next record begins: so search every byte, by the mark
    found = data.find(_MARK, start + _MARK_AT)
    while found >= 0:
        if _frame_at(view, found - _MARK_AT) is not None:
            return found - _MARK_AT
        found = data.find(_MARK, found + 1)
    return None


def refuse_corruption(data: bytes, end: int, name: str, base: int = 0) -> None:
    """Raise if a valid record follows the bytes at `end`, where none begins; return if they are a torn tail.

    `data` is a segment or, from its byte `base` on, its last part; `end` is the offset in `data` after the last record
    of the valid row. Raises CorruptJournalError with the file `name`, the offset and the remedy.
    """
    found = find_frame(data, end)
    if found is not None:
        raise CorruptJournalError(corruption(name, base + end, f"yet one follows at byte {base + found}"))


def corruption(name: str, offset: int, evidence: str) -> str:
    """Return the message about damage at `offset` of the file `name`."""
    return (
        f"{name} is damaged at byte {offset}: no valid record begins there, {evidence}. Nothing was changed. Restore "
        f"the file from a copy; or, to go on from the events before the damage, keep a copy and cut the file there "
        f"(truncate -s {offset} {name}) and remove the segments after it."
    )


def header(number: int) -> bytes:
    """Return the first bytes of segment `number`."""
    head = _HEADER.pack(_MAGIC, FORMAT, number)
    return head + _CHECKSUM.pack(zlib.crc32(head))


def check_header(data: bytes, number: int, name: str) -> bool:
    """Return whether segment `number` has its header; False if the writing of the header was never finished.

    `data` is all of it, `name` the file for the message.

    Raises
    ------
    CorruptJournalError
        If the header is damaged, or belongs to another segment, or the file is no segment at all.
    StoreError
        If a newer version of the library wrote the segment.
    """
    expected = header(number)
    if data[:HEADER_SIZE] == expected:
        return True
    if expected.startswith(data.rstrip(b"\0")):  # a part of the header, or a file that was lengthened but not filled
        return False
    magic, version, actual = _HEADER.unpack(data[: _HEADER.size].ljust(_HEADER.size, b"\0"))
    intact = data[_HEADER.size : HEADER_SIZE] == _CHECKSUM.pack(zlib.crc32(data[: _HEADER.size]))
    if magic != _MAGIC or not intact:
        raise CorruptJournalError(
            f"{name} is damaged at byte 0, or is no segment of a journal: its header is {data[:HEADER_SIZE].hex()}, "
            f"expected {expected.hex()}. Nothing was changed. Restore the file from a copy."
        )
    if version != FORMAT:
        raise StoreError(
            f"{name} has format {version} and this version of the library knows format {FORMAT}: "
            f"it was written by a newer one; install that"
        )
    raise CorruptJournalError(f"{name} holds segment {actual}, not {number}: give it back its name")


def _frame_at(view: memoryview, offset: int) -> Frame | None:
    if offset < 0 or offset + OVERHEAD > len(view):
        return None
    length, checksum, mark, codec = _RECORD.unpack_from(view, offset)
    end = offset + OVERHEAD + length
    # cheap tests first: in a torn tail nearly every candidate fails here, and none of it is checksummed
    if mark != _MARK or not 0 < length <= LENGTH_LIMIT or end > len(view):
        return None
    if zlib.crc32(view[offset + _MARK_AT : end]) != checksum:
        return None
    return Frame(offset, codec, view[offset + OVERHEAD : end])

"""Extras of an evaluation on their way into the record: as what they will be read again, and how large they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from glompo.wire.codec import Codec, CodecError

EXTRAS_LIMIT = 192 * 2**20
"""Bytes of the extras of one evaluation at most: a record of the journal holds 256 MiB, and they are in one piece."""

BATCH_BYTES = 16 * 2**20
"""Bytes of extras after which evaluations leave a worker, however few they are."""


@dataclass(frozen=True, slots=True)
class _Extras:
    values: tuple[Any, ...]


_CODEC = Codec((_Extras,), lenient=True)


def recordable(extras: tuple[Any, ...]) -> tuple[tuple[Any, ...], int]:
    """Return extras exactly as they will be read from the record, and their bytes there.

    An optimizer that sees them gets these, so that it sees the same when it comes back from the record.

    Raises
    ------
    ValueError
        If they cannot be recorded, or are too large; the text says why.
    """
    try:
        data = _CODEC.encode(_Extras(extras))
        if len(data) > EXTRAS_LIMIT:
            raise ValueError(
                f"the extra values of detailed_call take {len(data)} bytes, {EXTRAS_LIMIT} can be recorded of one "
                "evaluation; write what is so large into a file, and return its name"
            )
        return _CODEC.decode(data).values, len(data)
    except CodecError as error:
        raise ValueError(
            f"detailed_call returned extra values that cannot be recorded ({error}); return numbers, text, arrays of "
            "these, lists or dictionaries"
        ) from error

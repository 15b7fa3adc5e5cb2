"""Events to bytes and back.

What is recorded together is one record: the payload of codec 1 is a MessagePack array of events. So an append is on
disk as a whole or not at all, for readers, after a crash and when the disk is full.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from glompo.errors import StoreError
from glompo.events import EVENTS, SCHEMA, Event, RunOpened
from glompo.storage.field_checks import check_fields
from glompo.wire.codec import Codec, CodecError

MSGPACK = 1
"""Codec of a record: a MessagePack array of events."""

HEAD = 5
"""Bytes of the head of a MessagePack array at most."""

_CODEC: Codec[Event] = Codec(EVENTS)
_ENCODER = msgspec.msgpack.Encoder()


def encode_events(events: Sequence[Event]) -> bytes:
    """Return the payload of the record that holds `events`, to be framed with codec ``MSGPACK``.

    Raises
    ------
    StoreError
        If an event holds something that is not plain data.
    """
    return _ENCODER.encode(_raw(events))


def encode_apart(events: Sequence[Event], limit: int) -> list[bytes]:
    """Return the payloads of the records that hold `events`: one, or as few as it takes to keep each within `limit`.

    An event that is larger than that by itself has one of its own.

    Raises
    ------
    StoreError
        If an event holds something that is not plain data.
    """
    pieces = _raw(events)
    if HEAD + sum(map(len, pieces)) <= limit:
        return [_ENCODER.encode(pieces)]
    groups: list[list[msgspec.Raw]] = [[]]
    room = limit - HEAD
    for piece in pieces:
        if len(piece) > room and groups[-1]:
            groups.append([])
            room = limit - HEAD
        groups[-1].append(piece)
        room -= len(piece)
    return [_ENCODER.encode(group) for group in groups]


def _raw(events: Sequence[Event]) -> list[msgspec.Raw]:
    try:
        return [msgspec.Raw(_CODEC.encode(event)) for event in events]
    except CodecError as error:
        raise StoreError(f"an event cannot be recorded: {error}") from error


def decode_events(payload: bytes | memoryview, codec: int) -> list[Event]:
    """Return the events of a record.

    Raises
    ------
    StoreError
        If this version of the library does not know the codec or an event, or the run has a newer schema.
    """
    if codec != MSGPACK:
        raise StoreError(
            f"a record has codec {codec} and this version of the library knows codec {MSGPACK}: "
            f"it was written by a newer one; install that"
        )
    try:
        events = _CODEC.decode_all(payload)
    except CodecError as error:
        raise StoreError(f"an event cannot be read (did a newer version write it?): {error}") from error
    for event in events:
        check_fields(event)
        if isinstance(event, RunOpened) and event.schema > SCHEMA:
            raise StoreError(
                f"the run has event schema {event.schema} and this version of the library knows schema {SCHEMA}: "
                f"it was written by a newer one; install that"
            )
    return events

"""Events to bytes and back.

What is recorded together is one record: the payload of codec 1 is a MessagePack array of events. So an append is on
disk as a whole or not at all, for readers, after a crash and when the disk is full.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from glompo.core.events import EVENTS, SCHEMA, Event, RunOpened
from glompo.errors import StoreError
from glompo.storage.fields import check_fields
from glompo.wire.codec import Codec, CodecError

MSGPACK = 1
"""Codec of a record: a MessagePack array of events."""

_CODEC: Codec[Event] = Codec(EVENTS)
_ENCODER = msgspec.msgpack.Encoder()


def encode_events(events: Sequence[Event]) -> bytes:
    """Return the payload of the record that holds `events`, to be framed with codec ``MSGPACK``.

    Raises
    ------
    StoreError
        If an event holds something that is not plain data.
    """
    try:
        return _ENCODER.encode([msgspec.Raw(_CODEC.encode(event)) for event in events])
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

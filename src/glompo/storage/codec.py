"""Events to bytes and back.

What is recorded together is one record: the payload of codec 1 is a MessagePack array of events. So an append is on
disk as a whole or not at all, for readers, after a crash and when the disk is full.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from glompo.core.events import EVENTS, SCHEMA, Event, RunOpened
from glompo.errors import StoreError
from glompo.wire.codec import Codec, CodecError

MSGPACK = 1
"""Codec of a record: a MessagePack array of events."""

_CODEC: Codec[Event] = Codec(EVENTS)
_ENCODER = msgspec.msgpack.Encoder()
_SPLITTER = msgspec.msgpack.Decoder(list[msgspec.Raw])


def encode_event(event: Event) -> bytes:
    """Return the bytes of one event.

    Raises
    ------
    StoreError
        If the event holds something that is not plain data.
    """
    try:
        return _CODEC.encode(event)
    except CodecError as error:
        raise StoreError(f"an event cannot be recorded: {error}") from error


def decode_event(data: bytes | memoryview) -> Event:
    """Return the event written as `data`.

    Raises
    ------
    StoreError
        If this version of the library does not know the event, or the run has a newer schema.
    """
    try:
        event = _CODEC.decode(data)
    except CodecError as error:
        raise StoreError(f"an event cannot be read (did a newer version write it?): {error}") from error
    if isinstance(event, RunOpened) and event.schema > SCHEMA:
        raise StoreError(
            f"the run has event schema {event.schema} and this version of the library knows schema {SCHEMA}: "
            f"it was written by a newer one; install that"
        )
    return event


def encode_events(events: Sequence[Event]) -> bytes:
    """Return the payload of the record that holds `events`, to be framed with codec ``MSGPACK``."""
    return _ENCODER.encode([msgspec.Raw(encode_event(event)) for event in events])


def decode_events(payload: bytes | memoryview, codec: int) -> list[Event]:
    """Return the events of a record.

    Raises
    ------
    StoreError
        If this version of the library does not know the codec or an event.
    """
    if codec != MSGPACK:
        raise StoreError(
            f"a record has codec {codec} and this version of the library knows codec {MSGPACK}: "
            f"it was written by a newer one; install that"
        )
    try:
        parts = _SPLITTER.decode(payload)
    except msgspec.DecodeError as error:
        raise StoreError(f"{len(payload)} bytes are no list of events: {error}") from error
    return [decode_event(memoryview(part)) for part in parts]

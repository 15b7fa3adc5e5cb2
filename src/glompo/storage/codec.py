"""Events to bytes and back.

What is recorded together is one record: the payload of codec 1 is a MessagePack array of events. So an append is on
disk as a whole or not at all, for readers, after a crash and when the disk is full.

An event that was read is checked against the types of its fields. A checksum tells what was written from what was not;
it does not tell what wrote it, and a wrong value would come to light later as a traceback that names no file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
import numpy as np

from glompo.errors import StoreError
from glompo.events import EVENTS, SCHEMA, Evaluated, Event, RunOpened
from glompo.function import Status
from glompo.wire.codec import Codec, CodecError

MSGPACK = 1
"""Codec of a record: a MessagePack array of events."""

HEAD = 5
"""Bytes of the head of a MessagePack array at most."""

_CODEC: Codec[Event] = Codec(EVENTS)
_ENCODER = msgspec.msgpack.Encoder()


def encode_events(events: Sequence[Event]) -> bytes:
    """Return the payload of the record that holds `events`, to be framed with codec ``MSGPACK``.

    Raises StoreError if an event holds something that is not plain data.
    """
    return _ENCODER.encode(_raw(events))


def encode_apart(events: Sequence[Event], limit: int) -> list[bytes]:
    """Return the payloads of the records that hold `events`: one, or as few as it takes to keep each within `limit`.

    An event that is larger than that by itself has one of its own. Raises as :func:`encode_events`.
    """
    pieces = _raw(events)
    if HEAD + sum(map(len, pieces)) <= limit:
        return [_ENCODER.encode(pieces)]
    groups: list[list[msgspec.Raw]] = [[]]
    space = limit - HEAD
    for piece in pieces:
        if len(piece) > space and groups[-1]:
            groups.append([])
            space = limit - HEAD
        groups[-1].append(piece)
        space -= len(piece)
    return [_ENCODER.encode(group) for group in groups]


def _raw(events: Sequence[Event]) -> list[msgspec.Raw]:
    try:
        return [msgspec.Raw(_CODEC.encode(event)) for event in events]
    except CodecError as error:
        raise StoreError(f"an event cannot be recorded: {error}") from error


def decode_events(payload: bytes | memoryview, codec: int) -> list[Event]:
    """Return the events of a record.

    Raises StoreError if this version of the library does not know the codec or an event, or the run has a newer schema.
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


_KNOWN = np.isin(np.arange(256), [int(status) for status in Status])
"""Whether a byte is a status."""


def check_fields(event: Event) -> None:
    """Raise StoreError if a field holds something else than declared, or the rows of a batch do not go together."""
    for name, fits in _CHECKS[type(event)]:
        if not fits(getattr(event, name)):
            raise _wrong(event, name)
    if isinstance(event, Evaluated):
        _check_batch(event)
    elif isinstance(event, RunOpened) and (event.bounds.shape[1:] != (2,) or not len(event.bounds)):
        raise _wrong(event, "bounds")


def _check_batch(event: Evaluated) -> None:
    n = len(event.X) if event.X.ndim == 2 else -1
    for name in ("f", "status", "seconds", "ages"):
        if getattr(event, name).shape != (n,):
            raise _wrong(event, name)
    if len(event.extras) not in (0, n):
        raise _wrong(event, "extras")
    if not _KNOWN[event.status].all():
        raise _wrong(event, "status")
    if any(not 0 <= row < n for row, _ in event.errors):
        raise _wrong(event, "errors")


def _wrong(event: Event, name: str) -> StoreError:
    value = getattr(event, name)
    try:
        text = f"{value.dtype}{list(value.shape)}" if isinstance(value, np.ndarray) else repr(value)[:80]
    except Exception:  # even writing it down may fail
        text = f"a {type(value).__name__}"
    return StoreError(f"a {type(event).__name__} holds {name} = {text}, which none can: no run wrote it")


def _checks_of(kind: type[Event]) -> list[tuple[str, Callable[[Any], bool]]]:
    hints = get_type_hints(kind)
    return [(field.name, _fits(hints[field.name])) for field in fields(kind)]


def _fits(hint: Any) -> Callable[[Any], bool]:
    """Return what says whether a value is of a type."""
    origin, parts = get_origin(hint), get_args(hint)
    if hint is Any:
        return lambda value: True
    if hint is float:
        return _is_number
    if origin is UnionType:
        any_of = [_fits(part) for part in parts]
        return lambda value: any(fits(value) for fits in any_of)
    if origin is np.ndarray:
        scalar = get_args(parts[1])[0]
        return lambda value: type(value) is np.ndarray and value.dtype.type is scalar
    if origin is tuple:
        return _fits_tuple(parts)
    if origin is dict:
        item = _fits(parts[1])
        return lambda value: type(value) is dict and all(type(k) is str and item(v) for k, v in value.items())
    kind = NoneType if hint is None else hint
    return lambda value: type(value) is kind


def _fits_tuple(parts: tuple[Any, ...]) -> Callable[[Any], bool]:
    if parts[-1] is Ellipsis:
        item = _fits(parts[0])
        return lambda value: type(value) is tuple and all(map(item, value))
    items = [_fits(part) for part in parts]
    return lambda value: (
        type(value) is tuple and len(value) == len(items) and all(f(v) for f, v in zip(items, value, strict=True))
    )


def _is_number(value: Any) -> bool:
    return type(value) is float or (type(value) is int and abs(value) < 2**53)


_CHECKS = {kind: _checks_of(kind) for kind in EVENTS}

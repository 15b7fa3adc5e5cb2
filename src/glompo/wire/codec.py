"""Plain dataclasses to bytes and back, for one closed set of types.

The form is MessagePack: ``[type name, [field values in order]]``, arrays as an extension that keeps type and
shape. Decoding builds only the types that were named at construction and runs no code of anyone else. Field order
is the format: new fields go to the end, with a default, so that older bytes still decode.
"""

from __future__ import annotations

import math
import struct
import sys
from collections.abc import Callable, Iterable
from dataclasses import MISSING, fields, is_dataclass
from functools import lru_cache, partial
from operator import attrgetter
from typing import Any, Generic, TypeVar, get_origin, get_type_hints

import msgspec
import numpy as np
from numpy.typing import NDArray

ARRAY, BIG = 1, 2
"""MessagePack extension numbers of a numpy array, and of a whole number over 64 bits (two's complement, little end)."""

LAST = sys.maxunicode
"""Highest number of a character."""

T = TypeVar("T")
R = TypeVar("R")


class CodecError(ValueError):
    """Bytes that this codec did not write, or a value that it cannot write."""


class Codec(Generic[T]):
    """Encode and decode instances of the given frozen dataclasses.

    Parameters
    ----------
    types : iterable of dataclass types
        The closed set. A class name must be unique in it.
    lenient : bool
        Whether half characters, which MessagePack cannot say, are escaped instead of refused.
    supplied : tuple of str
        Fields that are not written, because the reader knows their values: of each type those with which it begins.
    """

    def __init__(self, types: Iterable[type[T]], lenient: bool = False, supplied: tuple[str, ...] = ()) -> None:
        self._lenient = lenient
        self._types = {cls.__name__: cls for cls in types}
        left_out = {cls: _in_common([one.name for one in fields(cls)], supplied) for cls in self._types.values()}  # type: ignore[arg-type]
        self._readers = {cls: _reader(cls, n) for cls, n in left_out.items()}
        self._builders = {cls.__name__: _builder(cls, n) for cls, n in left_out.items()}
        self._heads = {cls: b"\x92" + msgspec.msgpack.encode(cls.__name__) for cls in left_out}
        self._encoder = msgspec.msgpack.Encoder(enc_hook=_pack)
        self._decoder = msgspec.msgpack.Decoder(ext_hook=_unpack)

    def encode(self, item: T) -> bytes:
        """Return the bytes of `item`."""
        try:
            values = self._readers[type(item)](item)
        except KeyError:
            raise CodecError(f"{type(item).__name__} is not one of {sorted(self._types)}") from None
        try:
            return self._encoder.encode((type(item).__name__, values))
        except (TypeError, OverflowError, ValueError, RecursionError):
            pass  # seldom: so only then is every value looked at
        try:
            return self._encoder.encode((type(item).__name__, _cleaned(values, self._lenient)))
        except (TypeError, OverflowError, ValueError, RecursionError) as error:
            raise _unwritable(item, error) from error

    def decode(self, data: bytes | memoryview, *supplied: Any) -> T:
        """Return the item written as `data`, with the values of the supplied fields."""

        def build(said: Any) -> T:
            name, values = said
            return self._builders[name](values, supplied)

        return self._read(data, build)

    def holds(self, data: bytes, kind: type[T]) -> bool:
        """Return whether `data` is an item of that type, without reading the rest of it."""
        return data.startswith(self._heads[kind])

    def decode_all(self, data: bytes | memoryview) -> list[T]:
        """Return the items whose bytes follow each other in a MessagePack array."""
        return self._read(data, self._all_built)

    def _read(self, data: bytes | memoryview, build: Callable[[Any], R]) -> R:
        try:
            return build(self._decoder.decode(data))
        except CodecError:
            raise
        except Exception as error:
            raise CodecError(f"{len(data)} bytes that are no record of this version: {error!r}") from error

    def _all_built(self, said: Any) -> list[T]:
        if not isinstance(said, list):  # an empty text has no items either
            raise CodecError(f"a {type(said).__name__} that is no array of items")
        return [self._builders[name](values, ()) for name, values in said]


def _in_common(names: list[str], supplied: tuple[str, ...]) -> int:
    """Return with how many of the supplied fields a type begins."""
    agree = [name == other for name, other in zip(names, supplied, strict=False)]
    return agree.index(False) if False in agree else len(agree)


def _reader(cls: type, left_out: int) -> Any:
    names = [field.name for field in fields(cls)][left_out:]
    if not names:
        return lambda item: ()
    if len(names) == 1:
        single = attrgetter(names[0])
        return lambda item: (single(item),)
    return attrgetter(*names)


def _unwritable(item: object, error: Exception) -> CodecError:
    return CodecError(f"{type(item).__name__} holds a value that cannot be written: {error}")


def _cleaned(value: Any, lenient: bool) -> Any:
    """Return a value as MessagePack can say it: whole numbers over 64 bits as extensions; half characters escaped."""
    if lenient and isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return msgspec.msgpack.Ext(BIG, value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True))
    if isinstance(value, (tuple, list)):
        return [_cleaned(item, lenient) for item in value]
    if isinstance(value, dict):
        return {_cleaned(key, lenient): _cleaned(item, lenient) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: _cleaned(getattr(value, one.name), lenient) for one in fields(value)}
    return value


def _pack(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return msgspec.msgpack.Ext(ARRAY, _head(value.dtype, value.shape) + value.tobytes())
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} is not plain data")


@lru_cache
def _head(dtype: np.dtype[Any], shape: tuple[int, ...]) -> bytes:
    name = dtype.str.encode()
    return struct.pack(f"<BB{len(shape)}q", len(name), len(shape), *shape) + name


def _unpack(code: int, data: memoryview) -> Any:
    if code == BIG:
        return int.from_bytes(data, "little", signed=True)
    if code != ARRAY:
        raise CodecError(f"unknown extension {code}")
    start = 2 + 8 * data[1] + data[0]
    dtype, shape, size = _described(bytes(data[:start]))
    if start + size != len(data):
        raise CodecError(f"an array of {size} bytes in {len(data) - start}")
    if (
        dtype.kind == "U"
        and (np.frombuffer(data, np.dtype("u4").newbyteorder(dtype.byteorder), offset=start) > LAST).any()
    ):
        raise CodecError("an array of texts with characters that there are not")
    array: NDArray[Any] = np.ndarray(shape, dtype, data, start)
    return array.copy()


@lru_cache
def _described(head: bytes) -> tuple[np.dtype[Any], tuple[int, ...], int]:
    """Return type, shape and bytes of the array that has this head."""
    ndim = head[1]
    shape = struct.unpack_from(f"<{ndim}q", head, 2)
    dtype = np.dtype(head[2 + 8 * ndim :].decode())
    if dtype.hasobject:
        raise CodecError("an array of objects")
    count = math.prod(shape)
    # elements without bytes could be any number of them
    if min(shape, default=0) < 0 or (count and not dtype.itemsize):
        raise CodecError(f"an array of {count} times {dtype.itemsize} bytes")
    return dtype, shape, count * dtype.itemsize


def _builder(cls: type[T], left_out: int) -> Callable[[list[Any], tuple[Any, ...]], T]:
    """Return what makes an item of its values, in the order of the fields; those at the end may be missing."""
    written = fields(cls)[left_out:]  # type: ignore[arg-type]  # the constructor's types are dataclasses
    needed = sum(field.default is MISSING and field.default_factory is MISSING for field in written)
    shapers = [(place - left_out, shape) for place, shape in _shapers(cls)]

    def build(values: list[Any], supplied: tuple[Any, ...]) -> T:
        if len(values) > len(written):
            raise CodecError(f"{cls.__name__} has {len(values)} values, this version knows {len(written)}: it is newer")
        if len(values) < needed:
            raise CodecError(f"{cls.__name__} lacks the value of {written[len(values)].name!r}")
        for place, shape in shapers:
            if place < len(values):
                values[place] = shape(values[place])
        return cls(*supplied[:left_out], *values)

    return build


def _shapers(cls: type) -> list[tuple[int, Callable[[Any], Any]]]:
    """Say of which fields a decoded value must get its container back, and how: MessagePack knows only lists and maps.

    It is done for every event of a run that is opened, so nothing is looked up there.
    """
    hints = get_type_hints(cls)
    shapers: list[tuple[int, Callable[[Any], Any]]] = []
    for place, field in enumerate(fields(cls)):
        hint = hints[field.name]
        if is_dataclass(hint):
            shapers.append((place, partial(msgspec.convert, type=hint)))
        elif get_origin(hint) is tuple:
            shapers.append((place, _frozen))
    return shapers


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value

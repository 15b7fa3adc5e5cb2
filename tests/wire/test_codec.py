from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glompo.wire.codec import Codec, CodecError
from glompo.wire.messages import DOWN, UP, Credits, Ended, Evaluations, GoOn, Note


@dataclass(frozen=True)
class Pair:
    one: int
    two: tuple[str, ...] = ("usual",)


@dataclass(frozen=True)
class Stranger:
    one: int


def test_a_message_without_fields_travels():
    assert DOWN.decode(DOWN.encode(GoOn())) == GoOn()


def test_tuples_come_back_as_tuples():
    codec = Codec([Pair])
    assert codec.decode(codec.encode(Pair(1, ("a", "b")))) == Pair(1, ("a", "b"))


def test_fields_added_later_take_their_defaults_when_older_bytes_are_read():
    @dataclass(frozen=True)
    class Earlier:
        one: int

    Earlier.__name__ = "Pair"
    assert Codec([Pair]).decode(Codec([Earlier]).encode(Earlier(7))) == Pair(7)


def test_bytes_of_a_newer_version_are_refused():
    @dataclass(frozen=True)
    class Newer:
        one: int
        two: tuple[str, ...]
        three: int

    Newer.__name__ = "Pair"
    with pytest.raises(CodecError, match="it is newer"):
        Codec([Pair]).decode(Codec([Newer]).encode(Newer(1, (), 3)))


def test_types_outside_the_closed_set_are_neither_written_nor_read():
    with pytest.raises(CodecError, match=r"Stranger is not one of \['Pair'\]"):
        Codec([Pair]).encode(Stranger(1))
    with pytest.raises(CodecError):
        Codec([Pair]).decode(Codec([Stranger]).encode(Stranger(1)))


@given(st.binary(max_size=60))
def test_arbitrary_bytes_raise_and_nothing_else(data):
    with suppress(CodecError):
        UP.decode(data)


@given(st.data())
def test_a_damaged_message_never_becomes_an_object_array(data):
    good = bytearray(UP.encode(Evaluations(0, np.ones((2, 3)), np.ones(2), *[np.zeros(2)] * 3, (), ())))
    good[data.draw(st.integers(0, len(good) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        message = UP.decode(bytes(good))
    except CodecError:
        return
    assert not isinstance(message, Evaluations) or message.X.dtype.kind != "O"


def test_giant_numbers_are_written_as_they_are_and_half_characters_of_user_code_as_well_as_possible():
    assert UP.decode(UP.encode(Note("bad \udcff byte"))).text == r"bad \udcff byte"
    sent = Evaluations(0, np.ones((1, 1)), np.ones(1), *[np.zeros(1)] * 3, ((2**70, "ok"),), ())
    assert UP.decode(UP.encode(sent)).extras == ((2**70, "ok"),)


def test_what_is_no_plain_data_names_its_message():
    with pytest.raises(CodecError, match="Ended holds a value that cannot be written"):
        UP.encode(Ended("returned", True, object()))
    assert DOWN.decode(memoryview(DOWN.encode(Credits(3)))) == Credits(3)

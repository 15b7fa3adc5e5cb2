from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glompo.events import Asked, Evaluated, Granted, Noted, Stopped, Wanted
from glompo.wire.codec import Codec, CodecError
from glompo.wire.messages import AT, DOWN, OPT, UP


@dataclass(frozen=True)
class Pair:
    one: int
    two: tuple[str, ...] = ("usual",)


@dataclass(frozen=True)
class Stranger:
    one: int


def test_what_the_reader_knows_does_not_travel_and_is_supplied():
    assert UP.decode(UP.encode(Wanted(AT, OPT)), 2.5, 3) == Wanted(2.5, 3)
    assert UP.decode(UP.encode(Noted(AT, OPT, "hello")), 2.5, 3) == Noted(2.5, 3, "hello")
    assert UP.decode(UP.encode(Asked(AT, "leave", "x", why="y")), 2.5, 3) == Asked(2.5, "leave", "x", 0, 0, "y")
    with pytest.raises(CodecError):
        UP.decode(UP.encode(Noted(AT, OPT, "hello")))


def test_the_type_of_an_item_is_told_without_reading_it():
    said = UP.encode(Stopped(AT, OPT, "returned", True, ""))
    assert [UP.holds(said, kind) for kind in (Stopped, Noted)] == [True, False]


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
        UP.decode(data, AT, OPT)


@given(st.data())
def test_a_damaged_message_never_becomes_an_object_array(data):
    good = bytearray(UP.encode(Evaluated(AT, OPT, 0, np.ones((2, 3)), np.ones(2), *[np.zeros(2)] * 3, (), ())))
    good[data.draw(st.integers(0, len(good) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        message = UP.decode(bytes(good), AT, OPT)
    except CodecError:
        return
    assert not isinstance(message, Evaluated) or message.X.dtype.kind != "O"


def test_giant_numbers_are_written_as_they_are_and_half_characters_of_user_code_as_well_as_possible():
    assert UP.decode(UP.encode(Noted(AT, OPT, "bad \udcff byte")), AT, OPT).text == r"bad \udcff byte"
    sent = Evaluated(AT, OPT, 0, np.ones((1, 1)), np.ones(1), *[np.zeros(1)] * 3, ((2**70, "ok"),), ())
    assert UP.decode(UP.encode(sent), AT, OPT).extras == ((2**70, "ok"),)


def test_what_is_no_plain_data_names_its_message():
    with pytest.raises(CodecError, match="Stopped holds a value that cannot be written"):
        UP.encode(Stopped(AT, OPT, "returned", True, object()))
    assert DOWN.decode(memoryview(DOWN.encode(Granted(1.0, 2, 3)))) == Granted(1.0, 2, 3)

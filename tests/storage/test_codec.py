"""Events to bytes and back."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from glompo.errors import StoreError
from glompo.events import EVENTS, SCHEMA, Granted, Noted, RunOpened
from glompo.storage.codec import MSGPACK, decode_events, encode_events

from .strategies import any_event, batches, of_type, types_within


def back_from(event):
    (back,) = decode_events(encode_events([event]), MSGPACK)
    return back


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_every_event_comes_back_equal_and_with_its_types(kind, data):
    event = data.draw(of_type(kind))
    back = back_from(event)
    assert back == event
    assert types_within(back) == types_within(event)


@given(batches)
def test_a_batch_comes_back_in_order(events):
    assert decode_events(encode_events(events), MSGPACK) == events


@given(any_event)
def test_decoded_arrays_are_the_readers_own(event):
    back = back_from(event)
    arrays = [value for value in map(back.__getattribute__, back.__slots__) if isinstance(value, np.ndarray)]
    assert all(array.flags.writeable and array.flags.owndata for array in arrays)


@example(b"\x80")
@example(b"\xa0")
@given(st.binary(max_size=60).filter(lambda data: data != b"\x90"))  # that is a list of none
def test_bytes_that_are_no_event_are_an_error_of_the_store(data):
    with pytest.raises(StoreError):
        decode_events(data, MSGPACK)


def test_an_unknown_codec_is_said_to_be_newer():
    with pytest.raises(StoreError, match=r"codec 7.*newer"):
        decode_events(b"\x90", 7)


def test_an_unknown_event_is_an_error_of_the_store():
    with pytest.raises(StoreError, match="newer version"):
        decode_events(msgspec.msgpack.encode([["Teleported", [0.0, 1]]]), MSGPACK)


def test_a_newer_schema_is_said_to_be_newer():
    opened = RunOpened(0.0, SCHEMA + 1, "id", "today", np.zeros((1, 2)), 1, (1,), {}, {})
    with pytest.raises(StoreError, match=f"schema {SCHEMA + 1}.*newer"):
        back_from(opened)


@pytest.mark.parametrize("event", [Noted(0.0, 1, "\udc80"), Granted(0.0, 1, object())])
def test_what_is_no_plain_data_is_refused_before_it_is_written(event):
    with pytest.raises(StoreError, match="cannot be recorded"):
        encode_events([event])

"""Records: what is a record, and where the next one begins."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glompo.errors import CorruptJournalError, StoreError
from glompo.storage import framing
from glompo.storage.framing import (
    HEADER_SIZE,
    OVERHEAD,
    check_header,
    find_frame,
    frame,
    frames,
    header,
    refuse_corruption,
)

payloads = st.binary(min_size=1, max_size=60)


@given(st.lists(st.tuples(payloads, st.integers(0, 255)), max_size=6))
def test_frames_give_back_what_was_framed(items):
    data = b"".join(frame(payload, codec) for payload, codec in items)
    assert [(bytes(found.payload), found.codec) for found in frames(data)] == items
    assert sum(len(found.payload) + OVERHEAD for found in frames(data)) == len(data)


@given(payloads, st.binary(max_size=300))
def test_the_next_record_is_found_behind_any_garbage(payload, garbage):
    record = frame(payload, 1)
    assert find_frame(garbage + record, 0) == len(garbage)


def test_the_layout_is_the_documented_one():
    assert frame(b"abc", 1).hex() == "03000000" + "cce10044" + "c1476a" + "01" + b"abc".hex()
    assert header(7).hex() == b"\xc1GloMPO\n".hex() + "01000000" + "07000000" + "6c219193"


def test_zeros_hold_no_record():
    assert list(frames(bytes(4096))) == []
    assert find_frame(bytes(4096), 0) is None


def test_a_length_beyond_the_limit_is_garbage(monkeypatch):
    record = frame(b"x" * 100, 1)
    monkeypatch.setattr(framing, "LENGTH_LIMIT", 99)
    assert list(frames(record)) == []


@pytest.mark.parametrize("size", [0, framing.LENGTH_LIMIT + 1])
def test_a_payload_that_no_reader_would_accept_is_refused(size):
    with pytest.raises(StoreError, match=f"not {size}"):
        frame(bytes(size), 1)


def test_a_marked_garbage_is_not_searched_in_quadratic_time(monkeypatch):
    tail = frame(bytes(range(256)) * 4096, 1)[:-1]  # a megabyte of conceivable lengths and a missing last byte
    looked_at = []
    real = framing._frame_at
    monkeypatch.setattr(framing, "_frame_at", lambda view, offset: looked_at.append(offset) or real(view, offset))
    assert find_frame(tail, 0) is None
    assert looked_at == [0]


def test_corruption_names_file_offset_and_evidence():
    data = b"garbage" + frame(b"abc", 1)
    with pytest.raises(CorruptJournalError, match=r"run/000001\.seg is damaged at byte 1000.* follows at byte 1007"):
        refuse_corruption(data, 0, "run/000001.seg", base=1000)


@pytest.mark.parametrize("cut", range(HEADER_SIZE))
def test_a_header_that_was_never_finished_is_no_damage(cut):
    assert check_header(header(3)[:cut], 3, "file") is False
    assert check_header(header(3)[:cut].ljust(4096, b"\0"), 3, "file") is False


def test_a_file_that_is_no_segment_is_refused_not_overwritten():
    with pytest.raises(CorruptJournalError, match="is no segment"):
        check_header(b"Dear diary, this is text and no journal.", 1, "file")


def test_a_segment_under_another_name_is_refused():
    with pytest.raises(CorruptJournalError, match="holds segment 3, not 2"):
        check_header(header(3), 2, "file")


def test_a_newer_format_is_said_to_be_newer(monkeypatch):
    monkeypatch.setattr(framing, "FORMAT", 9)
    newer = header(1)
    monkeypatch.undo()
    with pytest.raises(StoreError, match=r"format 9.*newer") as caught:
        check_header(newer, 1, "file")
    assert type(caught.value) is StoreError

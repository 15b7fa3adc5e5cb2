"""Every byte of a journal cut or flipped: a prefix of the events, or an error; never an event that was not written."""

from __future__ import annotations

from pathlib import Path

import pytest

from glompo.errors import CorruptJournalError, StoreError
from glompo.events import Granted
from glompo.storage.framing import HEADER_SIZE, frame, header
from glompo.storage.journal import Journal
from glompo.storage.reader import JournalFollower, read_events
from glompo.storage.segments import START, Position, segment_path

from .journals import paths, read, sample, write

SHAPES = {
    "no event": ([], 2**20),
    "one event": ([sample(1)], 2**20),
    "one segment": ([[event] for event in sample(5)], 2**20),
    "one batch": ([sample(4)], 2**20),
    "two segments": ([[event] for event in sample(6)], 500),
    "one record per segment": ([[event] for event in sample(3)], 1),
    "twenty events": ([sample(20)[k : k + 2] for k in range(0, 20, 2)], 2**20),
}


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    """Files are read in parts that hold some records, end within one, or hold none as a whole."""
    monkeypatch.setattr("glompo.storage.segments.CHUNK", 100)


@pytest.fixture(params=SHAPES, scope="module")
def journal(request, tmp_path_factory):
    batches, segment_bytes = SHAPES[request.param]
    run_dir = tmp_path_factory.mktemp("run")
    ends = write(run_dir, batches, segment_bytes)
    assert len(paths(run_dir)) == {"two segments": 2, "one record per segment": 3}.get(request.param, 1)
    return run_dir, batches, ends


def flat(batches):
    return [event for batch in batches for event in batch]


def reopened(run_dir: Path):
    """Open for writing, append, and return what was dropped and what can be read then."""
    with Journal.open(run_dir, durability="none") as journal:
        dropped = journal.dropped_bytes
        before = read(run_dir)
        journal.append([Granted(-1.0, 9, 9)])
    assert read(run_dir) == [*before, Granted(-1.0, 9, 9)]
    return dropped, before


def lay(run_dir: Path, segments: list[bytes]) -> Path:
    """Make a journal of these files; return the last one."""
    for path in paths(run_dir):
        path.unlink()  # a new file: to overwrite one makes some file systems wait for the disk
    (run_dir / "journal").mkdir(exist_ok=True)
    for number, data in enumerate(segments, start=1):
        segment_path(run_dir, number).write_bytes(data)
    return segment_path(run_dir, len(segments))


def test_a_cut_anywhere_leaves_the_records_before_it(journal, tmp_path):
    run_dir, batches, ends = journal
    segments = [path.read_bytes() for path in paths(run_dir)]
    for number, data in enumerate(segments, start=1):
        for cut in range(len(data) + 1):
            lay(tmp_path, [*segments[: number - 1], data[:cut]])
            kept = flat(batch for batch, end in zip(batches, ends, strict=True) if end <= Position(number, cut))
            begun = [end.offset for end in ends if end.segment == number and end.offset <= cut]
            boundary = max([HEADER_SIZE if cut >= HEADER_SIZE else 0, *begun])
            assert read(tmp_path) == kept
            assert reopened(tmp_path) == (cut - boundary, kept)


@pytest.mark.parametrize("mask", [0x01, 0x80, 0xFF])
def test_a_flipped_byte_costs_the_last_record_or_is_reported(journal, tmp_path, mask):
    run_dir, batches, ends = journal
    segments = [path.read_bytes() for path in paths(run_dir)]
    places = [Position(number, place) for number, data in enumerate(segments, 1) for place in range(len(data))]
    last_record = max(ends[-2] if len(ends) > 1 else START, Position(len(segments), HEADER_SIZE))
    for place in places:
        damaged = bytearray(segments[place.segment - 1])
        damaged[place.offset] ^= mask
        lay(tmp_path, [*segments[: place.segment - 1], damaged, *segments[place.segment :]])
        if place >= last_record:
            assert read(tmp_path) == flat(batches[:-1])
            assert reopened(tmp_path)[1] == flat(batches[:-1])
        else:
            target = segment_path(tmp_path, place.segment)
            for attempt in (read, Journal.open):
                with pytest.raises(CorruptJournalError, match=rf"{target} is damaged at byte \d+"):
                    attempt(tmp_path)
            assert target.read_bytes() == damaged


def test_damage_before_the_tail_is_reported_after_the_events_before_it(tmp_path):
    events = sample(5)
    ends = write(tmp_path, [[event] for event in events])
    path = segment_path(tmp_path, 1)
    data = bytearray(path.read_bytes())
    data[ends[2].offset + 20] ^= 1
    path.write_bytes(data)
    reading = read_events(tmp_path)
    assert [next(reading), next(reading), next(reading)] == events[:3]
    with pytest.raises(CorruptJournalError, match=rf"{path} is damaged at byte {ends[2].offset}:"):
        next(reading)
    follower = JournalFollower(tmp_path)
    assert follower.poll() == events[:3]
    with pytest.raises(CorruptJournalError):
        follower.poll()


def test_the_remedy_in_the_message_works(tmp_path):
    events = sample(6)
    ends = write(tmp_path, [[event] for event in events], segment_bytes=500)
    path = segment_path(tmp_path, 1)
    data = bytearray(path.read_bytes())
    data[ends[0].offset + 20] ^= 1
    path.write_bytes(data)
    with pytest.raises(
        CorruptJournalError, match=rf"truncate -s {ends[0].offset} {path}\) and remove the segments after"
    ):
        Journal.open(tmp_path)
    path.write_bytes(data[: ends[0].offset])
    segment_path(tmp_path, 2).unlink()
    assert reopened(tmp_path) == (0, events[:1])


TAILS = {
    "zeros": bytes(4096),
    "half a record": frame(b"x" * 50, 1)[:40],
    "a record with a wrong checksum": frame(b"x" * 50, 1)[:-1] + b"y",
    "half a record in zeros": frame(b"x" * 50, 1)[:40] + bytes(100),
    "pages of another file": bytes(range(256)) * 8,
}


@pytest.mark.parametrize("tail", TAILS.values(), ids=TAILS)
def test_whatever_a_crash_leaves_at_the_end_is_cut_off(tmp_path, tail):
    events = sample(3)
    write(tmp_path, [events])
    with segment_path(tmp_path, 1).open("ab") as file:
        file.write(tail)
    assert read(tmp_path) == events
    assert reopened(tmp_path) == (len(tail), events)


@pytest.mark.parametrize("started", [b"", header(2)[:7], header(2), bytes(64)])
def test_a_torn_segment_with_an_empty_successor_is_still_a_torn_tail(tmp_path, started):
    events = sample(3)
    ends = write(tmp_path, [[event] for event in events])
    path = segment_path(tmp_path, 1)
    path.write_bytes(path.read_bytes()[:-1])
    segment_path(tmp_path, 2).write_bytes(started)
    assert read(tmp_path) == events[:2]
    torn = ends[2].offset - ends[1].offset - 1 + (0 if started == header(2) else len(started))
    assert reopened(tmp_path) == (torn, events[:2])
    assert [path.name for path in paths(tmp_path)] == ["000001.seg", "000002.seg"]


def test_a_torn_segment_before_a_record_is_damage(tmp_path):
    ends = write(tmp_path, [[event] for event in sample(6)], segment_bytes=500)
    path = segment_path(tmp_path, 1)
    path.write_bytes(path.read_bytes()[:-1])
    torn = [end for end in ends if end.segment == 1][-2]
    for attempt in (read, Journal.open):
        with pytest.raises(CorruptJournalError, match=rf"{path} is damaged at byte {torn.offset}.*000002.seg holds"):
            attempt(tmp_path)


def test_an_emptied_segment_before_a_record_is_damage(tmp_path):
    write(tmp_path, [[event] for event in sample(3)], segment_bytes=1)
    path = segment_path(tmp_path, 2)
    path.write_bytes(b"")
    for attempt in (read, Journal.open):
        with pytest.raises(CorruptJournalError, match=rf"{path} is damaged at byte 0.*000003.seg holds"):
            attempt(tmp_path)


@pytest.mark.parametrize("missing", [1, 2])
def test_a_missing_segment_is_damage(tmp_path, missing):
    write(tmp_path, [[event] for event in sample(3)], segment_bytes=1)
    segment_path(tmp_path, missing).unlink()
    for attempt in (read, Journal.open):
        with pytest.raises(CorruptJournalError, match=f"00000{missing}.seg is missing"):
            attempt(tmp_path)


def test_an_event_of_a_newer_version_is_an_error_with_its_place(tmp_path):
    events = sample(2)
    ends = write(tmp_path, [events])
    with segment_path(tmp_path, 1).open("ab") as file:
        file.write(frame(b"from the future", 2))
    follower = JournalFollower(tmp_path)
    assert follower.poll() == events
    with pytest.raises(StoreError, match=rf"000001.seg, in the record at byte {ends[0].offset}: .*codec 2.*newer"):
        follower.poll()


def test_a_directory_without_a_journal_is_no_run(tmp_path):
    for attempt in (read, Journal.open):
        with pytest.raises(StoreError, match="holds no journal"):
            attempt(tmp_path)


def test_a_foreign_file_among_the_segments_is_named(tmp_path):
    write(tmp_path, [sample(1)])
    (tmp_path / "journal" / "old.seg").write_bytes(b"")
    with pytest.raises(StoreError, match=r"old\.seg is no segment"):
        read(tmp_path)

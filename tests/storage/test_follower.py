"""Reading while another process writes: every event once, in order, and the writer notices nothing."""

from __future__ import annotations

import pytest

from glompo.errors import CorruptJournalError
from glompo.storage import reader
from glompo.storage.framing import frames, header
from glompo.storage.journal import Journal
from glompo.storage.reader import JournalFollower, read_events
from glompo.storage.segments import segment_path

from .journals import FaultyDisk, read, sample, write


def test_a_follower_gets_each_event_once_across_segments(tmp_path):
    follower = JournalFollower(tmp_path)
    assert follower.poll() == []
    with Journal.create(tmp_path, segment_bytes=200) as journal:
        assert follower.poll() == []
        for event in sample(12):
            journal.append([event])
            assert follower.poll() == [event]
            assert follower.poll() == []
            assert follower.position == journal.position
        assert journal.position.segment > 3


def test_a_poll_looks_at_what_is_new_and_at_nothing_else(tmp_path, monkeypatch):
    looked_at = []
    monkeypatch.setattr(reader, "frames", lambda data: looked_at.append(len(data)) or frames(data))
    ends = write(tmp_path, [[event] for event in sample(12)])
    follower = JournalFollower(tmp_path, ends[7])
    assert follower.poll() == sample(12)[8:]
    assert follower.poll() == []
    with Journal.open(tmp_path) as journal:
        journal.append(sample(1))
        assert follower.poll() == sample(1)
        assert looked_at == [ends[11].offset - ends[7].offset, 0, journal.position.offset - ends[11].offset]


def test_a_late_follower_gets_everything(tmp_path):
    write(tmp_path, [[event] for event in sample(12)], segment_bytes=200)
    assert JournalFollower(tmp_path).poll() == sample(12)


def test_following_from_a_position_gives_what_came_after_it(tmp_path):
    events = sample(12)
    ends = write(tmp_path, [[event] for event in events], segment_bytes=200)
    for done, end in enumerate(ends, start=1):
        assert list(read_events(tmp_path, end)) == events[done:]
        assert JournalFollower(tmp_path, end).poll() == events[done:]


def test_half_a_record_is_waited_for(tmp_path):
    events = sample(3)
    ends = write(tmp_path, [[event] for event in events])
    path = segment_path(tmp_path, 1)
    data = path.read_bytes()
    path.write_bytes(b"")
    follower = JournalFollower(tmp_path)
    seen = []
    for size in range(len(data) + 1):
        path.write_bytes(data[:size])
        seen += follower.poll()
        assert seen == events[: sum(end.offset <= size for end in ends)]


def test_half_a_header_of_the_next_segment_is_waited_for(tmp_path):
    events = sample(2)
    write(tmp_path, [[event] for event in events], segment_bytes=1)
    path = segment_path(tmp_path, 2)
    data = path.read_bytes()
    path.unlink()
    follower = JournalFollower(tmp_path)
    assert follower.poll() == events[:1]
    for size in range(len(header(2)) + 1):
        path.write_bytes(data[:size])
        assert follower.poll() == []
    path.unlink()  # its writer took it back
    assert follower.poll() == []
    path.write_bytes(data)
    assert follower.poll() == events[1:]


def test_a_segment_that_vanishes_between_the_listing_and_the_reading_is_waited_for(tmp_path, monkeypatch):
    write(tmp_path, [[event] for event in sample(2)], segment_bytes=1)
    path = segment_path(tmp_path, 2)
    data = path.read_bytes()
    path.unlink()
    monkeypatch.setattr(reader, "last_segment", lambda run_dir: 2)
    follower = JournalFollower(tmp_path)
    assert follower.poll() == sample(1)
    path.write_bytes(data)
    assert follower.poll() == sample(2)[1:]


def test_a_torn_tail_that_a_later_writer_cuts_and_overwrites_is_followed(tmp_path):
    ends = write(tmp_path, [[event] for event in sample(3)])
    path = segment_path(tmp_path, 1)
    path.write_bytes(path.read_bytes()[:-3])
    follower = JournalFollower(tmp_path)
    assert follower.poll() == sample(2)
    assert follower.position == ends[1]
    with Journal.open(tmp_path) as journal:
        assert follower.poll() == []
        journal.append(sample(8)[4:])
        assert follower.poll() == sample(8)[4:]


def test_a_torn_segment_with_an_empty_successor_is_followed_through_its_repair(tmp_path):
    write(tmp_path, [[event] for event in sample(3)])
    path = segment_path(tmp_path, 1)
    path.write_bytes(path.read_bytes()[:-3])
    segment_path(tmp_path, 2).write_bytes(header(2)[:5])
    follower = JournalFollower(tmp_path)
    assert follower.poll() == sample(2)
    assert follower.poll() == []
    with Journal.open(tmp_path) as journal:
        assert follower.poll() == []
        journal.append(sample(3)[2:])
        assert journal.position.segment == 2
        assert follower.poll() == sample(3)[2:]


def test_a_full_disk_is_invisible_to_a_follower(tmp_path):
    disk = FaultyDisk()
    follower = JournalFollower(tmp_path)
    with Journal.create(tmp_path, disk=disk) as journal:
        journal.append(sample(1))
        disk.room, disk.refuses_cut = 60, True
        with pytest.raises(OSError, match="No space"):
            raise_cause(journal)
        assert follower.poll() == sample(1)
        disk.room, disk.refuses_cut = None, False
        journal.append(sample(2)[1:])
        assert follower.poll() == sample(2)[1:]


def raise_cause(journal):
    try:
        journal.append(sample(20)[1:])
    except Exception as error:
        raise error.__cause__ from None


def test_bytes_of_two_times_are_looked_at_again(tmp_path, monkeypatch):
    """A reader may copy the first half before a repair and the second half after it: that is no damage."""
    write(tmp_path, [[event] for event in sample(4)])
    follower = JournalFollower(tmp_path)
    path = segment_path(tmp_path, 1)
    good = path.read_bytes()
    mixed = bytearray(good)
    mixed[30] ^= 1
    path.write_bytes(mixed)
    real = reader.refuse_corruption

    def repaired_meanwhile(*args):
        path.write_bytes(good)
        real(*args)

    monkeypatch.setattr(reader, "refuse_corruption", repaired_meanwhile)
    assert follower.poll() == sample(4)


def test_a_follower_whose_journal_lost_its_end_says_so(tmp_path):
    ends = write(tmp_path, [[event] for event in sample(3)])
    follower = JournalFollower(tmp_path)
    follower.poll()
    path = segment_path(tmp_path, 1)
    path.write_bytes(path.read_bytes()[: ends[0].offset])
    with pytest.raises(CorruptJournalError, match=f"up to byte {ends[2].offset} have been read.*anew"):
        follower.poll()


def test_readers_change_nothing(tmp_path):
    write(tmp_path, [[event] for event in sample(3)])
    path = segment_path(tmp_path, 1)
    path.write_bytes(path.read_bytes()[:-3])
    before = sorted((str(file), file.read_bytes() if file.is_file() else b"") for file in tmp_path.rglob("*"))
    read(tmp_path)
    JournalFollower(tmp_path).poll()
    after = sorted((str(file), file.read_bytes() if file.is_file() else b"") for file in tmp_path.rglob("*"))
    assert after == before

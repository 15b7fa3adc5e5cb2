"""The writer: whole appends, durability, segments, refusals."""

from __future__ import annotations

import os
import resource

import pytest

from glompo.errors import RunExistsError, SettingError, StoreError
from glompo.events import Granted, Noted
from glompo.storage import framing
from glompo.storage.framing import HEADER_SIZE
from glompo.storage.journal import GROUP_SECONDS, Journal
from glompo.storage.segments import START, Position, segment_path

from .journals import Clock, FaultyDisk, paths, read, sample


@pytest.fixture
def disk():
    return FaultyDisk()


@pytest.fixture
def clock():
    return Clock()


def test_what_is_appended_can_be_read_before_anything_is_committed(tmp_path, disk):
    with Journal.create(tmp_path, disk=disk) as journal:
        begun = disk.synced
        journal.append(sample(3))
        journal.append(sample(5))
        assert read(tmp_path) == sample(3) + sample(5)
        assert disk.synced == begun


def test_an_append_is_one_write(tmp_path, disk):
    with Journal.create(tmp_path, disk=disk) as journal:
        before = disk.writes
        journal.append(sample(20))
        assert disk.writes == before + 1
        journal.append([])
        assert disk.writes == before + 1


def test_a_disk_that_takes_one_byte_at_a_time_gets_all_of_them(tmp_path):
    class Slow(FaultyDisk):
        def write(self, fd, data):
            return super().write(fd, data[:1])

    with Journal.create(tmp_path, disk=Slow()) as journal:
        journal.append(sample(2))
    assert read(tmp_path) == sample(2)


def test_always_commits_each_append(tmp_path, disk):
    with Journal.create(tmp_path, durability="always", disk=disk) as journal:
        begun = disk.synced
        for turn in range(1, 4):
            journal.append(sample(1))
            assert disk.synced == begun + turn
        assert journal.due() is None


def test_batch_commits_a_tenth_of_a_second_after_the_first_append(tmp_path, disk, clock):
    with Journal.create(tmp_path, disk=disk, clock=clock) as journal:
        begun = disk.synced
        assert journal.due() is None
        journal.append(sample(1))
        due = clock.now + GROUP_SECONDS
        clock.now += 0.07
        journal.append(sample(1))
        assert journal.due() == due
        journal.tick(due - 1e-6)
        assert disk.synced == begun
        journal.tick(due)
        assert (disk.synced, journal.due()) == (begun + 1, None)
        journal.tick(due + 1)
        assert disk.synced == begun + 1


def test_a_commit_is_at_once_and_only_if_there_is_something(tmp_path, disk):
    with Journal.create(tmp_path, disk=disk) as journal:
        begun = disk.synced
        journal.append(sample(1))
        journal.commit()
        journal.commit()
        assert (disk.synced, journal.due()) == (begun + 1, None)
        journal.append(sample(1))
    assert disk.synced == begun + 2  # closing commits


def test_none_never_waits_for_the_disk(tmp_path, disk):
    with Journal.create(tmp_path, durability="none", segment_bytes=1, disk=disk) as journal:
        for _ in range(3):
            journal.append(sample(1))
            journal.commit()
            assert journal.due() is None
    with Journal.open(tmp_path, durability="none", disk=disk) as journal:
        journal.append(sample(1))
    assert disk.synced == 0


def test_a_resumed_journal_commits_what_its_predecessor_did_not(tmp_path, disk):
    Journal.create(tmp_path, durability="none").close()
    with Journal.open(tmp_path, disk=disk) as journal:
        journal.commit()
        assert disk.synced == 1


def test_a_full_segment_is_committed_and_followed_by_the_next(tmp_path, disk):
    with Journal.create(tmp_path, segment_bytes=200, disk=disk) as journal:
        assert journal.position == START
        places = []
        for event in sample(12):
            journal.append([event])
            places.append(journal.position)
    assert read(tmp_path) == sample(12)
    assert [path.name for path in paths(tmp_path)] == [f"{n + 1:06d}.seg" for n in range(len(paths(tmp_path)))]
    assert len(paths(tmp_path)) == places[-1].segment > 3
    assert disk.synced == 2 * len(paths(tmp_path))  # each begun, each left
    assert all(
        place.offset <= 200 or place.segment not in {other.segment for other in places[:k]}
        for k, place in enumerate(places)
    )


def test_a_record_larger_than_a_segment_gets_one_for_itself(tmp_path):
    with Journal.create(tmp_path, segment_bytes=1) as journal:
        journal.append(sample(20))
        journal.append(sample(1))
        assert journal.position.segment == 2
    assert read(tmp_path) == sample(20) + sample(1)


def test_opening_goes_on_where_it_was(tmp_path):
    with Journal.create(tmp_path, segment_bytes=300) as journal:
        for event in sample(5):
            journal.append([event])
        left = journal.position
    with Journal.open(tmp_path, segment_bytes=300) as journal:
        assert (journal.position, journal.dropped_bytes) == (left, 0)
        journal.append(sample(6)[5:])
    assert read(tmp_path) == sample(6)


def test_a_second_run_in_the_same_directory_is_refused(tmp_path):
    Journal.create(tmp_path).close()
    with pytest.raises(RunExistsError, match="resume it, or choose another"):
        Journal.create(tmp_path)


@pytest.mark.parametrize("setting", [{"durability": "sometimes"}, {"segment_bytes": 0}])
def test_an_unusable_setting_is_refused_before_anything_is_written(tmp_path, setting):
    with pytest.raises(SettingError, match=f"{next(iter(setting.values()))}.*use"):
        Journal.create(tmp_path, **setting)
    assert list(tmp_path.iterdir()) == []


def test_a_closed_journal_takes_nothing(tmp_path):
    journal = Journal.create(tmp_path)
    journal.close()
    journal.close()
    with pytest.raises(StoreError, match="is closed"):
        journal.append(sample(1))


def test_an_event_that_cannot_be_written_leaves_the_whole_batch_out(tmp_path):
    with Journal.create(tmp_path) as journal:
        with pytest.raises(StoreError, match="cannot be recorded"):
            journal.append([Granted(0.0, 1, 1), Noted(0.0, 1, "\udc80")])
        journal.append(sample(1))
    assert read(tmp_path) == sample(1)


def test_a_batch_beyond_the_limit_of_a_record_is_refused_whole(tmp_path, monkeypatch):
    with Journal.create(tmp_path) as journal:
        monkeypatch.setattr(framing, "LENGTH_LIMIT", 100)
        with pytest.raises(StoreError, match="fewer events at once"):
            journal.append(sample(8))
        journal.append(sample(1))
    assert read(tmp_path) == sample(1)


def test_a_full_disk_is_a_clear_error_and_leaves_everything_before_intact(tmp_path, disk):
    with Journal.create(tmp_path, disk=disk) as journal:
        journal.append(sample(3))
        before = journal.position
        bytes_before = paths(tmp_path)[0].read_bytes()
        for room in range(60):  # sample(8)[3:] needs more
            disk.room = room
            with pytest.raises(
                StoreError, match=rf"000001\.seg: No space left on device; free space .*{before.offset}"
            ):
                journal.append(sample(8)[3:])
            assert journal.position == before
            assert paths(tmp_path)[0].read_bytes() == bytes_before
        disk.room = None
        journal.append(sample(8)[3:])
    assert read(tmp_path) == sample(8)


def test_a_refused_append_that_cannot_be_taken_back_is_taken_back_later(tmp_path, disk):
    journal = Journal.create(tmp_path, disk=disk)
    journal.append(sample(3))
    disk.room, disk.refuses_cut = 20, True
    for _ in range(2):
        with pytest.raises(StoreError):
            journal.append(sample(8)[3:])
        assert read(tmp_path) == sample(3)
    disk.room, disk.refuses_cut = None, False
    journal.append(sample(8)[3:])
    assert read(tmp_path) == sample(8)
    journal.close()


def test_a_refused_append_that_is_never_taken_back_is_a_torn_tail(tmp_path, disk):
    with Journal.create(tmp_path, disk=disk) as journal:
        journal.append(sample(3))
        disk.room, disk.refuses_cut = 20, True
        with pytest.raises(StoreError):
            journal.append(sample(8)[3:])
    with Journal.open(tmp_path) as journal:
        assert journal.dropped_bytes == 20
        journal.append(sample(8)[3:])
    assert read(tmp_path) == sample(8)


@pytest.mark.parametrize("room", range(HEADER_SIZE))
def test_a_disk_that_is_full_between_two_segments_is_overcome_later(tmp_path, disk, room):
    with Journal.create(tmp_path, segment_bytes=1, disk=disk) as journal:
        journal.append(sample(1))
        before = journal.position
        for _ in range(2):
            disk.room = room
            with pytest.raises(StoreError, match=r"cannot create .*000002\.seg: No space left"):
                journal.append(sample(2)[1:])
            assert (journal.position, len(paths(tmp_path))) == (before, 1)
        disk.room = None
        journal.append(sample(2)[1:])
        assert journal.position.segment == 2
    assert read(tmp_path) == sample(2)


def test_a_refused_start_leaves_no_run_behind(tmp_path):
    with pytest.raises(StoreError, match="No space left"):
        Journal.create(tmp_path, disk=FaultyDisk(room=5))
    Journal.create(tmp_path).close()


def test_the_file_size_limit_of_the_system_is_met_like_a_full_disk(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Journal.create(tmp_path) as journal:
        journal.append(sample(3))
        resource.setrlimit(resource.RLIMIT_FSIZE, (journal.position.offset + 100, hard))
        try:
            with pytest.raises(StoreError, match=r"cannot append .*: File too large"):
                journal.append(sample(20))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert paths(tmp_path)[0].stat().st_size == journal.position.offset
        journal.append(sample(20))
    assert read(tmp_path) == sample(3) + sample(20)


def test_an_interrupt_in_the_middle_of_a_write_leaves_the_journal_usable(tmp_path):
    class Interrupted(FaultyDisk):
        interrupts = False

        def write(self, fd, data):
            if not self.interrupts:
                return super().write(fd, data)
            super().write(fd, data[:15])
            raise KeyboardInterrupt

    disk = Interrupted()
    with Journal.create(tmp_path, disk=disk) as journal:
        journal.append(sample(1))
        disk.interrupts = True
        with pytest.raises(KeyboardInterrupt):
            journal.append(sample(2)[1:])
        disk.interrupts = False
        journal.append(sample(2)[1:])
    assert read(tmp_path) == sample(2)


def test_after_a_failed_synchronisation_nothing_is_promised_any_more(tmp_path, disk):
    journal = Journal.create(tmp_path, disk=disk)
    journal.append(sample(1))
    disk.refuses_sync = True
    with pytest.raises(StoreError, match="may be lost; resume the run"):
        journal.commit()
    disk.refuses_sync = False
    for attempt in (journal.commit, lambda: journal.append(sample(1))):
        with pytest.raises(StoreError, match="may be lost; resume the run"):
            attempt()
    journal.close()
    with Journal.open(tmp_path) as journal:
        journal.append(sample(2)[1:])
    assert read(tmp_path) == sample(2)


def test_a_second_writer_is_noticed_and_nothing_of_his_is_overwritten(tmp_path):
    with Journal.create(tmp_path, segment_bytes=300) as one, Journal.open(tmp_path, segment_bytes=1) as two:
        two.append(sample(1))
        with pytest.raises(StoreError, match="another process writes to the same run"):
            one.append(sample(2))
        assert read(tmp_path) == sample(1)


def test_a_second_writer_is_noticed_between_two_segments(tmp_path):
    with Journal.create(tmp_path, segment_bytes=1) as one:
        one.append(sample(1))
        with Journal.open(tmp_path, segment_bytes=1) as two:
            two.append(sample(2)[1:])
            with pytest.raises(StoreError, match="another process writes to the same run"):
                one.append(sample(2))
    assert read(tmp_path) == sample(2)


def test_a_journal_that_was_deleted_meanwhile_is_noticed(tmp_path):
    with Journal.create(tmp_path) as journal:
        journal.append(sample(1))
        os.unlink(segment_path(tmp_path, 1))
        with pytest.raises(StoreError, match="was deleted while the run writes to it"):
            journal.append(sample(1))


def test_a_missing_directory_is_made(tmp_path):
    with Journal.create(tmp_path / "a" / "b") as journal:
        journal.append(sample(1))
        assert journal.position > Position(1, HEADER_SIZE)
    assert read(tmp_path / "a" / "b") == sample(1)

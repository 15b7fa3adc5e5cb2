"""Snapshots: never needed, never trusted when in doubt."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from glompo.errors import StoreError
from glompo.storage import snapshots
from glompo.storage.journal import Journal
from glompo.storage.reader import read_events
from glompo.storage.segments import Position, segment_path
from glompo.storage.snapshots import save, usable

from .journals import sample, write

STATE = {"n": 3, "best": {"f": -1.5, "why": "σ"}, "opts": [1, 2], "none": None}


def newest(run_dir):
    return next(usable(run_dir), None)


@pytest.fixture
def ends(tmp_path):
    return write(tmp_path, [[event] for event in sample(6)], segment_bytes=500)


def test_a_snapshot_comes_back_with_its_position_and_arrays(tmp_path, ends):
    x = np.array([[np.nan, np.inf], [-0.0, 1.0]])
    save(tmp_path, ends[3], {**STATE, "x": x})
    position, state = newest(tmp_path)
    back = state.pop("x")
    assert (position, state) == (ends[3], STATE)
    assert (back.tobytes(), back.shape, back.dtype) == (x.tobytes(), x.shape, x.dtype)
    assert list(read_events(tmp_path, position)) == sample(6)[4:]


def test_the_newest_two_are_kept(tmp_path, ends):
    for k, end in enumerate(ends):
        path = save(tmp_path, end, {"k": k})
        assert newest(tmp_path) == (end, {"k": k})
        assert len(list((tmp_path / "snapshots").iterdir())) == min(k + 1, 2)
    path.unlink()
    assert newest(tmp_path) == (ends[-2], {"k": len(ends) - 2})


def test_a_damaged_snapshot_is_passed_over(tmp_path, ends):
    save(tmp_path, ends[0], {"k": 0})
    path = save(tmp_path, ends[1], {"k": 1})
    data = path.read_bytes()
    for place in range(len(data)):
        damaged = bytearray(data)
        damaged[place] ^= 0x10
        for content in (damaged, data[:place], data + b"\0"):
            path.unlink()
            path.write_bytes(content)
            assert newest(tmp_path) == (ends[0], {"k": 0})


def test_deleting_the_folder_changes_nothing(tmp_path, ends):
    assert newest(tmp_path) is None
    save(tmp_path, ends[0], STATE)
    shutil.rmtree(tmp_path / "snapshots")
    assert newest(tmp_path) is None
    save(tmp_path, ends[1], STATE)
    assert newest(tmp_path) == (ends[1], STATE)


def test_a_snapshot_of_another_version_is_passed_over(tmp_path, ends, monkeypatch):
    save(tmp_path, ends[0], STATE)
    monkeypatch.setattr(snapshots, "_WRITER", "0.0.0/0")
    save(tmp_path, ends[1], STATE)
    monkeypatch.undo()
    assert newest(tmp_path) == (ends[0], STATE)


def test_a_snapshot_beyond_the_journal_is_passed_over(tmp_path, ends):
    save(tmp_path, ends[0], {"k": 0})
    save(tmp_path, ends[-1], {"k": 5})
    last = segment_path(tmp_path, ends[-1].segment)
    last.write_bytes(last.read_bytes()[:-1])
    assert newest(tmp_path) == (ends[0], {"k": 0})


def test_a_snapshot_of_another_history_is_passed_over(tmp_path):
    """A power failure took events away and others of the same size came in their place."""
    events = sample(9)[::4]
    ends = write(tmp_path, [[event] for event in events])
    save(tmp_path, ends[-1], STATE)
    path = segment_path(tmp_path, 1)
    path.write_bytes(path.read_bytes()[: ends[0].offset])
    with Journal.open(tmp_path) as journal:
        for event in (events[2], events[1]):
            journal.append([event])
        assert journal.position == ends[-1]
    assert newest(tmp_path) is None


def test_a_position_outside_the_journal_is_refused(tmp_path, ends):
    for position in (Position(ends[-1].segment, ends[-1].offset + 1), Position(99, 20)):
        with pytest.raises(StoreError, match="does not reach to"):
            save(tmp_path, position, STATE)


def test_a_state_that_is_no_plain_data_is_refused_and_leaves_the_earlier_ones(tmp_path, ends):
    save(tmp_path, ends[0], STATE)
    with pytest.raises(StoreError, match="cannot be written"):
        save(tmp_path, ends[1], {"code": object()})
    assert newest(tmp_path) == (ends[0], STATE)


def test_a_folder_that_cannot_be_written_is_a_clear_error(tmp_path, ends):
    (tmp_path / "snapshots").write_text("a file in its place")
    with pytest.raises(StoreError, match=r"cannot write .*snap: .*the run needs no snapshot"):
        save(tmp_path, ends[0], STATE)
    assert newest(tmp_path) is None

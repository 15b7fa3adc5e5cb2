"""A run that is followed a slice at a time."""

import pytest

from glompo.errors import GlompoError
from glompo.read import Recording
from glompo.storage.journal import Journal

from .runs import mixed, record


def test_damage_is_told_at_each_look_and_not_passed_over(tmp_path):
    record(tmp_path, mixed())
    segment = tmp_path / "journal" / "000001.seg"
    data = bytearray(segment.read_bytes())
    data[len(data) // 2] ^= 0xFF
    segment.write_bytes(data)
    recording = Recording(tmp_path)
    said = []
    for _ in range(3):
        with pytest.raises(GlompoError) as told:
            recording.poll()
        said.append(str(told.value))
    assert len(set(said)) == 1


def test_a_run_that_grows_is_read_on(tmp_path):
    run = mixed()
    counted = []
    with Journal.create(tmp_path, durability="none") as journal:
        journal.append(run.events[:5])
        recording = Recording(tmp_path, counted.append)
        assert recording.poll()
        assert not recording.poll()
        journal.append(run.events[5:])
        assert recording.poll()
    assert counted == list(run.events)

"""Snapshots make opening quick, and never make it wrong."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glompo.core.state import snapshot
from glompo.core.state.run_state import RunState
from glompo.core.state.snapshot import Dump, dump, same
from glompo.errors import StoreError
from glompo.storage import snapshots
from glompo.storage.journal import Journal
from glompo.storage.reader import shortcut, state_of
from glompo.storage.segments import START
from glompo.storage.snapshots import SnapshotWriter, save
from glompo.testing.histories import history


def lived(n, seed=0):
    """Return the events of a run of several optimizers, of which some end."""
    rng, run = np.random.default_rng(seed), history(bounds=[(0, 1)] * 2, slots=5)
    for _ in range(n):
        alive = list(run.state.alive)
        what = rng.integers(10)
        if len(alive) < 2 or (what == 0 and len(alive) < 5):
            run.start(config={"popsize": 6, "limits": [1, 2]})
        elif what == 1:
            run.converge(alive[0])
        elif what == 2:
            run.stop(alive[-1])
        elif what == 3:
            run.judge(*alive)
        else:
            m = int(rng.integers(1, 40))
            run.evaluate(alive[what % len(alive)], rng.normal(size=m), X=rng.random((m, 2)))
    return run.events


def fold(events):
    state = RunState()
    for event in events:
        state.apply(event)
    return state


@settings(max_examples=25)
@given(n=st.integers(2, 60), seed=st.integers(0, 50), at=st.lists(st.floats(0, 1), min_size=1, max_size=3))
def test_a_snapshot_and_the_rest_are_the_whole_wherever_it_was_made(tmp_path_factory, n, seed, at):
    path, events = tmp_path_factory.mktemp("run"), lived(n, seed)
    places = {int(part * (len(events) - 1)) for part in at}
    state, described = RunState(), Dump()
    with Journal.create(path, durability="none", segment_bytes=2000) as journal:
        for number, event in enumerate(events):
            state.apply(event)
            journal.append([event])
            if number in places:
                save(path, journal.position, described.of(state))
    begun, position = shortcut(path)
    assert position > START
    assert begun.at <= state.at
    assert same(state_of(path), state)
    assert same(state, fold(events))


def test_what_was_described_stays_as_it_was(tmp_path):
    events = lived(80)
    state, described = RunState(), Dump()
    for event in events[:90]:
        state.apply(event)
    before = described.of(state)
    expected = fold(events[:90])
    for event in events[90:]:
        state.apply(event)
    save_later = snapshot.load(before)
    assert same(save_later, expected)
    assert same(snapshot.load(described.of(state)), state)


@pytest.fixture
def run_dir(tmp_path):
    events = lived(60)
    with Journal.create(tmp_path, durability="none") as journal:
        for event in events:
            journal.append([event])
        save(tmp_path, journal.position, dump(fold(events)))
    return tmp_path


def test_a_damaged_snapshot_costs_time_only(run_dir):
    (file,) = (run_dir / "snapshots").iterdir()
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    assert shortcut(run_dir)[1] == START
    assert same(state_of(run_dir), fold(lived(60)))


@pytest.mark.parametrize("content", [{}, {"@": "RunState"}, {"@": "Best", "opt": 1}, {"@": "Unknown"}, {"@": 3}])
def test_a_snapshot_of_something_else_costs_time_only(run_dir, content):
    with Journal.open(run_dir) as journal:
        journal.append([lived(1)[-1]][:0])
        (file,) = (run_dir / "snapshots").iterdir()
        file.unlink()
        save(run_dir, journal.position, content)
    assert same(state_of(run_dir), fold(lived(60)))


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def writing(tmp_path):
    """Give a journal, its state, and a writer of snapshots on a clock that is set by hand."""
    state = fold(lived(60))
    with Journal.create(tmp_path, durability="none") as journal:
        journal.append(lived(60))
        clock = Clock()
        writer = SnapshotWriter(tmp_path, clock)
        yield writer, clock, state, journal.position
        writer.close()


def saved(tmp_path):
    return len(list((tmp_path / "snapshots").glob("*.snap")))


@pytest.mark.parametrize("noted", [(snapshots.EVENTS, 0), (0, snapshots.BYTES)])
def test_a_snapshot_is_saved_when_there_is_enough_to_spare(tmp_path, writing, noted):
    writer, _, state, position = writing
    writer.note(noted[0] - 1, noted[1] - 1)
    writer.keep(state, position)
    writer.settle()
    assert saved(tmp_path) == 0
    writer.note(1, 1)
    writer.keep(state, position)
    writer.settle()
    assert same(state_of(tmp_path), state)
    assert shortcut(tmp_path)[1] == position


def test_snapshots_take_a_small_part_of_the_time(tmp_path, writing, monkeypatch):
    writer, clock, state, position = writing
    calls = []

    def slow(*given):
        calls.append(1)
        clock.now += 2.0

    monkeypatch.setattr(snapshots, "save", slow)
    for _ in range(400):
        writer.note(snapshots.EVENTS, 0)
        writer.keep(state, position)
        writer.settle()
        clock.now += 0.5
    assert len(calls) == pytest.approx(clock.now / (2 + 2 * snapshots.REST), abs=1.5)


def test_many_that_have_ended_are_described_little_by_little(tmp_path, writing, monkeypatch):
    writer, _, state, position = writing
    monkeypatch.setattr(snapshots, "AT_ONCE", 3)
    writer.note(snapshots.EVENTS, 0)
    looks = 0
    while not saved(tmp_path):
        writer.keep(state, position)
        writer.settle()
        looks += 1
    assert looks == -(-len(state.optimizers) // 3) > 1


def test_at_the_end_a_short_session_leaves_no_snapshot_and_a_long_one_does(tmp_path, writing):
    writer, _, state, position = writing
    writer.note(10, 10)
    writer.finish(state, position)
    assert saved(tmp_path) == 0
    writer.note(snapshots.EVENTS // snapshots.WORTH, 0)
    writer.finish(state, position)
    assert saved(tmp_path) == 1


def test_a_snapshot_that_cannot_be_written_is_told_once(tmp_path, writing):
    writer, _, state, position = writing
    (tmp_path / "snapshots").write_text("a file in its place")
    writer.note(snapshots.EVENTS, 0)
    writer.keep(state, position)
    with pytest.raises(StoreError, match="the run needs no snapshot"):
        writer.settle()
    writer.settle()

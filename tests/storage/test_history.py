"""Old evaluations come back from the journal as they were."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glompo.core.evaluations.columns import NAMES, extras_of, rows_of
from glompo.errors import StoreError
from glompo.events import Evaluated, Noted, RunOpened
from glompo.function import Status
from glompo.storage import history, segments
from glompo.storage.history import JournalHistory
from glompo.storage.journal import Journal

DIMS = 2
OPENED = RunOpened(0.0, 1, "r", "", np.array([[0.0, 1.0]] * DIMS), 3, (1,), {}, {})


def told(sizes):
    """Return events of three optimizers in turn, in records of up to three."""
    rng, done, events = np.random.default_rng(0), [0, 0, 0], [OPENED]
    for number, n in enumerate(sizes):
        opt = int(rng.integers(3))
        status = rng.choice(np.array([Status.OK, Status.OK, Status.FAILED], np.uint8), n)
        f = np.where(status == Status.OK, rng.normal(size=n), np.inf)
        extras = tuple((k,) for k in range(n)) if opt == 1 else ()
        zeros = np.zeros(n, np.float32)
        batch = Evaluated(float(number), opt + 1, done[opt], rng.random((n, DIMS)), f, status, zeros, zeros, extras)
        events += [batch, Noted(float(number), 1, "said in between")][: 1 + number % 2]
        done[opt] += n
    return events, done


def write(journal, events):
    for i in range(0, len(events), 3):
        journal.append(events[i : i + 3])


@pytest.fixture
def fine(monkeypatch):
    monkeypatch.setattr(history, "STRIDE", 16)
    monkeypatch.setattr(segments, "CHUNK", 64)


@pytest.mark.usefixtures("fine")
@settings(max_examples=40)
@given(sizes=st.lists(st.integers(1, 30), max_size=40), half=st.floats(0, 1), data=st.data())
def test_any_rows_are_those_of_the_events(tmp_path_factory, sizes, half, data):
    events, done = told(sizes)
    cut = max(1, int(half * len(events)))
    path = tmp_path_factory.mktemp("run")
    with Journal.create(path, durability="none", segment_bytes=3000) as journal:
        write(journal, events[:cut])
        reader = JournalHistory(path)
        reader.extras(1)  # it looks at what there is, and later at what has come
        write(journal, events[cut:])
        for opt, n in enumerate(done, 1):
            for _ in range(4 if n else 0):
                start = data.draw(st.integers(0, n - 1))
                stop = data.draw(st.integers(start + 1, n))
                got, expected = reader.rows(opt, start, stop), rows_of(events, opt, start, stop, DIMS)
                assert all(getattr(got, name).tobytes() == getattr(expected, name).tobytes() for name in NAMES)
            assert reader.extras(opt) == extras_of(events, opt)


def test_what_the_journal_does_not_hold_is_an_error(tmp_path):
    events, done = told([5] * 10)
    with Journal.create(tmp_path, durability="none") as journal:
        write(journal, events)
    reader = JournalHistory(tmp_path)
    with pytest.raises(StoreError, match=f"does not hold evaluations 0 to {done[0] + 1} of optimizer 1"):
        reader.rows(1, 0, done[0] + 1)
    with pytest.raises(StoreError, match="optimizer 9"):
        reader.rows(9, 0, 1)
    assert reader.extras(9) == ()


def test_a_look_back_reads_a_small_part_of_the_journal(tmp_path, monkeypatch):
    read = []
    decode = history.decode_events
    monkeypatch.setattr(history, "STRIDE", 50)
    monkeypatch.setattr(history, "decode_events", lambda *given: read.append(1) or decode(*given))
    events, done = told([10] * 600)
    with Journal.create(tmp_path, durability="none") as journal:
        write(journal, events)
    reader = JournalHistory(tmp_path)
    reader.rows(1, done[0] - 20, done[0] - 10)
    everything = len(read)
    read.clear()
    reader.rows(1, done[0] - 20, done[0] - 10)
    assert 0 < len(read) < everything / 5


def test_a_whole_history_is_read_once_and_held_within_limits(tmp_path, monkeypatch):
    events, done = told([10] * 60)
    with Journal.create(tmp_path, durability="none") as journal:
        write(journal, events)
    reader = JournalHistory(tmp_path)
    reader.rows(1, 0, done[0])
    monkeypatch.setattr(JournalHistory, "_read", None)
    assert len(reader.rows(1, 3, done[0])) == done[0] - 3
    monkeypatch.undo()
    monkeypatch.setattr(history, "HELD_BYTES", 1)
    reader.rows(2, 0, done[1])
    assert list(reader._held) == [2]

"""What is kept in memory is bounded, and what is kept reads the same as what was read."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glompo.core.evaluations.blocks import Blocks, blocks_of, longest_half
from glompo.core.evaluations.columns import NAMES, extras_of, rows_of
from glompo.core.evaluations.evaluations import Evaluations
from glompo.core.evaluations.trajectory import Trajectory
from glompo.core.state import retention as retention
from glompo.core.state.run_state import RunState
from glompo.core.state.snapshot import dump, load, same
from glompo.core.views.curve import recent_blocks
from glompo.errors import PolicyError
from glompo.events import Evaluated, RunOpened
from glompo.function import Status
from glompo.testing.histories import history
from glompo.testing.memory_log import EventsHistory

DIMS = 2
STATUSES = [Status.OK, Status.OK, Status.OK, Status.FAILED, Status.OUT_OF_BOUNDS]


def batches(sizes, seed=0):
    """Return batches of one optimizer with values of every kind."""
    rng, k0, made = np.random.default_rng(seed), 0, []
    for number, n in enumerate(sizes):
        status = rng.choice(np.array(STATUSES, np.uint8), n)
        f = np.where(status == Status.OK, np.round(rng.normal(100 - k0 / 50, 20, n), 1), np.inf)
        f[rng.random(n) < 0.03] = np.inf
        extras = tuple((float(k), "more") for k in range(k0, k0 + n))
        zeros = np.zeros(n, np.float32)
        made.append(Evaluated(float(number), 1, k0, rng.normal(size=(n, DIMS)), f, status, zeros, zeros, extras))
        k0 += n
    return made


def remembered(made, keep, block=10, most=17):
    """Return the evaluations as they are seen when `keep` rows are kept."""
    path, order = Trajectory(DIMS, keep, Blocks(block, most)), 0
    for batch in made:
        path.append(batch, order)
        order += len(batch.f)
    opened = RunOpened(0.0, 1, "r", "", np.array([[0.0, 1.0]] * DIMS), 1, (1,), {}, {})
    return path, Evaluations(1, path, EventsHistory([opened, *made]))


sizes = st.lists(st.integers(1, 90), min_size=1, max_size=30)


@settings(max_examples=60)
@given(sizes=sizes, keep=st.integers(1, 300), block=st.integers(1, 40), seed=st.integers(0, 99), data=st.data())
def test_what_is_seen_does_not_depend_on_what_is_kept(sizes, keep, block, seed, data):
    made = batches(sizes, seed)
    (few, seen), (_, whole) = remembered(made, keep, block), remembered(made, 10**9, block)
    n = len(whole)
    start = data.draw(st.integers(0, n))
    stop = data.draw(st.integers(start, n))
    for name in NAMES:
        assert getattr(seen, name).tobytes() == getattr(whole, name).tobytes()
        assert getattr(seen.rows(start, stop), name).tobytes() == getattr(whole, name)[start:stop].tobytes()
        assert getattr(seen.last(7), name).tobytes() == getattr(whole, name)[-7:].tobytes()
    assert (seen.best_k, seen.best_at, seen.best_order) == (whole.best_k, whole.best_at, whole.best_order)
    assert seen.largest == whole.largest
    np.testing.assert_array_equal(seen.first, np.where(whole.rows().valid, whole.f, np.nan)[:10])
    assert seen.extras == extras_of(made, 1) == whole.extras
    assert len(few.kept) < keep + max(keep // 4 + block, block) + max(sizes)


@settings(max_examples=60)
@given(sizes=sizes, keep=st.integers(1, 300), block=st.integers(1, 30), origin=st.floats(-1e3, 1e3))
def test_the_curve_does_not_depend_on_what_is_kept(sizes, keep, block, origin):
    made = batches(sizes)
    (_, seen), (_, whole) = remembered(made, keep, block, 2 * longest_half(2) + 1), remembered(made, 10**9, block)
    for one, other in zip(recent_blocks(seen, origin, 2, block), recent_blocks(whole, origin, 2, block), strict=True):
        assert one.tobytes() == other.tobytes()


def test_the_curve_is_read_from_memory_alone():
    made = batches([50] * 100)
    path, _ = remembered(made, 100, 10, 2 * longest_half(2) + 1)
    blind = Evaluations(1, path)
    assert path.start > 0
    assert len(recent_blocks(blind, 0.0, 2, 10)[0]) == 2 * longest_half(2)
    with pytest.raises(PolicyError, match="without a history to read them from"):
        blind.rows(0, 1)


def test_the_curve_has_the_median_of_each_block():
    made = batches([7] * 60)
    _, whole = remembered(made, 50)
    medians, minima, bests = recent_blocks(whole, 3.0, 2, 10)
    first = len(whole) // 10 - len(medians)
    for i in range(len(medians)):
        block = whole.rows(10 * (first + i), 10 * (first + i + 1))
        values = block.f[block.valid] - 3.0
        assert medians[i] == pytest.approx(np.median(values))
        assert minima[i] == values.min()
        assert bests[i + 1] == block.best_f[-1] - 3.0


def test_what_was_seen_stays_as_it_was_when_rows_leave():
    made = batches([40] * 20)
    path = Trajectory(DIMS, 50)
    path.append(made[0], 0)
    first, before = path.kept.X, path.kept.X.copy()
    for batch in made[1:]:
        path.append(batch, batch.k0)
    np.testing.assert_array_equal(first, before)


@settings(max_examples=60)
@given(sizes=sizes, keep=st.integers(1, 300), cut=st.floats(0, 1))
def test_it_does_not_matter_in_which_batches_evaluations_come(sizes, keep, cut):
    made = batches(sizes)
    path, _ = remembered(made, keep)
    again = Trajectory(DIMS, keep, Blocks(10, 17))
    for batch in made:
        m = int(cut * len(batch.f))
        for a, b in ((0, m), (m, len(batch.f))):
            if a < b:
                part = [getattr(batch, name)[a:b] for name in ("X", "f", "status", "seconds", "ages")]
                again.append(Evaluated(batch.at, 1, batch.k0 + a, *part), batch.k0 + a)
    assert (len(path), path.start) == (len(again), again.start)
    assert all(path.kept.rows[name].tobytes() == again.kept.rows[name].tobytes() for name in NAMES)


class Run:
    """A run of several optimizers that evaluate, end and come back as they like."""

    def __init__(self, look_back=0):
        self.written = history(bounds=[(0, 1)] * DIMS, slots=8)
        self.written.state.retention.look_back = look_back
        self.rng = np.random.default_rng(1)

    def act(self, what, which, n):
        run = self.written
        alive = list(run.state.alive)
        if what == "start" or not alive:
            if len(alive) < 8:
                run.start()
            return
        opt = alive[which % len(alive)]
        if what == "evaluate":
            run.evaluate(opt, self.rng.normal(size=n), X=self.rng.random((n, DIMS)))
        elif what == "end":
            run.stop(opt, by="exit")
        elif what == "converge":
            run.converge(opt)
        else:
            run.resume()


acts = st.tuples(
    st.sampled_from(["start", "evaluate", "evaluate", "evaluate", "end", "converge", "resume"]),
    st.integers(0, 7),
    st.integers(1, 60),
)


@pytest.fixture
def cramped(monkeypatch):
    monkeypatch.setattr(retention, "LIVING_BYTES", 8 * 1024)
    monkeypatch.setattr(retention, "ALL_LIVING_BYTES", 16 * 1024)
    monkeypatch.setattr(retention, "RETIRED_BYTES", 12 * 1024)
    monkeypatch.setattr(retention, "FEWEST_ROWS", 20)


@pytest.mark.usefixtures("cramped")
@settings(max_examples=60)
@given(story=st.lists(acts, max_size=60), at=st.floats(0, 1))
def test_a_snapshot_and_the_rest_are_the_whole(story, at):
    run = Run()
    for act in story:
        run.act(*act)
    events = run.written.events
    cut = int(at * len(events))
    whole, first = RunState(), RunState()
    for event in events:
        whole.apply(event)
    for event in events[:cut]:
        first.apply(event)
    restored = load(dump(first))
    for event in events[cut:]:
        restored.apply(event)
    assert same(whole, restored)
    assert same(whole, run.written.state)


@pytest.mark.usefixtures("cramped")
@settings(max_examples=60)
@given(story=st.lists(acts, max_size=80))
def test_the_documented_log_has_the_whole_history(story):
    run = Run()
    for act in story:
        run.act(*act)
    log, events = run.written.log(), run.written.events
    for opt in run.written.state.optimizers:
        n = log.len(opt)
        rows = rows_of(events, opt, 0, n, DIMS)
        every = log.get_history(opt)
        assert every["x"].tobytes() == rows.X.tobytes()
        assert every["fx"].tobytes() == log.get_history(opt, "fx").tobytes() == rows.f.tobytes()
        assert every["fx_best"].tobytes() == rows.best_f.tobytes()
        assert every["call_id"].tolist() == (rows.order + 1).tolist()
        assert every["time"].tobytes() == rows.at.tobytes()


@pytest.mark.usefixtures("cramped")
def test_memory_is_flat_however_much_is_evaluated_and_however_many_end():
    run, most = Run(), 0
    for number in range(60):
        opt = run.written.start()
        for _ in range(5 if number % 3 else 80):
            run.written.evaluate(opt, run.rng.normal(size=20), X=run.rng.random((20, DIMS)))
        run.written.converge(opt)
        optimizers = run.written.state.optimizers.values()
        held = [one.trajectory.nbytes for one in optimizers]
        most = max(most, sum(held))
    assert run.written.view().candidates == 60 * 100 + 20 * 1500
    assert most <= 12 * 1024 + 60 * 64
    assert [len(one.trajectory.kept) for one in optimizers].count(1) > 40


@pytest.mark.usefixtures("cramped")
def test_what_a_policy_declares_to_look_at_is_kept():
    run = Run(look_back=500)
    opt = run.written.start()
    for _ in range(40):
        run.written.evaluate(opt, run.rng.normal(size=50), X=run.rng.random((50, DIMS)))
    path = run.written.state.optimizers[opt].trajectory
    assert 500 <= len(path.kept) < 700 < len(path)


def test_blocks_without_a_valid_value_are_infinite():
    made = batches([20])
    path, seen = remembered(made, 100)
    nothing = Evaluated(1.0, 1, 20, np.zeros((10, 2)), np.full(10, np.inf), *[np.zeros(10, np.uint8)] * 3)
    path.append(nothing, 20)
    assert np.isinf(blocks_of(seen.rows(20, 30), 10)[0, :3]).all()

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from glompo.errors import UserError
from glompo.events import Event, SessionClosed
from glompo.function import Status
from glompo.read import Follower, load
from glompo.storage.journal import Journal
from glompo.storage.lease import Lease
from glompo.storage.lease_state import Writer
from glompo.testing import simulate
from glompo.testing.histories import history

from .runs import events_of, mixed, record, segment


def test_reading_gives_what_the_run_itself_knew(tmp_path):
    run = mixed()
    read = load(record(tmp_path, run))
    live = run.view()
    assert (read.view.now, read.view.calls, read.view.ended) == (live.now, live.calls, live.ended)
    assert (read.view.best.f, read.view.best.opt) == (live.best.f, live.best.opt)
    assert [one.trajectory.f.tobytes() for one in read.view] == [one.trajectory.f.tobytes() for one in live]
    assert read.result.optimizers[2].ending == "crashed: ValueError: no luck"
    assert list(read.events) == events_of(run)
    assert len(list(read.rows())) == 9


def test_the_opening_is_there(tmp_path):
    opening = load(record(tmp_path, mixed(), task="module:loss", max_evaluations=9)).opening
    assert (opening.task, opening.budget, opening.names) == ("module:loss", 9, ("x0", "x1"))
    assert (opening.sessions, opening.session_open, opening.session_reason) == (1, False, "finished")


def test_best_so_far_follows_the_order_of_the_run(tmp_path):
    run = history()
    run.start()
    run.start()
    run.evaluate(1, [np.inf, 5.0])
    run.evaluate(2, [np.nan, 3.0, 4.0])
    run.evaluate(1, [2.0], status=Status.OUT_OF_BOUNDS)
    run.evaluate(1, [1.0])
    best = load(record(tmp_path, run)).best_so_far()
    assert best.number.tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert best.value.tolist() == [math.inf, 5.0, 5.0, 3.0, 3.0, 3.0, 1.0]
    assert best.seconds.tolist() == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]
    assert best.opt.tolist() == [1, 1, 2, 2, 2, 1, 1]


def test_best_so_far_of_a_run_without_evaluations_is_empty(tmp_path):
    assert [column.size for column in load(record(tmp_path, history())).best_so_far()] == [0, 0, 0, 0]


def test_a_torn_tail_costs_at_most_the_last_event(tmp_path):
    run = mixed()
    record(tmp_path, run)
    journal = segment(tmp_path).read_bytes()
    segment(tmp_path).write_bytes(journal[:-1])
    read = load(tmp_path)
    assert list(read.events) == events_of(run)[:-1]
    assert read.view.best.f == run.view().best.f


def open_run(tmp_path: Path) -> Path:
    run = history()
    run.start()
    run.evaluate(1, [1.0])
    return record(tmp_path, run)


def test_a_run_whose_process_lives_is_running(tmp_path):
    open_run(tmp_path)
    lease = Lease.acquire(tmp_path)
    assert (load(tmp_path).standing, load(tmp_path).result.status) == ("running", "running")
    lease.release()


def test_a_run_that_no_process_holds_and_none_closed_was_killed(tmp_path):
    open_run(tmp_path)
    assert load(tmp_path).standing == "killed"
    Lease.acquire(tmp_path).release()
    assert load(tmp_path).result.message == "the process of the run died before the run was over"


def test_a_run_that_was_closed_before_its_end_was_left(tmp_path):
    open_run(tmp_path)
    with Journal.open(tmp_path) as journal:
        journal.append([SessionClosed(2.0, "interrupted")])
    assert load(tmp_path).standing == "left"


def test_a_finished_run_is_finished_whichever_process_holds_it(tmp_path):
    record(tmp_path, mixed())
    lease = Lease.acquire(tmp_path)
    assert load(tmp_path).standing == "finished"
    lease.release()


def test_a_damaged_lease_speaks_by_its_age_only(tmp_path):
    open_run(tmp_path)
    lease = Lease.acquire(tmp_path)
    (file,) = (tmp_path / "lease").glob("[0-9]*")
    file.write_text("{")
    assert load(tmp_path).standing == "running"
    lease.release()


@pytest.mark.parametrize("read", [load, Follower])
def test_what_is_no_run_is_refused_with_the_way_to_one(tmp_path, read):
    with pytest.raises(UserError, match=r"nowhere does not exist; give the working directory of a run"):
        read(tmp_path / "nowhere")
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"file is a file; give the working directory of a run"):
        read(tmp_path / "file")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=r"empty holds no run; give the working directory of a run"):
        read(str(tmp_path / "empty"))


def test_runs_below_a_directory_are_suggested(tmp_path):
    for name in ("a", "b/c"):
        record(tmp_path / name, mixed())
    with pytest.raises(UserError) as refused:
        load(tmp_path)
    assert str(refused.value) == f"{tmp_path} holds no run; below it these do: {tmp_path / 'a'}, {tmp_path / 'b/c'}"


def test_of_many_runs_below_a_directory_a_few_are_suggested(tmp_path):
    for number in range(8):
        record(tmp_path / str(number), mixed())
    with pytest.raises(UserError, match=r"/4 and others$"):
        load(tmp_path)


def test_a_part_of_a_run_leads_to_the_run(tmp_path):
    record(tmp_path, mixed())
    with pytest.raises(UserError, match=f"journal holds no run; {tmp_path} does"):
        load(tmp_path / "journal")


def test_a_run_of_which_nothing_is_recorded_yet_says_so(tmp_path):
    Journal.create(tmp_path).close()
    with pytest.raises(UserError, match=r"nothing has been recorded of the run in .*start it anew"):
        load(tmp_path)
    assert not Follower(tmp_path).begun


def test_a_follower_sees_each_event_once_and_ends_where_reading_at_once_does(tmp_path):
    events = list(simulated_events())
    with Journal.create(tmp_path, durability="none", segment_bytes=4000) as journal:
        journal.append(events[:1])
        follower = Follower(tmp_path)
        seen = []
        for begin in range(1, len(events), 7):
            journal.append(events[begin : begin + 7])
            seen.append(follower.poll().calls)
        assert follower.poll().calls == seen[-1]
    assert len(list((tmp_path / "journal").glob("*.seg"))) > 3
    assert seen == sorted(seen)
    whole, followed = load(tmp_path).view, follower.poll()
    assert (followed.calls, followed.candidates, followed.now) == (whole.calls, whole.candidates, whole.now)
    assert followed.best.x.tolist() == whole.best.x.tolist()
    assert [one.how for one in followed] == [one.how for one in whole]


def test_a_poll_reads_only_what_is_new(tmp_path, monkeypatch):
    record(tmp_path, mixed())
    follower = Follower(tmp_path)
    follower.poll()
    applied: list[Event] = []
    monkeypatch.setattr("glompo.core.state.run_state.RunState.apply", lambda state, event: applied.append(event))
    follower.poll()
    assert applied == []


def test_a_follower_knows_whether_the_process_lives(tmp_path):
    open_run(tmp_path)
    follower = Follower(tmp_path)
    lease = Lease.acquire(tmp_path)
    follower.poll()
    assert follower.writer is Writer.LIVES
    lease.release()
    follower.poll()
    assert follower.writer is Writer.DEAD


def simulated_events() -> tuple[Event, ...]:
    from glompo.exit_conditions import MaxTotalFunctionCalls
    from glompo.optimizers import RandomSampling

    return simulate([RandomSampling(9)], MaxTotalFunctionCalls(100), max_jobs=3).events

"""The same call again: with the same task, with another one, on a run that is finished, with other settings."""

from pathlib import Path

import pytest

import glompo
from glompo.cli.inspection import status_text
from glompo.errors import LeaseHeldError, SettingError, TaskFailedError
from glompo.events import SessionOpened
from glompo.optimizers import CMAOptimizer
from glompo.read import Follower, load, summarize
from glompo.storage.lease import Lease

BOX = [(-5, 5)] * 2


def bowl(x):
    return float(x @ x)


def shifted(x):
    return float(x @ x) - 1000


def call(run_dir, task=bowl, **changed):
    settings = {"max_evaluations": 40, "max_jobs": 2, "rng": 1, "deterministic": True, "resume": "auto"}
    return glompo.minimize(task, BOX, working_dir=run_dir, **{**settings, **changed})


def told(result):
    rows = [(r.opt_id, r.how, r.ended_because, r.phase, r.ended_at, r.evaluations, r.best_f) for r in result.optimizers]
    return (result.fx, result.nfev, result.success, result.message, result.stats, result.seconds, rows)


def files(run_dir):
    return {path: path.read_bytes() for path in Path(run_dir).rglob("*") if path.is_file()}


def test_a_finished_run_that_is_called_again_stays_as_it_was(tmp_path):
    first, before = told(call(tmp_path)), files(tmp_path)
    for _ in range(2):
        assert told(call(tmp_path)) == first
    assert files(tmp_path) == before
    assert told(load(tmp_path).result) == first


def test_a_finished_run_goes_on_with_a_larger_budget_and_ends_as_it_would_have(tmp_path):
    call(tmp_path / "a")
    went_on, at_once = call(tmp_path / "a", max_evaluations=80), call(tmp_path / "b", max_evaluations=80)
    assert (went_on.nfev, went_on.fx) == (at_once.nfev, at_once.fx)
    assert all(row.how and row.ended_because for row in went_on.optimizers)
    assert told(call(tmp_path / "a", max_evaluations=80)) == told(went_on)


def test_an_optimizer_for_which_there_was_no_room_keeps_its_end(tmp_path):
    first = call(tmp_path, optimizers=CMAOptimizer)
    again = call(tmp_path, optimizers=CMAOptimizer, max_evaluations=41, max_jobs=1)
    assert len(first.optimizers) > 1
    assert all(row.how and row.ended_because for row in again.optimizers)


def test_a_run_that_ended_by_an_error_ends_by_the_same_one_again(tmp_path):
    def failing(x):
        raise ValueError("no value here")

    errors = []
    for _ in range(2):
        with pytest.raises(TaskFailedError) as caught:
            call(tmp_path, failing)
        errors.append((str(caught.value), told(caught.value.result)))
    assert errors[0] == errors[1]


def test_a_finished_run_on_which_another_process_works_is_not_taken_for_finished(tmp_path):
    call(tmp_path)
    with Lease.acquire(tmp_path), pytest.raises(LeaseHeldError):
        call(tmp_path)


@pytest.mark.parametrize("budget", [40, 80])
def test_another_task_is_refused_and_nothing_is_written(tmp_path, budget):
    call(tmp_path)
    before = files(tmp_path)
    with pytest.raises(SettingError, match=r"shifted .*bowl: task: recorded .*resume_task='changed'"):
        call(tmp_path, shifted, max_evaluations=budget)
    assert files(tmp_path) == before


def test_another_task_that_is_wanted_is_recorded_and_is_the_one_from_then_on(tmp_path):
    call(tmp_path)
    assert call(tmp_path, shifted, max_evaluations=80, resume_task="changed").fx < -900
    last = [event for event in load(tmp_path).events if isinstance(event, SessionOpened)][-1]
    assert any(change.startswith("task, task: recorded") for change in last.changes)
    assert call(tmp_path, shifted, max_evaluations=120).nfev == 120
    with pytest.raises(SettingError, match="resume_task"):
        call(tmp_path, bowl, max_evaluations=160)


def test_displays_tell_the_settings_in_force(tmp_path):
    call(tmp_path)
    call(tmp_path, max_evaluations=90, max_jobs=3)
    follower = Follower(tmp_path)
    assert summarize(follower.poll()).budget == 90
    assert load(tmp_path).opening.settings["max_jobs"] == 3
    assert "of 90" in status_text(tmp_path)
    last = [event for event in load(tmp_path).events if isinstance(event, SessionOpened)][-1]
    assert "max_evaluations: 40 -> 90" in last.changes
    call(tmp_path, max_evaluations=120, max_jobs=3)
    last = [event for event in load(tmp_path).events if isinstance(event, SessionOpened)][-1]
    assert "max_evaluations: 90 -> 120" in last.changes
    assert not any(change.startswith("max_jobs") for change in last.changes)

from __future__ import annotations

import math

import pytest

from glompo.core.state.run_state import RunState
from glompo.core.views.run_view import RunView
from glompo.events import Paused, PauseRequested
from glompo.events.verdict import Verdict
from glompo.read import summarize
from glompo.storage.lease_state import Writer
from glompo.testing.histories import History, history

from .runs import events_of, finish, mixed


def opened_with(run: History, **spec) -> RunView:
    state = RunState()
    for event in events_of(run, **spec):
        state.apply(event)
    return RunView(state, run.now)


def test_it_counts_optimizers_by_how_they_ended():
    told = summarize(mixed().view())
    assert told.ends == {"converged": 1, "exhausted": 0, "stopped": 2, "cut": 0, "crashed": 1, "lost": 0, "forced": 0}
    assert (told.started, told.alive, told.living) == (4, 0, ())


def test_it_tells_the_best_point_and_its_owner():
    told = summarize(mixed().view())
    assert (told.best_f, told.best_x.tolist(), told.best_opt, told.best_kind) == (0.1, [0.1 + 0.2, 1 / 3], 4, "Delta")


def test_without_a_value_there_is_no_best():
    told = summarize(history().view())
    assert (told.best_f, told.best_x, told.best_opt, told.best_kind) == (math.inf, None, None, None)
    assert (told.calls, told.rate) == (0, 0.0)


def test_slots_and_lines_are_those_of_the_living():
    run = history(slots=5)
    run.start("Alpha", slots=2)
    run.start("Beta", slots=1)
    run.evaluate(1, [3.0])
    run.evaluate(2, [2.0])
    run.converge(2)
    told = summarize(run.view())
    assert (told.slots, told.used_slots, told.alive) == (5, 2, 1)
    assert [(row.opt_id, row.kind, row.best_f) for row in told.living] == [(1, "Alpha", 3.0)]


def test_calls_failures_and_pace():
    run = history()
    run.start()
    run.evaluate(1, [1.0, math.nan, 2.0, math.nan], seconds=0.5)
    told = summarize(run.view())
    assert (told.calls, told.failures, told.elapsed, told.rate) == (4, 2, 2.0, 2.0)


def test_budget_task_and_names_come_from_the_settings_of_the_run():
    told = summarize(opened_with(mixed(), task="module:loss", max_evaluations=9, names=["bond", "angle"]))
    assert (told.task, told.budget, told.names) == ("module:loss", 9, ("bond", "angle"))


def test_a_run_without_budget_and_names_gets_made_up_names():
    told = summarize(mixed().view())
    assert (told.budget, told.names) == (None, ("x0", "x1"))


@pytest.mark.parametrize(
    ("run", "writer", "standing"),
    [
        (history(), Writer.LIVES, "running"),
        (history(), Writer.DEAD, "killed"),
        (finish(history()), Writer.LIVES, "finished"),
        (finish(history()), Writer.DEAD, "finished"),
    ],
)
def test_it_tells_where_the_run_stands(run, writer, standing):
    assert summarize(run.view(), writer).standing == standing


def test_who_rests_is_alive_and_counted_apart():
    run = history(slots=2)
    opt = run.start()
    run.happen(PauseRequested(run.now, opt, "freezer", Verdict(True, "Freeze(5)", "5 behind")))
    assert summarize(run.view()).paused == 0
    run.happen(Paused(run.now, opt, 0))
    told = summarize(run.view())
    assert (told.alive, told.paused, told.used_slots) == (1, 1, 0)
    assert [row.ending for row in told.living] == ["paused: Freeze(5): 5 behind"]

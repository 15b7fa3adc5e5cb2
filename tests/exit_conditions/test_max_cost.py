"""The end of a run that has used enough time of the machines."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glompo.exit_conditions import MaxCost, TimeLimit
from glompo.optimizers import RandomSampling
from glompo.testing import simulate
from glompo.testing.histories import history

STEPS = st.lists(st.tuples(st.integers(1, 3), st.integers(1, 4), st.floats(0.001, 100)), min_size=1, max_size=20)


def test_the_time_of_all_evaluations_is_added_up_not_that_of_the_run() -> None:
    run = history()
    run.start()
    run.start()
    run.evaluate(1, [1.0, 2.0], seconds=3.0)
    run.evaluate(2, 1.0, seconds=1.5)
    run.wait(1000.0)
    assert not MaxCost(7.6).ask(run.view()).fired
    assert MaxCost(7.5).ask(run.view()).fired
    assert MaxCost(9.0).ask(run.view()).why == "7.5 of 9 s of evaluations"


def test_what_was_spent_before_a_resume_counts() -> None:
    run = history()
    run.evaluate(run.start(), [1.0] * 4, seconds=2.0)
    run.resume()
    assert MaxCost(8.0).ask(run.view()).fired


def test_failed_evaluations_cost_too() -> None:
    run = history()
    run.evaluate(run.start(), [float("nan"), float("inf")], seconds=2.0)
    assert MaxCost(4.0).ask(run.view()).fired


def test_those_who_ended_between_two_looks_are_counted_to_their_last_evaluation() -> None:
    run, cost = history(), MaxCost(6.0)
    run.evaluate(run.start(), 1.0)
    assert not cost.ask(run.view()).fired
    run.evaluate(1, [1.0] * 3)
    run.stop(1)
    run.evaluate(run.start(), 1.0)
    assert cost.ask(run.view()).why == "5 of 6 s of evaluations"
    run.evaluate(2, 1.0)
    assert cost.ask(run.view()).fired


@given(STEPS)
def test_however_often_it_was_asked_the_answer_is_that_of_one_who_asks_for_the_first_time(steps) -> None:
    run, asked = history(), MaxCost(50.0)
    for _ in range(3):
        run.start()
    for opt, n, seconds in steps:
        run.evaluate(opt, [1.0] * n, seconds=seconds)
        assert asked.ask(run.view()) == MaxCost(50.0).ask(run.view()) == copy.deepcopy(asked).ask(run.view())
    spent = sum(n * seconds for _, n, seconds in steps)
    assert asked._bill.seconds(run.view()) == pytest.approx(spent, rel=1e-6, abs=1e-3)


def test_two_runs_are_not_mixed_up() -> None:
    cost, runs = MaxCost(100.0), [history(), history()]
    for n, run in enumerate(runs, 1):
        run.evaluate(run.start(), [1.0] * n)
    for _ in range(2):
        assert [cost.ask(run.view()).why[:1] for run in runs] == ["1", "2"]


def test_a_run_in_four_slots_ends_in_a_quarter_of_the_time() -> None:
    run = simulate([RandomSampling], MaxCost(400.0) | TimeLimit(400.0), max_jobs=4, seconds=1.0)
    assert run.view.finished.reason() == "MaxCost(seconds=400.0): 400 of 400 s of evaluations", run.story()
    assert run.view.now == 100.0

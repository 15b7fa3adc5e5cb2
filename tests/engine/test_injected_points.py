"""Points that users inject into a run, on the virtual clock."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glompo.allocators import EqualBlocks
from glompo.core.state.lifecycle import How
from glompo.core.state.run_state import RunState
from glompo.core.state.snapshot import dump, load, same
from glompo.events import Asked, Evaluated, IncumbentSent, IncumbentTaken, Paused, StartRequested
from glompo.exit_conditions import MaxOptimizersStarted, MaxTotalFunctionCalls
from glompo.optimizers import CMAOptimizer, RandomSampling
from glompo.portfolio import Portfolio, Regime
from glompo.storage.inbox import Request
from glompo.testing import simulate

POINT = (0.1, 0.2)


def injected(at, x=POINT, who="ada"):
    return at, Request("inject", who, x=x)


def of_points(run):
    return [event for event in run.events if isinstance(event, StartRequested) and event.injected_by]


def assert_folds_again(run):
    """Check that the journal gives the state, also through snapshots."""
    state = RunState()
    for event in run.events:
        state.apply(event)
    assert same(state, run.state)
    assert same(load(dump(state)), state)


def test_a_point_is_evaluated_to_the_last_bit_and_counts_in_the_budget():
    run = simulate([RandomSampling], MaxTotalFunctionCalls(60), max_jobs=2, asked=[injected(4.5)])
    [begun] = of_points(run)
    [asked] = [event for event in run.events if isinstance(event, Asked)]
    assert (asked.who, asked.what, asked.x) == ("ada", "inject", POINT)
    assert (begun.injected_by, begun.why) == ("ada", "ada asked to evaluate this point")
    [made] = [event for event in run.events if isinstance(event, Evaluated) and event.opt == begun.opt]
    assert made.X.tolist() == [list(POINT)]
    assert run.view.calls == 60
    one = run.view[begun.opt]
    assert (one.how, len(one), one.name) == (How.EXHAUSTED, 1, "injected point")
    assert_folds_again(run)


def test_the_youngest_makes_room_and_goes_on_afterwards():
    run = simulate([RandomSampling], MaxTotalFunctionCalls(60), max_jobs=2, asked=[injected(4.5)])
    assert [event.opt for event in run.events if isinstance(event, Paused)] == [2]
    assert run.view.n_started == 3
    assert len(run.view[2]) > 20


def test_worse_optimizers_are_told_of_it_although_nothing_is_shared():
    run = simulate([CMAOptimizer], MaxTotalFunctionCalls(200), max_jobs=2, asked=[injected(3.5, (0.0, 0.0))])
    sent = [event.opt for event in run.events if isinstance(event, IncumbentSent)]
    taken = [event.opt for event in run.events if isinstance(event, IncumbentTaken)]
    assert sent == [1, 2]
    assert set(taken) <= {1, 2}
    assert taken
    assert all(event.source == 3 for event in run.events if isinstance(event, IncumbentSent))


def test_the_next_search_starts_there_and_given_starts_keep_their_turns():
    x0 = np.array([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]])
    run = simulate([RandomSampling(iters=10)], MaxTotalFunctionCalls(60), max_jobs=1, x0=x0, asked=[injected(4.5)])
    starts = [(event.x0.tolist(), bool(event.injected_by)) for event in run.events if isinstance(event, StartRequested)]
    point = list(POINT)
    assert starts[:5] == [
        ([1.0, 1.0], False), (point, True), (point, False), ([2.0, 2.0], False), ([3.0, 3.0], False)
    ]  # fmt: skip
    assert run.view[3].why.endswith("a point that ada injected, of value 0.05")


def test_a_point_is_no_optimizer_to_those_that_count_optimizers():
    run = simulate([RandomSampling(iters=10)], MaxOptimizersStarted(3), max_jobs=1, asked=[injected(4.5)])
    assert (run.view.n_started, run.view.n_searches) == (4, 3)
    assert run.view.n_converged == 0


def test_a_point_without_a_value_is_recorded_and_no_search_starts_there():
    run = simulate(
        [RandomSampling(iters=10)],
        MaxTotalFunctionCalls(30),
        task=lambda x: float("nan") if tuple(x) == POINT else float(x @ x),
        max_jobs=1,
        asked=[injected(4.5)],
    )
    [begun] = of_points(run)
    assert run.view[begun.opt].calls == 1
    assert run.view.injections.waiting == ()
    assert [event.x0.tolist() for event in run.events if isinstance(event, StartRequested)].count(list(POINT)) == 1


def test_a_point_that_came_too_late_is_told(caplog):
    end = (4.6, Request("end", "bob"))
    run = simulate([RandomSampling], MaxTotalFunctionCalls(60), max_jobs=1, asked=[injected(4.5), end])
    assert of_points(run) == []
    assert "over before a point could be evaluated: ada asked for inject 0.1 0.2" in caplog.text


def test_a_portfolio_counts_a_point_to_none_of_its_parts():
    one, two = Regime("one", RandomSampling, 1.0), Regime("two", CMAOptimizer, 1.0)
    run = simulate(Portfolio(one, two), MaxTotalFunctionCalls(80), max_jobs=2, asked=[injected(4.5)])
    [begun] = of_points(run)
    assert (begun.regime, begun.shared, run.view[begun.opt].calls) == ("", True, 1)
    assert sum(part.calls for part in run.view.regimes.values()) == run.view.calls - 1 == 79


@pytest.mark.parametrize(
    ("x", "said"),
    [
        ((0.1,), "the point has 1 parameters, the run 2; give one number for each"),
        ((0.1, 9.0), "parameter x1 of the point is 9.0, outside the bounds [-5.0, 5.0] of the run"),
        ((float("nan"), 0.0), "parameter x0 of the point is nan; give a finite number"),
        ((), "the point has 0 parameters"),
    ],
)
def test_what_is_no_point_of_the_run_is_refused(x, said):
    run = simulate([RandomSampling], MaxTotalFunctionCalls(30), asked=[injected(4.5, x)])
    assert said in run.refused["1"]
    assert of_points(run) == []


def test_a_point_that_no_evaluation_is_left_for_is_refused():
    run = simulate([RandomSampling], MaxTotalFunctionCalls(10), max_jobs=10, asked=[injected(0.5)])
    assert "raise the budget first" in run.refused["1"]


def test_the_same_point_twice_is_evaluated_once_while_it_waits():
    run = simulate(
        [RandomSampling], MaxTotalFunctionCalls(60), max_jobs=1, asked=[injected(4.5), injected(4.6, who="bob")]
    )
    assert [event.injected_by for event in of_points(run)] == ["ada"]


@settings(max_examples=40)
@given(
    at=st.lists(st.integers(0, 300), max_size=5),
    slots=st.integers(1, 4),
    lockstep=st.booleans(),
    share=st.booleans(),
)
def test_whatever_is_injected_the_budget_is_exact_and_the_journal_folds_again(at, slots, lockstep, share):
    asked = [injected(tenths / 10 + 0.05, (i / 10, 0.5)) for i, tenths in enumerate(at)]
    runs = [
        simulate(
            [RandomSampling, CMAOptimizer, RandomSampling(iters=15)],
            MaxTotalFunctionCalls(80),
            max_jobs=slots,
            asked=asked,
            lockstep=lockstep,
            share=share,
            allocator=EqualBlocks(4) if lockstep else None,
        )
        for _ in range(2)
    ]
    run = runs[0]
    assert run.view.calls == 80
    taken = [event.x for event in run.events if isinstance(event, Asked)]
    begun = [tuple(event.x0.tolist()) for event in of_points(run)]
    assert begun == taken[: len(begun)]
    assert run.events == runs[1].events
    assert_folds_again(run)

"""Which regime of a portfolio gets the next evaluations, however many slots there are."""

import threading
from typing import Any

import pytest

import glompo
from glompo.core.state.lifecycle import How
from glompo.events import Evaluated, Granted, PauseRequested, Resumed, StartRequested
from glompo.exit_conditions import MaxTotalFunctionCalls
from glompo.optimizers import CMAOptimizer, RandomSampling, Scipy
from glompo.portfolio import Portfolio, Regime, default_portfolio
from glompo.problems import Rosenbrock
from glompo.selectors import BIPOPSelector, CycleSelector
from glompo.storage.inbox import Request
from glompo.testing import simulate

from .regimes import OneByOne, Steady, most_in_flight, play, points, spent, steady

BLOCK = 10


@pytest.mark.parametrize("slots", [1, 4, 7])
def test_the_evaluations_are_shared_in_proportion(slots: int) -> None:
    run = play(steady("a", share=4), steady("b", share=2), steady("c"), calls=700, max_jobs=slots)
    assert spent(run) == pytest.approx({"a": 400, "b": 200, "c": 100}, abs=max(BLOCK, slots))
    assert run.view.calls == 700


@pytest.mark.parametrize("calls", [1, 9, 137])
@pytest.mark.parametrize("slots", [1, 4, 16])
def test_the_budget_is_used_exactly(calls: int, slots: int) -> None:
    run = play(steady("a"), steady("b", share=3), calls=calls, max_jobs=slots)
    assert run.view.calls == calls
    assert sum(event.n for event in run.events if isinstance(event, Granted)) == calls


@pytest.mark.parametrize("owner", ["a", "b"])
def test_the_share_of_the_regime_that_owns_the_incumbent_is_multiplied(owner: str) -> None:
    regimes = (steady(name, 0.0 if name == owner else 1.0, success=4.0) for name in "ab")
    run = play(*regimes, calls=900)
    other = "b" if owner == "a" else "a"
    assert spent(run) == pytest.approx({owner: 720, other: 180}, abs=2 * BLOCK)


def test_later_shares_begin_when_the_first_search_has_ended() -> None:
    never = play(steady("a"), steady("b", later=3.0), calls=400)
    assert spent(never) == pytest.approx({"a": 200, "b": 200}, abs=BLOCK)
    once = play(steady("a", ends=15), steady("b", later=3.0), calls=400)
    assert spent(once) == pytest.approx({"a": 100, "b": 300}, abs=BLOCK)


def test_what_a_regime_has_spent_with_earlier_optimizers_counts() -> None:
    run = play(steady("a", ends=15), steady("b"), calls=400)
    assert sum(one.regime == "a" for one in run.view) >= 10
    assert spent(run) == pytest.approx({"a": 200, "b": 200}, abs=BLOCK)


def test_one_of_each_regime_lives_on_any_number_of_slots_and_no_more_are_used() -> None:
    for slots in (1, 2, 5):
        run = play(steady("a"), steady("b"), steady("c"), calls=150, max_jobs=slots)
        assert run.view.n_started == 3
        assert most_in_flight(run) == slots


def test_the_slots_are_full_while_one_regime_has_enough_to_ask() -> None:
    run = play(steady("a"), steady("b"), calls=400, max_jobs=5)
    assert run.view.now <= 1.2 * 400 / 5


@pytest.mark.parametrize("slots", [4, 16])
def test_a_regime_with_one_evaluation_at_a_time_has_its_share_beside_a_wide_one(slots: int) -> None:
    """It takes one slot: it holds up no other while its block lasts, nor does it get less than its block at once."""
    run = play(steady("a", share=9), Regime("b", OneByOne(1.0), 1, success=1), calls=1000, max_jobs=slots)
    assert spent(run) == pytest.approx({"a": 900, "b": 100}, abs=BLOCK + slots)
    assert {one.regime: one.slots for one in run.view} == {"a": slots, "b": 1}
    assert {event.n for event in run.events if isinstance(event, Granted) and run.view[event.opt].regime == "b"} == {
        BLOCK
    }
    if slots == 4:
        assert run.view.now <= 1.2 * 1000 / slots


@pytest.mark.parametrize("slots", [16, 64])
def test_more_slots_than_a_generation_has_points_do_not_change_the_search(slots: int) -> None:
    """In more than 20 dimensions, where the base search has no surrogate: equal seeds give the same points."""
    task = Rosenbrock(25)
    portfolio = Portfolio(Regime("base", BIPOPSelector(CMAOptimizer), 1.0))
    runs = [
        simulate(portfolio, MaxTotalFunctionCalls(400), task=task, bounds=task.bounds, max_jobs=n) for n in (1, slots)
    ]
    assert points(runs[0]) == points(runs[1])


def test_real_threads_are_never_more_than_the_slots(tmp_path: Any) -> None:
    lock, flying, most = threading.Lock(), [0], [0]

    def task(x: Any) -> float:
        with lock:
            flying[0] += 1
            most[0] = max(most[0], flying[0])
        value = float(x @ x)
        with lock:
            flying[0] -= 1
        return value

    portfolio = Portfolio(steady("a"), steady("b"), steady("c", share=2))
    result = glompo.minimize(
        task, [(-2, 2)] * 2, opt_selector=portfolio, max_evaluations=300, max_jobs=2, rng=1, working_dir=tmp_path / "r"
    )
    assert result.nfev == 300
    assert most[0] <= 2
    assert {row.regime for row in result.optimizers} == {"a", "b", "c"}


def test_each_regime_finds_the_same_on_any_number_of_slots() -> None:
    """How far each comes within the budget may differ by the evaluations that are under way, no more."""
    runs = [
        points(play(steady("a", wide=1.0), steady("b", wide=0.5, share=2), calls=300, max_jobs=slots))
        for slots in (1, 4, 16)
    ]
    for name in "ab":
        shortest = min((found[name] for found in runs), key=len)
        assert len(shortest) >= 50
        for found in runs:
            assert found[name][: len(shortest)] == shortest


def test_the_default_finds_the_same_on_any_number_of_slots() -> None:
    problem = Rosenbrock(3)
    runs = [
        points(
            simulate(
                default_portfolio(3), MaxTotalFunctionCalls(350), task=problem, bounds=problem.bounds, max_jobs=slots
            )
        )
        for slots in (1, 16)
    ]
    assert runs[0].keys() == default_portfolio(3).regimes.keys()
    for name in runs[0]:
        shortest = min((found[name] for found in runs), key=len)
        assert shortest
        for found in runs:
            assert found[name][: len(shortest)] == shortest


def test_two_regimes_with_the_same_optimizer_draw_different_numbers() -> None:
    run = play(Regime("a", RandomSampling), Regime("b", RandomSampling), calls=60)
    found = points(run)
    assert not {tuple(x) for x in found["a"]} & {tuple(x) for x in found["b"]}
    starts = [event.x0.tolist() for event in run.events if isinstance(event, StartRequested)]
    assert len(starts) == 2
    assert starts[0] != starts[1]


def test_selectors_and_generators_of_two_regimes_draw_different_numbers() -> None:
    regimes = (Regime(name, BIPOPSelector(CMAOptimizer(cma_options={"maxfevals": 30}))) for name in "ab")
    run = play(*regimes, calls=900, bounds=[(-5.0, 5.0)] * 3, task=Rosenbrock(3))
    steps = {name: [one.config["sigma0"] for one in run.view if one.regime == name] for name in "ab"}
    small = {name: {step for step in found if step != 0.2} for name, found in steps.items()}
    assert small["a"]
    assert not small["a"] & small["b"]
    assert len({tuple(one.x0) for one in run.view}) == run.view.n_started


def test_a_regime_that_starts_nothing_any_more_is_left_out() -> None:
    once = CycleSelector(Steady(1.0, ends=20), allow_spawn=lambda manager: manager.o_counter < 1)
    run = play(Regime("a", once), steady("b"), calls=200)
    assert spent(run) == {"a": 20, "b": 180}


def test_the_run_ends_when_no_regime_starts_anything_any_more() -> None:
    def twice() -> CycleSelector:
        return CycleSelector(Steady(1.0, ends=20), allow_spawn=lambda manager: manager.o_counter < 2)

    run = play(Regime("a", twice()), Regime("b", twice()), calls=1000)
    assert spent(run) == {"a": 40, "b": 40}
    assert [one.how for one in run.view] == [How.CONVERGED] * 4


def test_a_spawn_control_of_the_portfolio_holds_for_all() -> None:
    portfolio = Portfolio(steady("a", ends=10), steady("b", ends=10), allow_spawn=lambda manager: manager.o_counter < 3)
    run = simulate(portfolio, MaxTotalFunctionCalls(1000))
    assert run.view.n_started == 3
    assert run.view.calls == 30


def test_optimizers_that_share_slots_live_on_when_slots_are_taken_away() -> None:
    asked = [(5.5, Request("slots", "ada", amount=1)), (60.5, Request("slots", "ada", amount=3))]
    run = play(steady("a"), steady("b"), steady("c"), calls=300, max_jobs=4, asked=asked)
    assert run.refused == {}
    assert not any(isinstance(event, PauseRequested) for event in run.events)
    assert spent(run) == pytest.approx({"a": 100, "b": 100, "c": 100}, abs=2 * BLOCK)
    late = [event for event in run.events if isinstance(event, Evaluated) and 20 < event.at - event.ages[0] < 60]
    assert late
    assert sum(len(event.f) for event in late) <= 42


def test_one_that_the_user_lets_rest_gets_nothing_until_it_goes_on() -> None:
    asked = [(5.5, Request("pause", "ada", 2)), (40.5, Request("go-on", "ada", 2))]
    run = play(steady("a"), steady("b"), calls=400, asked=asked)
    assert run.refused == {}
    assert [event.opt for event in run.events if isinstance(event, Resumed)] == [2]
    between = [event for event in run.events if isinstance(event, Evaluated) and 15 < event.at < 40]
    assert between
    assert {run.view[event.opt].regime for event in between} >= {"a"}
    assert all(event.opt != 2 for event in between)
    assert run.view.calls == 400


def test_one_that_goes_on_shares_with_the_one_that_took_its_place() -> None:
    asked = [(5.5, Request("pause", "ada", 2)), (40.5, Request("go-on", "ada", 2))]
    run = play(steady("a"), steady("b"), calls=800, asked=asked)
    assert [one.regime for one in run.view] == ["a", "b", "b"]
    late = {event.opt for event in run.events if isinstance(event, Evaluated) and event.at > 60}
    assert late == {1, 2, 3}
    assert run.view[2].calls == pytest.approx(run.view[3].calls, abs=2 * BLOCK)
    assert spent(run) == pytest.approx({"a": 400, "b": 400}, abs=2 * BLOCK)


def test_a_portfolio_leads_one_run_after_the_other() -> None:
    portfolio = Portfolio(steady("a", ends=15), steady("b", share=2))
    first, second = (simulate(portfolio, MaxTotalFunctionCalls(150)) for _ in range(2))
    assert [(one.regime, one.calls) for one in first.view] == [(one.regime, one.calls) for one in second.view]


def test_which_is_next_follows_from_the_run_alone() -> None:
    """A portfolio that has seen nothing of a run says the same as the one that has led it."""
    portfolio = Portfolio(steady("a"), steady("b", share=3))
    run = simulate(portfolio, MaxTotalFunctionCalls(130))
    fresh = Portfolio(steady("a"), steady("b", share=3))
    assert fresh.spent(run.view) == portfolio.spent(run.view) == spent(run)
    assert fresh.allocator.allocate(run.view, 50) == portfolio.allocator.allocate(run.view, 50)


def test_the_unit_of_the_task_changes_nothing() -> None:
    def told(scale: float) -> list[Any]:
        portfolio = Portfolio(Regime("a", CMAOptimizer(surrogate=True)), Regime("b", Scipy("Nelder-Mead"), 0.3))
        problem = Rosenbrock(2)
        run = simulate(portfolio, MaxTotalFunctionCalls(200), task=lambda x: scale * problem(x), bounds=problem.bounds)
        return [event.X.tolist() for event in run.events if isinstance(event, Evaluated)]

    assert told(1.0) == told(2.0**20)

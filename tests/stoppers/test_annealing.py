"""Stoppers that draw: TimeAnnealing, ValueAnnealing."""

import math

import numpy as np
import pytest

from glompo.stoppers import BaseStopper, TimeAnnealing, ValueAnnealing
from glompo.testing.histories import History, history


def two(best: list[float], tested: list[float], seed: int = 0) -> History:
    run = history(seed=seed)
    for f in (best, tested):
        one = run.start()
        if f:
            run.evaluate(one, f)
    return run


def frequency(stopper: BaseStopper, best: list[float], tested: list[float], n: int = 400) -> float:
    return float(np.mean([stopper.ask(two(best, tested, seed).view(), 2).fired for seed in range(n)]))


def test_the_older_the_more_often() -> None:
    # best 2 calls, tested 8: stopped if u > 1/4; four standard errors of 400 draws are 0.087
    assert frequency(TimeAnnealing(), [0.0] * 2, [1.0] * 8) == pytest.approx(0.75, abs=0.087)
    assert frequency(TimeAnnealing(0.5), [0.0] * 2, [1.0] * 8) == pytest.approx(0.5, abs=0.1)


def test_the_younger_are_never_stopped_for_their_age() -> None:
    assert frequency(TimeAnnealing(), [0.0] * 5, [1.0] * 5, 50) == 0
    assert frequency(TimeAnnealing(2.0), [0.0] * 5, [1.0] * 5) == pytest.approx(0.5, abs=0.1)


def test_the_worse_the_more_often() -> None:
    # worse by abs(f_best): survives with probability med_kill_chance
    assert frequency(ValueAnnealing(0.2), [10.0], [20.0]) == pytest.approx(0.8, abs=0.08)
    assert frequency(ValueAnnealing(0.2), [-10.0], [0.0]) == pytest.approx(0.8, abs=0.08)
    assert frequency(ValueAnnealing(0.5), [10.0], [30.0]) == pytest.approx(0.75, abs=0.087)


def test_the_best_value_counts_not_the_latest() -> None:
    assert frequency(ValueAnnealing(0.5), [10.0, 1e9], [10.0, 1e9], 50) == 0


@pytest.mark.parametrize(
    ("best", "tested"),
    [
        ([0.0], [5.0]),  # nothing can be measured in units of zero
        ([3.0], [3.0]),  # not worse
        ([1.0], []),  # has not begun
        ([], [5.0]),  # it owns the incumbent itself
        ([math.nan], [math.inf]),  # an incumbent that is +inf, and there is none
    ],
)
def test_value_annealing_holds_back(best: list[float], tested: list[float]) -> None:
    assert frequency(ValueAnnealing(), best, tested, 20) == 0


def test_one_that_found_nothing_valid_is_stopped_for_certain() -> None:
    assert frequency(ValueAnnealing(0.999), [1.0], [math.inf, math.nan], 20) == 1


def test_huge_values_do_not_overflow() -> None:
    assert ValueAnnealing().ask(two([-1e308], [1e308]).view(), 2).why
    assert ValueAnnealing().ask(two([5e-324], [1e308]).view(), 2).fired
    assert not ValueAnnealing(1).ask(two([5e-324], [1e308]).view(), 2).fired


@pytest.mark.parametrize("tested", [[], [math.nan]])
def test_time_annealing_needs_something_to_compare(tested: list[float]) -> None:
    assert frequency(TimeAnnealing(), [], tested, 20) == 0


@pytest.mark.parametrize("stopper", [TimeAnnealing(), ValueAnnealing()])
def test_asked_twice_the_answer_is_the_same_and_the_next_evaluation_draws_anew(stopper: BaseStopper) -> None:
    run = two([1.0], [2.0])
    whys = set()
    for _ in range(30):
        verdict = stopper.ask(run.view(), 2)
        assert stopper.ask(run.view(), 2) == verdict
        assert type(stopper)().ask(run.view(), 2) == verdict
        whys.add(verdict.why.split(",")[0])
        run.evaluate(2, 2.0)
    assert len(whys) == 30


def test_optimizers_do_not_share_a_draw() -> None:
    run = history()
    for f in (1.0, 2.0, 2.0):
        run.evaluate(run.start(), f)
    assert ValueAnnealing().ask(run.view(), 2).why != ValueAnnealing().ask(run.view(), 3).why


def test_a_constant_added_to_the_task_changes_the_chances_as_documented() -> None:
    assert "survives up to 0.5:" in ValueAnnealing().ask(two([1.0], [2.0]).view(), 2).why
    assert "survives up to 0.933:" in ValueAnnealing().ask(two([10.0], [11.0]).view(), 2).why

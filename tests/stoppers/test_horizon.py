from typing import Any

import numpy as np
import pytest

from glompo.stoppers import Horizon
from glompo.testing.histories import History, history


def race(leader: float, tested: Any, config: Any = None) -> History:
    run = history()
    run.evaluate(run.start(), leader)
    run.evaluate(run.start(config=config), tested)
    return run


def fires(leader: float, tested: Any, budget: int, config: Any = None, **settings: Any) -> bool:
    return Horizon(budget, **settings).ask(race(leader, tested, config).view(), 2).fired


STEADY = 1000.0 - np.arange(200)  # one per evaluation; its best is 801
CALLS = 201


@pytest.mark.parametrize(
    ("leader", "left", "expected"),
    [
        (0.0, 400, True),  # 801 to go, twice 400 are in reach
        (2.0, 400, False),
        (0.0, 401, False),
        (-1e9, 10**6, True),
        (0.0, 10**6, False),
        (800.0, 0, True),  # nothing is left
    ],
)
def test_twice_its_best_speed_must_reach_the_incumbent_within_the_budget(
    leader: float, left: int, expected: bool
) -> None:
    assert fires(leader, STEADY, CALLS + left) is expected


def test_the_factor_is_how_often_its_speed_is_granted() -> None:
    assert not fires(0.0, STEADY, CALLS + 81, factor=10)
    assert fires(0.0, STEADY, CALLS + 79, factor=10)


def test_the_steepest_recent_stretch_counts() -> None:
    pause = np.concatenate([1000.0 - 10 * np.arange(100), np.full(100, 10.0)])
    assert not fires(0.0, pause, CALLS + 10)  # it had been fast within the part that is looked at
    long_pause = np.concatenate([pause, np.full(400, 10.0)])
    assert fires(0.0, long_pause, len(long_pause) + 1 + 10**6)  # but for long nothing has moved


def test_a_falling_best_value_counts_although_the_median_does_not_fall() -> None:
    values = np.full(200, 500.0)
    values[::10] = 400.0 - np.arange(20)
    assert not fires(380.0, values, CALLS + 100)
    assert fires(0.0, values, CALLS + 100)


def test_rising_values_reach_nothing() -> None:
    assert fires(-0.5, np.arange(200.0), 10**9)


def test_blocks_are_generations_where_they_are_known() -> None:
    generations = np.repeat(1000.0 - 100 * np.arange(9), 40)  # 9 generations of 40
    assert fires(0.0, generations, len(generations) + 1)
    assert not fires(0.0, generations, len(generations) + 1, {"popsize": 40})  # too few to say anything


def test_the_owner_of_the_incumbent_is_never_stopped() -> None:
    assert not fires(900.0, STEADY, CALLS)
    invalid = history()
    invalid.evaluate(invalid.start(), np.full(300, np.nan))
    assert not Horizon(10).ask(invalid.view(), 1).fired


@pytest.mark.parametrize("tested", [[], [np.nan] * 300, [np.inf] * 300, STEADY[:150]])
def test_without_a_curve_there_is_no_evidence(tested: Any) -> None:
    run = race(0.0, 1.0)
    opt = run.start()
    if len(tested):
        run.evaluate(opt, tested)
    assert not Horizon(1).ask(run.view(), opt).fired


def test_it_is_judged_at_intervals_only() -> None:
    run = race(0.0, STEADY)
    run.judge(2)
    fired = []
    for k in range(201, 211):
        run.evaluate(2, 900.0)
        if Horizon(100).ask(run.view(), 2).fired:
            fired.append(k)
        run.judge(2)
    assert fired == [205, 210]


def test_a_budget_that_is_overspent_leaves_nothing() -> None:
    verdict = Horizon(100).ask(race(0.0, STEADY).view(), 2)
    assert verdict.fired
    assert verdict.why == "801 behind the incumbent, 0 evaluations reach 0"

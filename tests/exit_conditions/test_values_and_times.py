"""Exit conditions about the incumbent and the clock."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from glompo.core.policies.rule import Rule
from glompo.exit_conditions import (
    MaxOptimizersConverged,
    TargetFunctionValue,
    TimeLimit,
    TimeLimitThroughRestarts,
    Unimproved,
)
from glompo.function import Status
from glompo.testing.histories import History, history


@pytest.mark.parametrize(
    ("f", "target", "atol", "expected"),
    [
        ([], 1e9, 1e-6, False),
        ([math.nan, math.inf], 1e300, 1e-6, False),
        ([1.0], 1.0, 0.0, True),
        ([1.0 + 1e-7], 1.0, 1e-6, True),
        ([1.0 + 1e-5], 1.0, 1e-6, False),
        ([-3.0], -2.0, 0.0, True),  # lower than hoped for
        ([-3.0, 50.0], -3.0, 0.0, True),  # the best value counts, not the latest
        ([0.5], 0.0, 0.5, True),
    ],
)
def test_the_target_is_reached_from_above_or_passed(f: list[float], target: float, atol: float, expected: bool) -> None:
    run = history()
    run.start()
    if f:
        run.evaluate(1, f)
    assert TargetFunctionValue(target, atol).ask(run.view()).fired is expected


def fires_at_its_deadline(run: History, rule: Rule) -> bool:
    """Wake at the deadline, as an engine would, and ask."""
    deadline = rule.deadline(run.view())
    assert deadline is not None
    run.now = deadline
    return rule.ask(run.view()).fired


@given(st.floats(0, 1e6), st.floats(1e-3, 1e6))
@example(0.2, 0.5)  # (0.2 + 0.5) - 0.2 is less than 0.5
def test_a_run_that_wakes_at_the_deadline_finds_that_the_time_is_up(begun: float, seconds: float) -> None:
    run = history()
    run.wait(begun)
    run.resume()
    for limit in (TimeLimit(seconds), TimeLimitThroughRestarts(begun + seconds)):
        assert fires_at_its_deadline(run, limit)
        run.now = begun


@given(st.floats(0, 10), st.floats(0.1, 1e6))
def test_a_run_that_wakes_at_the_deadline_finds_that_nothing_improved(begun: float, seconds: float) -> None:
    run = history()
    run.wait(begun)
    run.evaluate(run.start(), 1.0, seconds=0.7)
    run.wait(seconds / 3)
    assert fires_at_its_deadline(run, Unimproved(seconds=seconds))


def test_a_time_limit_begins_anew_with_each_session() -> None:
    run = history()
    run.wait(9)
    assert TimeLimit(9).ask(run.view()).fired
    run.resume()
    assert not TimeLimit(9).ask(run.view()).fired
    assert TimeLimit(9).deadline(run.view()) == 18.0
    run.wait(9)
    assert TimeLimit(9).ask(run.view()).fired
    assert TimeLimit(9).deadline(run.view()) is None


def test_a_time_limit_through_restarts_goes_on() -> None:
    run = history()
    run.wait(5)
    run.resume()
    run.wait(3)
    limit = TimeLimitThroughRestarts(9)
    assert not limit.ask(run.view()).fired
    assert limit.deadline(run.view()) == 9.0
    run.wait(1)
    assert limit.ask(run.view()).fired
    assert limit.deadline(run.view()) is None


def test_combinations_know_the_next_deadline() -> None:
    run = history()
    rule = TimeLimit(5) | (TimeLimitThroughRestarts(3) & MaxOptimizersConverged(1))
    assert rule.deadline(run.view()) == 3.0
    run.wait(4)
    assert rule.deadline(run.view()) == 5.0
    assert MaxOptimizersConverged(1).deadline(run.view()) is None


def test_calls_without_improvement_are_counted_over_all_optimizers() -> None:
    run = history()
    run.start()
    run.start()
    run.evaluate(1, [5.0, 4.0])
    run.evaluate(2, [9.0, math.nan])
    assert not Unimproved(calls=3).ask(run.view()).fired
    run.evaluate(1, 4.0)  # as good as the incumbent is no improvement
    assert Unimproved(calls=3).ask(run.view()).fired
    run.evaluate(2, 3.9999)
    assert not Unimproved(calls=1).ask(run.view()).fired


def test_candidates_outside_the_bounds_count_as_documented() -> None:
    run = history()
    run.evaluate(run.start(), 1.0)
    run.evaluate(1, [np.inf] * 3, status=Status.OUT_OF_BOUNDS)
    assert Unimproved(calls=3).ask(run.view()).fired


def test_time_without_improvement_is_measured_from_the_incumbent() -> None:
    run = history()
    run.evaluate(run.start(), [5.0, 4.0, 6.0], seconds=10)  # the incumbent at 20 s, now 30 s
    limit = Unimproved(seconds=15)
    assert not limit.ask(run.view()).fired
    assert limit.deadline(run.view()) == 35.0
    run.wait(5)
    assert limit.ask(run.view()).fired
    assert limit.deadline(run.view()) is None
    run.evaluate(1, 3.0, seconds=1)
    assert not limit.ask(run.view()).fired


def test_before_the_first_valid_value_only_calls_count() -> None:
    run = history()
    run.wait(1000)
    assert not Unimproved(calls=1, seconds=1).ask(run.view()).fired
    assert Unimproved(seconds=1).deadline(run.view()) is None
    run.evaluate(run.start(), [math.nan, math.inf])
    assert not Unimproved(seconds=1).ask(run.view()).fired
    assert Unimproved(calls=2).ask(run.view()).fired


def test_of_two_limits_the_first_one_reached_is_enough() -> None:
    run = history()
    run.evaluate(run.start(), [1.0, 2.0])
    run.wait(100)
    assert Unimproved(calls=50, seconds=50).ask(run.view()).fired
    assert Unimproved(calls=1, seconds=5000).ask(run.view()).fired
    assert not Unimproved(calls=50, seconds=5000).ask(run.view()).fired


def test_the_verdict_holds_the_numbers() -> None:
    run = history()
    run.evaluate(run.start(), [1.0, 2.0])
    assert Unimproved(calls=9).ask(run.view()).why == "1 evaluations and 1 s since the last improvement"
    assert TimeLimit(5).ask(run.view()).why == "2 of 5 s this session"
    assert TargetFunctionValue(0).ask(run.view()).why == "best 1, target 0"

"""The end of a run whose best value has stopped to move by as much as matters."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glompo.exit_conditions import IncumbentPrecision, Unimproved
from glompo.function import Status
from glompo.testing.histories import history

VALUES = st.lists(st.tuples(st.integers(1, 3), st.integers(-50, 50)), min_size=1, max_size=40)


@pytest.mark.parametrize(
    ("f", "precision", "calls", "expected"),
    [
        ([5.0, 1.0], 0.5, 2, False),  # not longer than the window
        ([5.0, 1.0, 0.75, 0.5], 0.5, 2, True),
        ([5.0, 1.0, 0.75, 0.5], 0.25, 2, False),
        ([5.0, 1.0, 9.0, 9.0], 0.0, 2, True),
        ([-1.0, -3.0, -3.5], 0.5, 1, True),
        ([math.nan, math.inf, 1.0], 1e300, 1, False),  # the first valid value is no small improvement
        ([math.nan, math.inf, math.nan], 1.0, 1, False),
        ([1e308, -1e308], 1.0, 1, False),
    ],
)
def test_the_gain_of_the_last_evaluations_is_compared(
    f: list[float], precision: float, calls: int, expected: bool
) -> None:
    run = history()
    run.evaluate(run.start(), f)
    assert IncumbentPrecision(precision, calls).ask(run.view()).fired is expected


def test_small_improvements_count_as_none_where_unimproved_would_wait() -> None:
    run = history()
    run.evaluate(run.start(), [1.0 - 1e-9 * k for k in range(50)])
    assert IncumbentPrecision(1e-6, calls=20).ask(run.view()).fired
    assert not Unimproved(calls=20).ask(run.view()).fired


def test_the_window_is_one_of_the_whole_run() -> None:
    run = history()
    first, second = run.start(), run.start()
    run.evaluate(first, [4.0, 3.0])
    run.evaluate(second, [9.0, 1.0])  # gained 2 in the last two
    assert not IncumbentPrecision(1.0, calls=2).ask(run.view()).fired
    run.evaluate(first, [2.5, 2.0])
    assert IncumbentPrecision(1.0, calls=2).ask(run.view()).fired
    assert not IncumbentPrecision(1.0, calls=4).ask(run.view()).fired


def test_candidates_outside_the_bounds_count() -> None:
    run = history()
    run.evaluate(run.start(), 1.0)
    run.evaluate(1, [math.inf] * 3, status=Status.OUT_OF_BOUNDS)
    assert IncumbentPrecision(0.1, calls=3).ask(run.view()).fired


@given(VALUES, st.integers(1, 10), st.integers(0, 20), st.sampled_from([-1e6, -7.0, 0.0, 3.0, 1e6]))
def test_it_is_what_the_definition_says_and_an_offset_changes_nothing(values, calls, precision, offset) -> None:
    def answer(shift: float) -> bool:
        run = history()
        for _ in range(3):
            run.start()
        for opt, f in values:
            run.evaluate(opt, f + shift)
        return IncumbentPrecision(precision, calls).ask(run.view()).fired

    f = [f for _, f in values]
    defined = len(f) > calls and min(f[: len(f) - calls]) - min(f) <= precision
    assert answer(0.0) is answer(offset) is defined

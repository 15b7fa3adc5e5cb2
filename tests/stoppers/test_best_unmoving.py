import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glompo.stoppers import BestUnmoving
from glompo.testing.histories import history

values = st.one_of(st.integers(-5, 5).map(float), st.floats(), st.sampled_from([math.inf, -math.inf, math.nan, 1e308]))


def fires(f: list[float], calls: int, tol: float = 0.0) -> bool:
    run = history()
    one = run.start()
    if f:
        run.evaluate(one, f)
    return BestUnmoving(calls, tol).ask(run.view(), one).fired


@given(st.lists(values, max_size=12), st.integers(1, 8), st.sampled_from([0.0, 0.1, 1.0]))
def test_it_answers_as_its_definition_says(f: list[float], calls: int, tol: float) -> None:
    valid = [value for value in f if value > -math.inf]
    earlier = [value for value in f[: len(f) - calls] if value > -math.inf]
    now, before = min(valid, default=math.inf), min(earlier, default=math.inf)
    if len(f) <= calls:
        expected = False
    elif math.isinf(before):
        expected = now == before
    else:
        expected = now == before or abs(now - before) <= tol * abs(before)
    assert fires(f, calls, tol) is expected


@pytest.mark.parametrize(
    ("f", "tol", "expected"),
    [
        ([-100.0, -101.0, -100.0], 0.01, True),  # negative values
        ([-100.0, -102.0, -100.0], 0.01, False),
        ([0.0, 0.0, 5.0], 0.0, True),  # zero
        ([0.0, -1e-300, 5.0], 1.0, False),
        ([math.inf, math.inf, math.nan], 1.0, True),  # nothing valid, then and now
        ([math.inf, 7.0, 8.0], 1.0, False),  # the first valid value is a move
        ([1e308, -1e308, 0.0], 1.0, False),  # their difference overflows
        ([5.0, math.nan, math.inf], 0.0, True),
    ],
)
def test_traps(f: list[float], tol: float, expected: bool) -> None:
    assert fires(f, 2, tol) is expected


def test_a_history_as_long_as_the_window_is_too_short() -> None:
    assert not fires([1.0] * 5, 5)
    assert fires([1.0] * 6, 5)


def test_a_constant_added_to_the_task_changes_the_answer_as_documented() -> None:
    assert not fires([10.0, 8.0], 1, 0.1)
    assert fires([1010.0, 1008.0], 1, 0.1)


def test_the_verdict_holds_the_numbers() -> None:
    run = history()
    one = run.start()
    run.evaluate(one, [4.0, 4.0, 9.0])
    verdict = BestUnmoving(2, 0.5).ask(run.view(), one)
    assert verdict.reason() == "BestUnmoving(calls=2, tol=0.5): best 4 → 4 in 2 evaluations"

import math
from statistics import pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glompo.function import Status
from glompo.stoppers import EvaluationsUnmoving
from glompo.testing.histories import history


def fires(f: list[float], calls: int, tol: float = 0.0, status: list[Status] | None = None) -> bool:
    run = history()
    one = run.start()
    if f:
        run.evaluate(one, f, status=status)
    return EvaluationsUnmoving(calls, tol).ask(run.view(), one).fired


@given(
    st.lists(st.one_of(st.integers(-50, 50).map(float), st.sampled_from([math.inf, -math.inf, math.nan])), max_size=10),
    st.integers(2, 6),
    st.sampled_from([0.0, 0.11, 0.93]),
)
def test_it_answers_as_its_definition_says(f: list[float], calls: int, tol: float) -> None:
    finite = [value for value in f[-calls:] if math.isfinite(value)]
    enough = len(f) >= calls and len(finite) >= 2
    assert fires(f, calls, tol) is (enough and pstdev(finite) <= tol * abs(finite[-1]))


@pytest.mark.parametrize(
    ("f", "tol", "expected"),
    [
        ([0.1] * 7, 0.0, True),  # the mean of equal values may miss them by rounding
        ([0.0] * 7, 0.0, True),
        ([-100.0, -100.5, -99.5], 0.01, True),
        ([1.0, -1.0, 0.0], 1.0, False),  # nothing is small against zero
        ([math.inf] * 3, 1.0, False),
        ([math.nan, math.nan, 5.0], 1.0, False),  # one value does not spread
        ([5.0, math.nan, 5.0], 0.0, True),
        ([1e308, -1e308, 1e308], 1.0, False),
    ],
)
def test_traps(f: list[float], tol: float, expected: bool) -> None:
    assert fires(f, 3, tol) is expected


def test_a_history_shorter_than_the_window_is_no_evidence() -> None:
    assert not fires([1.0, 1.0], 3)
    assert not fires([], 2)


def test_the_value_that_stands_in_for_a_failure_does_not_count() -> None:
    assert not fires([5.0, 1.0, 5.0], 3)
    assert fires([5.0, 1.0, 5.0], 3, status=[Status.OK, Status.FAILED, Status.OK])


def test_a_constant_added_to_the_task_changes_the_answer_as_documented() -> None:
    assert not fires([1.0, 2.0, 3.0], 3, 0.1)
    assert fires([1001.0, 1002.0, 1003.0], 3, 0.1)

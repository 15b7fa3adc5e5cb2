import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from glompo.errors import SettingError, SettingTypeError
from glompo.validation import box, number, point, whole_number, yes_or_no


class Owner:
    pass


OWNER = Owner()


@pytest.mark.parametrize("value", [3, np.int64(3), np.uint8(3)])
def test_whole_numbers_pass_as_int(value: Any) -> None:
    got = whole_number(OWNER, "n", value, 3)
    assert (got, type(got)) == (3, int)


@pytest.mark.parametrize("value", [True, np.True_, 3.0, 1e5, math.nan, "3", None, [3], np.array([3])])
def test_what_is_no_whole_number_is_named(value: Any) -> None:
    with pytest.raises(SettingTypeError) as caught:
        whole_number(OWNER, "n", value, 1)
    assert str(caught.value) == f"Owner: n is {value!r}; give a whole number, 1 or more"


def test_small_whole_numbers_are_named() -> None:
    with pytest.raises(SettingError, match=r"Owner: n is -7; give a whole number, 1 or more"):
        whole_number(OWNER, "n", -7, 1)


@pytest.mark.parametrize("value", [1, 0.5, np.float32(0.5), np.int16(1), Fraction(1, 2)])
def test_numbers_pass_as_float(value: Any) -> None:
    got = number(OWNER, "tol", value, 0, 1)
    assert (got, type(got)) == (float(value), float)


@pytest.mark.parametrize("value", [True, "0.5", None, [0.5], 1j, np.array(0.5)])
def test_what_is_no_number_is_named(value: Any) -> None:
    with pytest.raises(SettingTypeError) as caught:
        number(OWNER, "tol", value, 0, 1)
    assert str(caught.value) == f"Owner: tol is {value!r}; give a finite number of at least 0 and at most 1"


@pytest.mark.parametrize("value", [-0.1, 1.1, math.nan, math.inf, -math.inf, 10**400])
def test_numbers_out_of_range_are_named(value: Any) -> None:
    with pytest.raises(SettingError, match=r"Owner: tol is .*; give a finite number of at least 0 and at most 1"):
        number(OWNER, "tol", value, 0, 1)


def test_a_lower_end_can_be_excluded() -> None:
    assert number(OWNER, "s", 1e-300, 0, above=True) == 1e-300
    with pytest.raises(SettingError, match=r"s is 0; give a finite number greater than 0$"):
        number(OWNER, "s", 0, 0, above=True)


def test_a_number_without_range_only_has_to_be_finite() -> None:
    assert number(OWNER, "target", -1e300) == -1e300
    with pytest.raises(SettingError, match=r"target is nan; give a finite number$"):
        number(OWNER, "target", math.nan)


def test_only_true_and_false_are_yes_and_no() -> None:
    assert yes_or_no(OWNER, "all", np.True_) is True
    assert yes_or_no(OWNER, "all", False) is False
    for value in (1, "yes", None):
        with pytest.raises(SettingTypeError, match=r"all is .*; give True or False"):
            yes_or_no(OWNER, "all", value)


def test_points_are_copied_and_sealed() -> None:
    mine = np.array([1, 2])
    got = point(OWNER, "x0", mine)
    mine[0] = 9
    assert got.tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match="read-only"):
        got[0] = 3


@pytest.mark.parametrize("value", [[], 1.0, [[1.0, 2.0]], [math.nan], [math.inf], [[1], [1, 2]]])
def test_bad_points_are_refused(value: Any) -> None:
    with pytest.raises(SettingError, match="x0 is "):
        point(OWNER, "x0", value)


@pytest.mark.parametrize("value", ["abc", None, ["a"], [True], [1j], {"a": 1}])
def test_points_of_something_else_are_refused(value: Any) -> None:
    with pytest.raises(SettingTypeError, match="x0 is "):
        point(OWNER, "x0", value)


def test_boxes_may_have_fixed_sides() -> None:
    assert box(OWNER, "bounds", [(0, 1), (2, 2)]).tolist() == [[0.0, 1.0], [2.0, 2.0]]


@pytest.mark.parametrize("value", [[], [1, 2], [(1, 2, 3)], [(1, 0)], [(0, math.inf)], [(math.nan, 1)], [(0, 1), (0,)]])
def test_bad_boxes_are_refused(value: Any) -> None:
    with pytest.raises(SettingError, match=r"bounds is .*; give one pair"):
        box(OWNER, "bounds", value)

"""What counts as a number, and what only converts to one."""

import datetime
import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from glompo.errors import SettingTypeError
from glompo.function import Status, assess
from glompo.spec import bounds_of, x0_of
from glompo.validation import box, point
from glompo.values import reals, without_masks

pandas = pytest.importorskip("pandas")

MASKED = [
    np.ma.masked,
    np.ma.array(1.0, mask=True),
    np.ma.array([1.0], mask=[True]),
    np.ma.array([[1]], mask=True),
    np.array([np.ma.masked], dtype=object),
]

NO_NUMBERS = [
    *MASKED,
    None, "1.5", "nan", b"1.5", bytearray(b"1.5"), memoryview(b"1.5"), np.str_("1.5"), np.array("1.5"), 1 + 0j,
    np.complex64(1), np.array([1 + 0j]), np.datetime64(1, "ns"), np.timedelta64(5, "ns"), np.array([5], "m8[ns]"),
    datetime.timedelta(1), pandas.NA, Decimal("sNaN"), [1.0], {}, np.zeros(2), np.zeros(0), object(), 10**400,
]  # fmt: skip


@pytest.mark.parametrize("raw", NO_NUMBERS, ids=lambda raw: f"{type(raw).__name__} {str(raw)[:12]}")
def test_what_only_converts_to_a_float_is_no_value(raw):
    outcome = assess(raw)
    assert outcome.status is Status.INVALID
    assert math.isnan(outcome.fx)
    assert outcome.error.endswith("not a number")


@pytest.mark.parametrize(
    "raw", [2, 2.0, np.float32(2), np.int8(2), Fraction(2), Decimal(2), np.array(2), np.array([[2.0]]),
            np.ma.array([2.0]), np.ma.array(2.0, mask=False), np.array([2], dtype=object), np.longdouble(2)],
)  # fmt: skip
def test_numbers_of_any_library_are_values(raw):
    assert (assess(raw).fx, assess(raw).status) == (2.0, Status.OK)


@pytest.mark.parametrize("raw", [pandas.NaT, np.float32("nan"), Decimal("NaN")])
def test_no_number_by_the_name_of_a_float_is_invalid_too(raw):
    assert assess(raw).status is Status.INVALID


@pytest.mark.parametrize(
    "masked", [np.ma.array([0.5, 1.0], mask=[False, True]), [0.5, np.ma.masked], (np.ma.masked, 1)]
)
def test_a_masked_value_in_a_point_or_in_bounds_is_refused_with_what_to_give(masked):
    with pytest.raises(SettingTypeError, match=r"(?s)x0 is .*masked.*; give 2 numbers"):
        x0_of(masked, np.array([[0.0, 1.0], [0.0, 1.0]]))
    with pytest.raises(SettingTypeError, match=r"masked.*; give one"):
        bounds_of([(0.0, 1.0), masked])
    with pytest.raises(SettingTypeError, match="give"):
        point("Owner", "x", masked)
    with pytest.raises(SettingTypeError, match="give"):
        box("Owner", "bounds", [(0, 1), masked])


def test_masked_arrays_are_refused_as_bounds_in_each_form():
    with pytest.raises(SettingTypeError, match="masked"):
        bounds_of(np.ma.array([[0.0, 1.0], [0.0, 1.0]], mask=[[True, False], [False, False]]))


SEQUENCES = [
    [0, 1], (0.0, np.float32(1)), range(2), np.array([0, 1]), pandas.Series([0, 1]), np.ma.array([0, 1]),
    np.array([0, 1], dtype=object), [np.array(0), Fraction(1)],
]  # fmt: skip


@pytest.mark.parametrize("given", SEQUENCES)
def test_points_may_come_in_any_sequence_of_numbers(given):
    np.testing.assert_array_equal(reals(given), [0.0, 1.0])


def test_masked_extras_are_recorded_as_missing():
    assert math.isnan(without_masks(np.ma.masked))
    np.testing.assert_array_equal(without_masks(np.ma.array([1, 2], mask=[0, 1])), [1.0, np.nan])
    assert without_masks(np.ma.array(["a", "b"], mask=[0, 1])) == ["a", None]
    assert without_masks(np.ma.array([1, 2])).tolist() == [1, 2]

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glompo.show.axis import scale_for


def scale(values, improvements=()):
    return scale_for(np.array(values, dtype=float), np.array(improvements, dtype=float))


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([], "linear"),
        ([np.nan, np.inf], "linear"),
        ([3.0], "linear"),
        ([1.0, 2.0, 30.0], "linear"),
        ([1.0, 2.0, 40.0], "log"),
        ([1e-9, 1.0], "log"),
        ([-1.0, 0.0, 1.0], "linear"),
        ([0.0, 0.0, 0.0], "linear"),
        ([-44.0, -43.99, -43.9, -43.0, 0.0, 1e5], "shifted"),
        ([-1e308, 1e308], "linear"),
    ],
)
def test_the_scale_is_as_simple_as_the_values_permit(values, kind):
    assert scale(values).kind == kind


def test_values_that_are_not_finite_do_not_count():
    assert scale([1.0, 2.0, np.inf, np.nan, -np.inf]) == scale([1.0, 2.0])


def test_a_shifted_scale_is_named_after_what_it_is_shifted_by():
    assert scale([-44.5, -44.49, -44.4, -43.0, 0.0, 1e5]).label() == "value + 44.5"
    assert scale([0.0, 1e-3, 1e-2, 1.0, 1e5]).label() == "value"


def test_cliffs_lie_above_the_picture_when_they_would_hide_the_search():
    improvements = [1e12, 5.0, 0.0, -3.0, -5.0, -6.0, -7.0, -8.0, -9.0, -10.0, -11.0, -12.0]
    found = scale([*improvements, 1e10, 1e11], improvements)
    assert 5.0 < found.ceiling < 1e6
    assert np.isnan(found.heights(np.array([1e10]))).all()


def test_a_steady_descent_over_decades_is_shown_whole():
    improvements = np.logspace(12, -6, 40)
    found = scale(improvements, improvements)
    assert (found.kind, found.ceiling) == ("log", np.inf)


numbers = st.floats(allow_nan=True, allow_infinity=True)


@given(st.lists(numbers, max_size=30), st.lists(st.floats(-1e300, 1e300), max_size=10))
def test_whatever_the_values_their_heights_keep_their_order(values, improvements):
    given_values = np.array(values)
    finite = np.sort(given_values[np.isfinite(given_values)])
    found = scale(given_values, improvements)
    heights = found.heights(finite)
    shown = heights[finite <= found.ceiling]
    assert (shown[1:] >= shown[:-1]).all()
    if found.kind == "log":
        assert (shown > 0).all()
    if found.kind == "shifted":
        assert found.threshold > 0
        assert shown[0] == 0


@given(st.lists(st.floats(-1e300, 1e300), min_size=1, max_size=30))
def test_the_best_value_is_always_in_the_picture(values):
    improvements = np.minimum.accumulate(values)
    assert min(values) <= scale(values, improvements).ceiling


def test_the_axis_is_named_after_what_a_value_is_and_its_unit():
    shifted = scale([-44.5, -44.49, -44.4, -43.0, 0.0, 1e5])
    assert shifted.label("energy", "eV") == "energy + 44.5 in eV"
    assert scale([1.0, 2.0]).label("loss") == "loss"

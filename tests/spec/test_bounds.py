import numpy as np
import pytest
from scipy.optimize import Bounds

from glompo.errors import SettingError, SettingTypeError
from glompo.spec import bounds_of, x0_of


@pytest.mark.parametrize(
    "given",
    [
        [(-5, 5), (0, 10), (1, 1)],
        ((-5, 5), (0, 10), (1, 1)),
        np.array([[-5, 5], [0, 10], [1, 1]]),
        Bounds([-5, 0, 1], [5, 10, 1]),
    ],
)
def test_all_usual_forms_mean_the_same(given):
    np.testing.assert_array_equal(bounds_of(given), [[-5, 5], [0, 10], [1, 1]])


def test_tuples_say_what_they_are_also_in_two_dimensions():
    np.testing.assert_array_equal(bounds_of([(-5, 5), (0, 10)]), [[-5, 5], [0, 10]])
    np.testing.assert_array_equal(bounds_of(np.array([[-5, 5], [-5, 5]])), [[-5, 5], [-5, 5]])
    np.testing.assert_array_equal(bounds_of(Bounds([-5, 0], [5, 10])), [[-5, 5], [0, 10]])


@pytest.mark.parametrize("given", [np.array([[-5, 5], [0, 10]]), [[-5, 5], [0, 10]], ([-5, 0], [5, 10])])
def test_an_ambiguous_two_by_two_is_refused_with_both_ways_out(given):
    with pytest.raises(SettingError, match=r"two ways; give tuples .* or scipy.optimize.Bounds"):
        bounds_of(given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([(5, -5), (0, 1)], r"parameter 0 are \(5.0, -5.0\); they are reversed, give \(-5.0, 5.0\)"),
        ([(0, 1), (np.nan, 5)], r"parameter 1 are \(nan, 5.0\)"),
        ([(0, np.inf)], r"parameter 0 are \(0.0, inf\); the search needs a finite box"),
        ([(-1e308, 1e308)], "their distance is not a finite number"),
        ([(1, 1), (2, 2)], "all 2 parameters are fixed"),
        ([], r"shape \(0,\)"),
        ([(0, 1, 2)], r"shape \(1, 3\)"),
        ((0, 1), r"shape \(2,\)"),
        (5, r"shape \(\)"),
        ([[0, 0, 0], [1, 1, 1]], r"scipy.optimize.Bounds\(lower, upper\)"),
    ],
)
def test_bad_bounds_are_named_with_their_value_and_the_remedy(given, message):
    with pytest.raises(SettingError, match=message):
        bounds_of(given)


@pytest.mark.parametrize("given", ["box", [("a", "b")], [(0, 1), (0,)], lambda: 0, None, [(0, None)]])
def test_what_holds_no_numbers_is_a_type_error(given):
    with pytest.raises(SettingTypeError, match="one \\(min, max\\) pair of numbers"):
        bounds_of(given)


BOX = np.array([[0.0, 1.0], [0.0, 2.0]])


def test_x0_may_lie_on_the_bounds():
    np.testing.assert_array_equal(x0_of([0, 2], BOX), [0.0, 2.0])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([0, 3], r"parameter 1 is 3.0, bounds \[0.0, 2.0\]"),
        ([np.nan, 0], "parameter 0 is nan"),
        ([0], r"shape \(1,\)"),
        ("ab", "x0 is 'ab'"),
    ],
)
def test_a_bad_x0_is_named(given, message):
    with pytest.raises(
        SettingError if "shape" in message or "parameter" in message else SettingTypeError, match=message
    ):
        x0_of(given, BOX)

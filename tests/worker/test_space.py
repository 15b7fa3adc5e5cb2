import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from glompo.worker.space import Space

finite = st.floats(-1e6, 1e6)


@st.composite
def boxes(draw):
    d = draw(st.integers(1, 4))
    low = draw(hnp.arrays(float, d, elements=finite))
    width = draw(hnp.arrays(float, d, elements=st.sampled_from([0.0, 1e-3, 1.0, 3e5])))
    bounds = np.stack([low, low + width], axis=1)
    return bounds if (bounds[:, 0] < bounds[:, 1]).any() else np.vstack([bounds, [0.0, 1.0]])


def _possible(scalers, bounds):
    return ["linear" if one == "log" and low <= 0 else one for one, low in zip(scalers, bounds[:, 0], strict=False)]


@given(boxes(), st.lists(st.sampled_from(["none", "linear", "std", "log"]), min_size=5, max_size=5), st.data())
def test_there_and_back_stays_inside_and_near(bounds, scalers, data):
    space = Space(bounds, _possible(scalers, bounds))
    share = data.draw(hnp.arrays(float, len(bounds), elements=st.floats(0, 1)))
    x = np.clip(bounds[:, 0] + share * (bounds[:, 1] - bounds[:, 0]), bounds[:, 0], bounds[:, 1])
    u = space.seen(x)
    assert all(low <= value <= high for value, (low, high) in zip(u, space.pairs, strict=True))
    back = space.natural(u)
    assert ((back >= bounds[:, 0]) & (back <= bounds[:, 1])).all()
    np.testing.assert_allclose(back, x, rtol=1e-9, atol=1e-9 * (1 + np.abs(bounds).max()))


@given(boxes(), st.lists(st.sampled_from(["none", "linear", "std", "log"]), min_size=5, max_size=5))
def test_corners_are_met_exactly(bounds, scalers):
    space = Space(bounds, _possible(scalers, bounds))
    lows, highs = (np.array([pair[side] for pair in space.pairs]) for side in (0, 1))
    np.testing.assert_array_equal(space.natural(lows), bounds[:, 0])
    np.testing.assert_array_equal(space.natural(highs), bounds[:, 1])


def test_fixed_parameters_disappear():
    space = Space(np.array([[0.0, 1.0], [7.0, 7.0], [-1.0, 1.0]]), "linear")
    assert space.dims == 2
    np.testing.assert_array_equal(space.natural(np.array([0.5, 0.25])), [0.5, 7.0, -0.5])


def test_a_candidate_outside_stays_outside():
    space = Space(np.array([[0.0, 10.0]]), "linear")
    assert space.natural(np.array([1.5]))[0] == 15.0


def test_an_unknown_scaler_is_refused():
    with pytest.raises(ValueError, match="scaler is 'logarithmic'"):
        Space(np.array([[0.0, 1.0]]), "logarithmic")


def test_each_parameter_is_seen_on_its_own_scale():
    space = Space(
        np.array([[1e-6, 1e2], [-1.0, 3.0], [5.0, 5.0], [-1.0, 3.0], [0.0, 8.0]]),
        ["log", "linear", "log", "std", "none"],
    )
    assert space.pairs == [(0.0, 1.0), (0.0, 1.0), (-1.0, 1.0), (0.0, 8.0)]
    np.testing.assert_allclose(space.natural(np.array([0.25, 0.25, -0.5, 7.0])), [1e-4, 0.0, 5.0, 0.0, 7.0])
    np.testing.assert_allclose(space.seen(np.array([1e-4, 0.0, 5.0, 0.0, 7.0])), [0.25, 0.25, -0.5, 7.0])


def test_a_logarithm_needs_a_positive_range():
    with pytest.raises(ValueError, match=r"bounds of parameter 1 are \(-1.0, 3.0\)"):
        Space(np.array([[1e-6, 1e2], [-1.0, 3.0]]), "log")


@given(boxes(), st.integers(1, 4), st.data())
def test_a_generation_is_the_same_as_its_points_one_by_one(bounds, n, data):
    space = Space(bounds)
    points = [data.draw(hnp.arrays(float, space.dims, elements=st.floats())) for _ in range(n)]
    whole = space.generation(points)
    assert (whole is None) == (space.dims < len(bounds))  # a parameter that is fixed is put in
    if whole is not None:
        assert whole.tobytes() == np.array([space.natural(x) for x in points]).tobytes()
        assert not any(np.shares_memory(whole, x) for x in points)


X = np.array([0.5, 0.5])


@pytest.mark.parametrize("points", [
    [], [X, [0.5, 0.5]], [X, np.array([1, 1])], [X, np.array([0.5])], [X, np.ma.array(X, mask=[True, False])], X,
    np.array([X, X]),
])  # fmt: skip
def test_points_that_are_no_plain_arrays_are_converted_one_by_one(points):
    assert Space(np.array([[0.0, 1.0]] * 2)).generation(points) is None


@pytest.mark.parametrize("settings", [{"scaler": "linear"}, {"integrality": (True, False)}])
def test_points_in_other_units_are_converted_one_by_one(settings):
    assert Space(np.array([[0.0, 1.0]] * 2), **settings).generation([X, X]) is None

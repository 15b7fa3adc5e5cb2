"""What every problem promises, whatever its formula."""

from __future__ import annotations

import pickle
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import glompo.problems
from glompo.problems import (
    Ackley,
    Deceptive,
    Easom,
    ExpLeastSquaresCost,
    Griewank,
    LennardJones,
    Michalewicz,
    Problem,
    Rana,
    Rosenbrock,
    Schwefel,
    Shekel,
    Stochastic,
    ZeroSum,
    base,
    catalogue,
)

KINDS = list(catalogue().values())
REPEATABLE = [kind for kind in KINDS if kind is not Stochastic]
LATTICE = st.lists(st.integers(-9, 9), min_size=3, max_size=3).map(lambda v: np.array(v) / 1024)


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that problems have slept, without sleeping them."""
    taken: list[float] = []
    monkeypatch.setattr(base, "sleep", taken.append)
    return taken


def inside(problem: Problem, n: int) -> np.ndarray:
    return np.random.default_rng(11).uniform(problem.bounds[:, 0], problem.bounds[:, 1], (n, problem.dims))


def test_the_catalogue_lists_every_exported_problem() -> None:
    classes = [name for name in glompo.problems.__all__ if name not in ("Problem", "catalogue")]
    assert list(catalogue()) == classes
    assert len(classes) == 23


@pytest.mark.parametrize("kind", KINDS)
def test_bounds_are_float64_rows_of_lower_and_upper(kind: type[Problem]) -> None:
    problem = kind()
    assert problem.bounds.dtype == np.float64
    assert problem.bounds.shape == (problem.dims, 2)
    assert (problem.bounds[:, 0] < problem.bounds[:, 1]).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_value_is_a_finite_python_float_inside_the_bounds(kind: type[Problem]) -> None:
    problem = kind()
    value = problem(inside(problem, 1)[0].tolist())
    assert type(value) is float
    assert np.isfinite(value)


@pytest.mark.parametrize("kind", REPEATABLE)
def test_a_batch_gives_the_values_of_its_rows(kind: type[Problem]) -> None:
    problem = kind()
    points = inside(problem, 7)
    assert problem.batch(points) == pytest.approx(np.array([problem(x) for x in points]), rel=1e-12)
    assert problem.batch(points[:0]).shape == (0,)


@pytest.mark.parametrize("kind", KINDS)
def test_evaluating_leaves_the_callers_arrays_alone(kind: type[Problem]) -> None:
    problem = kind(shift=np.random.default_rng(12))
    points = inside(problem, 3)
    before = points.copy()
    points.flags.writeable = False
    problem(points[0])
    problem.batch(points)
    assert (points == before).all()


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_problem_hands_out_cannot_change_it(kind: type[Problem]) -> None:
    problem = kind()
    for array in (problem.bounds, problem.min_x, problem.shift):
        array += 1.0
    fresh = kind()
    assert (problem.bounds == fresh.bounds).all()
    assert (problem.min_x == fresh.min_x).all()
    assert (problem.shift == 0.0).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("change", [lambda d: (d + 1,), lambda d: (d, 1), lambda d: (1, d), lambda d: ()])
def test_a_point_of_the_wrong_shape_is_refused_with_both_shapes(
    kind: type[Problem], change: Callable[[int], tuple[int, ...]]
) -> None:
    problem = kind()
    shape = change(problem.dims)
    with pytest.raises(ValueError, match=r"takes a vector of shape") as caught:
        problem(np.zeros(shape))
    assert f"({problem.dims},), not {shape}" in str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_of_the_wrong_shape_is_refused_with_both_shapes(kind: type[Problem]) -> None:
    problem = kind()
    for shape in ((problem.dims,), (4, problem.dims + 1), (2, 2, problem.dims)):
        with pytest.raises(ValueError, match=r"takes a batch of shape") as caught:
            problem.batch(np.zeros(shape))
        assert f"(n, {problem.dims}), not {shape}" in str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
def test_a_pickled_copy_is_the_same_problem(kind: type[Problem]) -> None:
    problem = kind(delay=0.0, shift=np.random.default_rng(13))
    copy = pickle.loads(pickle.dumps(problem))
    points = inside(problem, 5)
    assert copy.batch(points).tolist() == problem.batch(points).tolist()
    assert (copy.bounds == problem.bounds).all()
    assert (copy.min_x == problem.min_x).all()
    assert (copy.min_fx, repr(copy)) == (problem.min_fx, repr(problem))


@pytest.mark.parametrize("kind", KINDS)
def test_a_drawn_shift_moves_the_minimum_inside_the_bounds_and_keeps_its_value(kind: type[Problem]) -> None:
    plain, moved = kind(), kind(shift=np.random.default_rng(14))
    assert (np.abs(moved.min_x - plain.min_x) > 1e-9).all()
    assert ((moved.bounds[:, 0] <= moved.min_x) & (moved.min_x <= moved.bounds[:, 1])).all()
    assert moved.min_fx == plain.min_fx
    assert moved(moved.min_x) == pytest.approx(moved.min_fx, rel=0, abs=1e-6)


@pytest.mark.parametrize("kind", [kind for kind in REPEATABLE if kind is not LennardJones])
def test_the_shifted_function_is_the_plain_one_somewhere_else(kind: type[Problem]) -> None:
    plain, moved = kind(), kind(shift=np.random.default_rng(15))
    points = inside(plain, 20)
    assert moved.batch(points + moved.shift) == pytest.approx(plain.batch(points), rel=1e-6, abs=1e-9)


@given(shift=LATTICE)
def test_a_given_shift_is_added_to_the_place_and_the_bounds_stay(shift: np.ndarray) -> None:
    problem = Griewank(3, shift=shift)
    assert (problem.shift == shift).all()
    assert (problem.min_x == shift).all()
    assert problem(shift) == 0.0
    assert (problem.bounds == Griewank(3).bounds).all()


@given(shift=LATTICE)
def test_the_bounds_follow_where_the_function_is_lower_outside(shift: np.ndarray) -> None:
    problem = Schwefel(3, shift=shift)
    assert (problem.bounds == Schwefel(3).bounds + shift[:, np.newaxis]).all()
    assert problem(problem.min_x) == pytest.approx(problem.min_fx, rel=1e-12)


def test_a_number_shifts_every_parameter_alike() -> None:
    assert Ackley(3, shift=2.5).min_x.tolist() == [2.5, 2.5, 2.5]


def test_a_shift_keeps_the_whole_zero_sum_plane() -> None:
    problem = ZeroSum(2, shift=[1.3, -0.4])
    assert problem([1.3 + 2.0, -0.4 - 2.0]) == 0.0
    assert problem([0.0, 0.0]) == pytest.approx(1 + np.sqrt(9000.0))


def test_one_generator_draws_different_shifts_and_equal_seeds_equal_ones() -> None:
    rng = np.random.default_rng(16)
    one, two = Ackley(3, shift=rng), Ackley(3, shift=rng)
    assert (one.shift != two.shift).all()
    assert (one.shift == Ackley(3, shift=np.random.default_rng(16)).shift).all()


@pytest.mark.parametrize("shift", [[1.0], [[1.0, 2.0]], np.zeros((2, 1))])
def test_a_shift_of_the_wrong_shape_is_refused(shift: object) -> None:
    with pytest.raises(ValueError, match=r"has the shape \(2,\), not"):
        Ackley(2, shift=shift)


def test_a_shift_that_is_not_finite_is_refused() -> None:
    with pytest.raises(ValueError, match="must be finite"):
        Ackley(2, shift=[0.0, np.nan])


def test_a_shift_that_moves_the_minimum_out_of_the_bounds_is_refused() -> None:
    with pytest.raises(ValueError, match="out of the bounds"):
        Ackley(2, shift=[0.0, 33.0])


def test_a_delay_is_slept_once_per_evaluation(naps: list[float]) -> None:
    problem = Ackley(2, delay=0.25)
    problem([0.0, 0.0])
    problem.batch(np.zeros((4, 2)))
    assert (naps, problem.delay) == ([0.25, 1.0], 0.25)


def test_the_residuals_and_the_gradient_are_not_delayed_and_a_detailed_call_is_delayed_once(naps: list[float]) -> None:
    fit, cluster = ExpLeastSquaresCost(2, delay=0.5), LennardJones(3, delay=0.5)
    fit.residuals([0.0, 0.0])
    cluster.gradient(cluster.min_x)
    assert naps == []
    fit.detailed_call([0.0, 0.0])
    assert naps == [0.5]


def test_without_a_delay_nothing_sleeps(naps: list[float]) -> None:
    Ackley(2)([0.0, 0.0])
    assert naps == []


@pytest.mark.parametrize("delay", [-0.1, np.inf, np.nan])
def test_a_delay_that_is_no_time_is_refused(delay: float) -> None:
    with pytest.raises(ValueError, match="delay is a finite number of seconds"):
        Ackley(2, delay=delay)


@pytest.mark.parametrize(
    ("kind", "dims", "allowed"),
    [
        (Ackley, 0, "at least 1"),
        (Ackley, -3, "at least 1"),
        (Rosenbrock, 1, "at least 2"),
        (Rana, 1, "at least 2"),
        (Easom, 3, "2 to 2"),
        (Shekel, 2, "4 to 4"),
        (ExpLeastSquaresCost, 0, "at least 1"),
    ],
)
def test_a_number_of_dimensions_that_does_not_exist_is_refused(kind: type[Problem], dims: int, allowed: str) -> None:
    with pytest.raises(ValueError, match=f"exists for {allowed} dimensions, not {dims}"):
        kind(dims)


def test_a_fractional_number_of_dimensions_is_refused() -> None:
    with pytest.raises(TypeError):
        Ackley(2.0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Deceptive(beta=0.0), "beta is a finite positive number, not 0.0"),
        (lambda: Deceptive(beta=np.nan), "beta is a finite positive number, not nan"),
        (lambda: Michalewicz(m=0), "m is a whole number, at least 1, not 0"),
        (lambda: Michalewicz(m=1.5), "m is a whole number, at least 1, not 1.5"),
        (lambda: Shekel(m=6), "m = 5, 7 or 10 pits, not 6"),
        (lambda: ExpLeastSquaresCost(n_points=0), "n_points is at least 1, not 0"),
        (lambda: ExpLeastSquaresCost(noise=-1.0), "noise is a finite standard deviation, 0 or more, not -1.0"),
        (lambda: LennardJones(1), "at least 2 atoms, not 1"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_with_its_value(make: Callable[[], Problem], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()

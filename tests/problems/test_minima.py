"""The minimum that a problem announces is its minimum."""

from __future__ import annotations

import numpy as np
import pytest

from glompo.problems import (
    Ackley,
    Alpine01,
    Alpine02,
    Deceptive,
    Easom,
    ExpLeastSquaresCost,
    Griewank,
    Langermann,
    LennardJones,
    Levy,
    Michalewicz,
    Problem,
    Qing,
    Rana,
    Rastrigin,
    Rosenbrock,
    Schwefel,
    Shekel,
    Shubert,
    Stochastic,
    StyblinskiTang,
    Trigonometric,
    Vincent,
    ZeroSum,
    catalogue,
)

SCALABLE = (
    Ackley,
    Alpine01,
    Alpine02,
    Deceptive,
    ExpLeastSquaresCost,
    Griewank,
    Levy,
    Michalewicz,
    Qing,
    Rastrigin,
    Schwefel,
    Shubert,
    Stochastic,
    StyblinskiTang,
    Trigonometric,
    Vincent,
    ZeroSum,
)

PROBLEMS = [
    *(kind(dims) for kind in SCALABLE for dims in (1, 2, 5)),
    *(Rosenbrock(dims) for dims in (2, 3, 7)),
    *(Rana(dims) for dims in (2, 3, 4, 5)),
    *(Shekel(m=m) for m in (5, 7, 10)),
    *(LennardJones(n_atoms) for n_atoms in (2, 3, 4, 6, 13)),
    Easom(),
    Langermann(),
    Deceptive(3, beta=0.5),
    Michalewicz(3, m=1),
]

# Values printed in the sources that the classes name, with half a unit of the last printed digit
PUBLISHED = [
    (Alpine02(2), -6.1295, 5e-5),
    (Langermann(), -5.1621259, 5e-7),
    (Michalewicz(2), -1.8013, 5e-5),
    (Michalewicz(5), -4.687658, 5e-7),
    (Michalewicz(10), -9.66015, 5e-6),
    (Rana(2), -500.8021602966615, 1e-9),
    (Schwefel(20), -8379.658, 5e-4),
    (Shekel(m=5), -10.1532, 5e-5),
    (Shekel(m=7), -10.4029, 5e-5),
    (Shekel(m=10), -10.5364, 5e-5),
    (Shubert(2), -186.7309, 5e-5),
    (Shubert(3), -2709.093505, 5e-6),
    (StyblinskiTang(3), -39.16616570377142 * 3, 1e-12),
    (Vincent(4), -4.0, 0.0),
]


def tolerance(problem: Problem) -> float:
    """The table of clusters has six decimals; everything else is exact but for rounding."""
    return 5e-7 if isinstance(problem, LennardJones) else 1e-12 * max(1.0, abs(problem.min_fx))


@pytest.mark.parametrize("problem", PROBLEMS, ids=repr)
def test_the_known_place_has_the_known_value(problem: Problem) -> None:
    assert problem(problem.min_x) == pytest.approx(problem.min_fx, rel=0, abs=tolerance(problem))


@pytest.mark.parametrize("problem", PROBLEMS, ids=repr)
def test_the_known_place_lies_inside_the_bounds(problem: Problem) -> None:
    assert ((problem.bounds[:, 0] <= problem.min_x) & (problem.min_x <= problem.bounds[:, 1])).all()


def lowest_seen(problem: Problem) -> float:
    """Lowest of many points in the box, and of ever smaller clouds around the best of them and the known place."""
    rng = np.random.default_rng(1)
    lower, upper = problem.bounds.T
    points = rng.uniform(lower, upper, (4000, problem.dims))
    centres = [*points[np.argsort(problem.batch(points))[:3]], problem.min_x]
    return min(lowest_around(problem, centre, rng) for centre in centres)


def lowest_around(problem: Problem, centre: np.ndarray, rng: np.random.Generator) -> float:
    lower, upper = problem.bounds.T
    lowest = problem(centre)
    for width in np.geomspace(0.1, 1e-9, 60):
        cloud = np.clip(centre + width * (upper - lower) * rng.standard_normal((50, problem.dims)), lower, upper)
        values = problem.batch(cloud)
        if values.min() < lowest:
            lowest, centre = values.min(), cloud[np.argmin(values)]
    return lowest


@pytest.mark.parametrize("problem", PROBLEMS, ids=repr)
def test_no_point_that_a_search_sees_falls_below_the_minimum(problem: Problem) -> None:
    assert lowest_seen(problem) >= problem.min_fx - tolerance(problem)


@pytest.mark.parametrize(("problem", "value", "precision"), PUBLISHED, ids=str)
def test_the_minimum_is_the_published_one(problem: Problem, value: float, precision: float) -> None:
    assert problem.min_fx == pytest.approx(value, rel=0, abs=precision)


@pytest.mark.parametrize("kind", [k for k in catalogue().values() if k is not LennardJones and not k.box_moves])
def test_a_box_that_stays_when_shifted_has_no_lower_value_around_it(kind: type[Problem]) -> None:
    problem = kind()
    centre, width = problem.bounds.mean(axis=1), np.diff(problem.bounds, axis=1)[:, 0]
    points = np.random.default_rng(2).uniform(centre - 2 * width, centre + 2 * width, (20_000, problem.dims))
    assert problem.batch(points).min() >= problem.min_fx - tolerance(problem)


@pytest.mark.parametrize("kind", [Alpine02, Michalewicz, Schwefel])
def test_a_box_that_moves_when_shifted_has_a_lower_value_around_it(kind: type[Problem]) -> None:
    problem = kind()
    centre, width = problem.bounds.mean(axis=1), np.diff(problem.bounds, axis=1)[:, 0]
    points = np.random.default_rng(2).uniform(centre - 2 * width, centre + 2 * width, (20_000, problem.dims))
    assert problem.batch(points).min() < problem.min_fx


@pytest.mark.parametrize("problem", [Rana(6), LennardJones(99), ExpLeastSquaresCost(noise=0.1)], ids=repr)
def test_an_unknown_minimum_is_none(problem: Problem) -> None:
    assert (problem.min_fx, problem.min_x) == (None, None)


def test_alpine01_touches_zero_at_its_other_places_too() -> None:
    other = np.arcsin(-0.1)
    assert Alpine01(2)([other, 2 * np.pi + other]) == pytest.approx(0.0, abs=1e-14)


def test_qing_has_a_minimum_in_every_quadrant() -> None:
    corners = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]]) * Qing(2).min_x
    assert Qing(2).batch(corners) == pytest.approx(np.zeros(4), abs=1e-14)


def test_shubert_has_eighteen_minima_in_two_dimensions() -> None:
    low = np.array([-1.4251284283197607 + k * 2 * np.pi for k in (-1, 0, 1)])
    high = np.array([-0.8003211004719731 + k * 2 * np.pi for k in (-1, 0, 1)])
    places = [p for a in low for b in high for p in ((a, b), (b, a))]
    assert Shubert(2).batch(places) == pytest.approx(np.full(18, Shubert(2).min_fx), abs=1e-9)


def test_vincent_has_six_minima_per_parameter() -> None:
    places = np.exp(np.pi / 20 + np.arange(-2, 4) * np.pi / 5)
    assert ((places >= 0.25) & (places <= 10)).all()
    assert Vincent(1).batch(places[:, np.newaxis]) == pytest.approx(np.full(6, -1.0), abs=1e-12)


def test_zero_sum_is_zero_on_the_whole_plane_and_above_one_beside_it() -> None:
    problem = ZeroSum(3)
    plane = np.random.default_rng(3).uniform(-5, 5, (1000, 3))
    plane[:, 2] = -(plane[:, 0] + plane[:, 1])
    assert (problem.batch(plane) == 0.0).all()
    assert problem([0.0, 0.0, 1e-12]) > 1.0


def test_exponentials_in_any_order_fit_equally_well() -> None:
    problem = ExpLeastSquaresCost(3)
    assert problem(problem.min_x[::-1]) == pytest.approx(0.0, abs=1e-24)

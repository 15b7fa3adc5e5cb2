"""Every function against the published formula, written a second time with plain loops."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from math import cos, exp, pi, prod, sin, sqrt

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
)

Point = Sequence[float]


def ackley(x: Point) -> float:
    d = len(x)
    square, waves = sum(v * v for v in x) / d, sum(cos(2 * pi * v) for v in x) / d
    return -20 * exp(-0.2 * sqrt(square)) - exp(waves) + 20 + math.e


def deceptive(x: Point) -> float:
    total = 0.0
    for i, v in enumerate(x, 1):
        alpha = i / (len(x) + 1)
        if v <= 0.8 * alpha:
            total += 0.8 - v / alpha
        elif v <= alpha:
            total += 5 * v / alpha - 4
        elif v <= (1 + 4 * alpha) / 5:
            total += 5 * (v - alpha) / (alpha - 1) + 1
        else:
            total += (v - 1) / (1 - alpha) + 0.8
    return -((total / len(x)) ** 2)


def langermann(x: Point) -> float:
    a, b, c = (3, 5, 2, 1, 7), (5, 2, 1, 4, 9), (1, 2, 5, 2, 3)
    squares = [(x[0] - a[i]) ** 2 + (x[1] - b[i]) ** 2 for i in range(5)]
    return -sum(c[i] * exp(-squares[i] / pi) * cos(pi * squares[i]) for i in range(5))


def levy(x: Point) -> float:
    w = [1 + (v - 1) / 4 for v in x]
    middle = sum((v - 1) ** 2 * (1 + 10 * sin(pi * v + 1) ** 2) for v in w[:-1])
    return sin(pi * w[0]) ** 2 + middle + (w[-1] - 1) ** 2 * (1 + sin(2 * pi * w[-1]) ** 2)


def rana(x: Point) -> float:
    total = 0.0
    for a, b in pairwise(x):
        t1, t2 = sqrt(abs(b + a + 1)), sqrt(abs(b - a + 1))
        total += (b + 1) * cos(t2) * sin(t1) + a * cos(t1) * sin(t2)
    return total


def shekel(x: Point) -> float:
    rows = [[4] * 4, [1] * 4, [8] * 4, [6] * 4, [3, 7, 3, 7], [2, 9, 2, 9], [5, 5, 3, 3], [8, 1, 8, 1], [6, 2, 6, 2]]
    rows.append([7, 3.6, 7, 3.6])
    widths = (0.1, 0.2, 0.2, 0.4, 0.4, 0.6, 0.3, 0.7, 0.5, 0.5)
    return -sum(
        1 / (c + sum((v - a) ** 2 for v, a in zip(x, r, strict=True))) for r, c in zip(rows, widths, strict=True)
    )


def trigonometric(x: Point) -> float:
    d, cosines = len(x), sum(cos(v) for v in x)
    return sum((d - cosines + i * (1 - cos(v) - sin(v))) ** 2 for i, v in enumerate(x, 1))


def zero_sum(x: Point) -> float:
    return 0.0 if sum(x) == 0 else 1 + sqrt(10000 * abs(sum(x)))


FORMULAS: list[tuple[Problem, Callable[[Point], float]]] = [
    (Ackley(4), ackley),
    (Alpine01(4), lambda x: sum(abs(v * sin(v) + 0.1 * v) for v in x)),
    (Alpine02(4), lambda x: prod(sqrt(v) * sin(v) for v in x)),
    (Deceptive(4), deceptive),
    (Easom(), lambda x: -cos(x[0]) * cos(x[1]) * exp(-((x[0] - pi) ** 2) - (x[1] - pi) ** 2)),
    (
        Griewank(4),
        lambda x: 1 + sum(v * v for v in x) / 4000 - prod(cos(v / sqrt(i)) for i, v in enumerate(x, 1)),
    ),
    (Langermann(), langermann),
    (Levy(4), levy),
    (Levy(1), levy),
    (Michalewicz(4), lambda x: -sum(sin(v) * sin(i * v * v / pi) ** 20 for i, v in enumerate(x, 1))),
    (Qing(4), lambda x: sum((v * v - i) ** 2 for i, v in enumerate(x, 1))),
    (Rana(4), rana),
    (Rastrigin(4), lambda x: 10 * len(x) + sum(v * v - 10 * cos(2 * pi * v) for v in x)),
    (
        Rosenbrock(4),
        lambda x: sum(100 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in pairwise(x)),
    ),
    (Schwefel(4), lambda x: -sum(v * sin(sqrt(abs(v))) for v in x)),
    (Shekel(), shekel),
    (Shubert(3), lambda x: prod(sum(j * cos((j + 1) * v + j) for j in range(1, 6)) for v in x)),
    (StyblinskiTang(4), lambda x: sum(v**4 - 16 * v * v + 5 * v for v in x) / 2),
    (Trigonometric(4), trigonometric),
    (Vincent(4), lambda x: -sum(sin(10 * math.log(v)) for v in x)),
    (ZeroSum(4), zero_sum),
]


@pytest.mark.parametrize(("problem", "formula"), FORMULAS, ids=[repr(problem) for problem, _ in FORMULAS])
def test_the_value_follows_the_published_formula(problem: Problem, formula: Callable[[Point], float]) -> None:
    points = np.random.default_rng(4).uniform(problem.bounds[:, 0], problem.bounds[:, 1], (50, problem.dims))
    expected = [formula(x) for x in points.tolist()]
    assert problem.batch(points) == pytest.approx(np.array(expected), rel=1e-11, abs=1e-11)


def test_values_computed_by_hand() -> None:
    assert ZeroSum(2)([0.5, 0.5]) == 101.0  # 1 + √10000
    assert ZeroSum(2)([4.0, 0.0]) == 201.0
    assert Levy(1)([-1.0]) == pytest.approx(1.25)  # w = ½: sin²(π/2) + ¼·(1 + sin² π)
    assert Levy(2)([3.0, 1.0]) == pytest.approx(1 + 0.25 * (1 + 10 * cos(1) ** 2))  # w = (3/2, 1)
    assert Deceptive(1)([0.5]) == -1.0
    assert Deceptive(1)([0.0]) == pytest.approx(-0.64)
    assert Rosenbrock(2)([0.0, 1.0]) == 101.0
    assert Rastrigin(2)([1.0, 0.0]) == pytest.approx(1.0)


@pytest.mark.parametrize("problem", [Alpine02(2), Vincent(2)], ids=repr)
def test_outside_its_domain_a_function_is_infinite(problem: Problem) -> None:
    assert problem([1.0, -1.0]) == math.inf


@pytest.mark.parametrize("problem", [Alpine02(2), Vincent(2), Ackley(2), ZeroSum(2)], ids=repr)
def test_nan_gives_nan(problem: Problem) -> None:
    assert math.isnan(problem([1.0, math.nan]))


def test_deceptive_keeps_its_border_value_outside() -> None:
    assert Deceptive(2)([-3.0, 7.0]) == Deceptive(2)([0.0, 1.0])


def test_stochastic_slopes_are_uniform_between_zero_and_one() -> None:
    problem = Stochastic(1, rng=5)
    slopes = problem.batch(np.full((20_000, 1), 3.0)) / 2.0  # |3 − 1| = 2
    assert 0.0 <= slopes.min() < 0.001
    assert 0.999 < slopes.max() <= 1.0
    assert slopes.mean() == pytest.approx(0.5, abs=0.01)


def test_stochastic_noise_repeats_with_its_seed_and_changes_with_every_evaluation() -> None:
    one, two = Stochastic(3, rng=6), Stochastic(3, rng=np.random.default_rng(6))
    first = [one([1.0, 2.0, 3.0]) for _ in range(3)]
    assert first == [two([1.0, 2.0, 3.0]) for _ in range(3)]
    assert len(set(first)) == 3


def test_exponential_residuals_are_model_minus_data_and_their_squares_add_up() -> None:
    problem = ExpLeastSquaresCost(2, n_points=7, noise=0.05, rng=7)
    residuals = problem.residuals([0.3, -0.4])
    assert residuals.shape == (7,)
    assert problem([0.3, -0.4]) == pytest.approx((residuals**2).sum())
    assert problem.detailed_call([0.3, -0.4]) == (problem([0.3, -0.4]), *residuals)
    assert list(problem.headers().items()) == [(f"residual_{k}", float) for k in range(7)]


def test_exponential_residuals_change_as_the_model_says() -> None:
    problem = ExpLeastSquaresCost(1, n_points=3, rng=8)
    points = problem.residuals([0.0]) - problem.residuals([1.0])  # 1 − e^(−u)
    u = -np.log(1 - points)
    assert problem.residuals([-1.0]) - problem.residuals([0.0]) == pytest.approx(np.exp(u) - 1)
    assert ((u >= 0) & (u <= 3)).all()


def test_the_data_of_a_fit_come_from_its_seed() -> None:
    x = [0.1, 0.2]
    assert ExpLeastSquaresCost(2, rng=9)(x) == ExpLeastSquaresCost(2, rng=np.random.default_rng(9))(x)
    assert ExpLeastSquaresCost(2, rng=9)(x) != ExpLeastSquaresCost(2, rng=10)(x)

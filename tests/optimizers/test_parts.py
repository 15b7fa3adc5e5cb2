"""The parts that optimizers are built of."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glompo.box import Box
from glompo.optimizers import Scipy
from glompo.optimizers.blocking import Objective
from glompo.optimizers.differences import STEP, WithGradient, neighbours
from glompo.optimizers.penalty import UNKNOWN, Penalty
from glompo.optimizers.scipy import cobyqa
from glompo.problems import Ackley, Rosenbrock

FINITE = st.floats(-1e6, 1e6)
VALUES = st.lists(st.one_of(FINITE, st.just(math.inf)), min_size=1, max_size=20)


@given(VALUES)
def test_a_penalty_is_worse_than_every_value_seen_and_leaves_values_alone(values):
    penalty, seen = Penalty(), []
    for value in values:
        stands = penalty(value)
        if value < math.inf:
            assert stands == value
            seen.append(value)
        else:
            assert stands == UNKNOWN if not seen else max(seen) < stands < math.inf
    assert np.isfinite(Penalty().batch(np.array(values))).all()


@given(st.permutations([3.0, math.inf, -1.0, math.inf, 7.0]))
def test_the_order_inside_a_batch_does_not_matter(values):
    assert sorted(Penalty().batch(np.array(values)).tolist()) == [-1.0, 3.0, 7.0, 15.0, 15.0]


@given(st.lists(st.tuples(FINITE, st.floats(1e-6, 1e6)), min_size=1, max_size=5), st.data())
def test_a_point_of_the_cube_never_leaves_the_box(sides, data):
    bounds = [(low, low + width) for low, width in sides]
    box = Box(bounds)
    u = np.array(data.draw(st.lists(st.floats(0, 1), min_size=len(bounds), max_size=len(bounds))))
    x = box.natural(u)
    assert all(low <= value <= high for value, (low, high) in zip(x, bounds, strict=True))
    assert box.natural(np.ones(len(bounds))).tolist() == [high for _, high in bounds]
    assert box.natural(np.zeros(len(bounds))).tolist() == [low for low, _ in bounds]


def test_neighbours_move_one_parameter_each_and_stay_inside():
    low, high = np.array([0.0, 0.0]), np.array([1.0, 100.0])
    points, lengths = neighbours(np.array([0.5, 100.0]), low, high)
    assert lengths == pytest.approx([STEP, -100 * STEP], rel=1e-6)
    assert points.tolist() == [[0.5 + STEP, 100.0], [0.5, 100.0 - 100 * STEP]]


@pytest.mark.parametrize("workers", [1, 4])
def test_gradients_are_those_of_the_function_and_zero_towards_a_failure(workers):
    def function(x):
        return math.nan if x[1] > 0.5 else float(x[0] ** 2 + 3 * x[1])

    f = Objective(Scipy("L-BFGS-B", workers=workers), function)
    gradient = WithGradient(f, [(-1.0, 1.0)] * 2, Penalty())
    assert gradient(np.array([0.25, 0.0]))[0] == 0.0625
    assert gradient(np.array([0.25, 0.0]))[1] == pytest.approx([0.5, 3.0], abs=1e-5)
    assert gradient(np.array([0.25, 0.5]))[1] == pytest.approx([0.5, 0.0], abs=1e-5)
    fx, none = gradient(np.array([0.25, 0.9]))
    assert math.isfinite(fx)
    assert none.tolist() == [0.0, 0.0]


@pytest.mark.parametrize("problem", [Rosenbrock(3), Ackley(2)], ids=repr)
@pytest.mark.parametrize("options", [{}, {"maxfev": 40, "initial_tr_radius": 0.3, "scale": True}, {"f_target": 9.0}])
def test_cobyqa_without_the_lock_is_cobyqa(problem, options):
    from scipy.optimize import minimize

    ours, theirs = [], []
    x0 = problem.bounds.mean(axis=1) + 0.3
    answer = cobyqa(lambda x: ours.append(x.tolist()) or problem(x), x0, problem.bounds.tolist(), options)
    expected = minimize(
        lambda x: theirs.append(x.tolist()) or problem(x), x0, method="COBYQA", bounds=problem.bounds, options=options
    )
    assert ours == theirs
    assert (answer.message, answer.success) == (expected.message, expected.success)

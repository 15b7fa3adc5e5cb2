"""Every optimizer, run to its own end, under the engine and alone."""

import math

import numpy as np
import pytest

from glompo.core.state.lifecycle import How
from glompo.function import Status
from glompo.problems import ExpLeastSquaresCost, Rosenbrock

from .cases import ALL, CASES, GEST, asked, run

PROBLEMS = (Rosenbrock(2), ExpLeastSquaresCost(2))


@pytest.mark.parametrize("which", [0, 1], ids=["Rosenbrock", "ExpLeastSquaresCost"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_converges_near_the_minimum_and_never_leaves_the_box(case, which):
    problem, close = PROBLEMS[which], case.close[which]
    optimizer = case()
    ended = run(optimizer, problem, case.calls, bounds=problem.bounds, rng=0)
    assert ended.view[1].how in (How.CONVERGED, How.EXHAUSTED), ended.story()  # which: test_ways_of_ending.py
    assert ended.view[1].best <= problem.min_fx + close
    if optimizer.capabilities.stays_inside:
        assert ended.view.candidates == ended.view.calls


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_alone_it_returns_the_best_point_that_it_evaluated(case):
    problem = PROBLEMS[0]
    seen = []

    def function(x):
        assert all(low <= value <= high for value, (low, high) in zip(x, problem.bounds, strict=True))
        seen.append((problem(x), *x))
        return seen[-1][0]

    optimizer = case()
    optimizer.rng = np.random.default_rng(2)
    result = optimizer.minimize(function, np.array([1.5, -1.0]), problem.bounds)
    assert (result.fx, *result.x) == min(seen)
    assert math.isfinite(result.fx)
    assert result.stats["reason"]
    assert result.origin == {"opt_id": None, "type": case.cls.__name__}
    assert optimizer.check_messages() == []


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_one_parameter_is_enough(case):
    ended = run(case(), lambda x: float((x[0] - 0.2) ** 2), 150, bounds=[(-1.0, 2.0)], rng=1)
    if case().capabilities.least_dims > 1:
        return
    assert ended.view[1].how in (How.CONVERGED, How.EXHAUSTED, How.STOPPED, How.CUT), ended.story()
    assert ended.view[1].best < 0.02


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_a_fixed_parameter_stays_where_it_is(case):
    bounds = [(-1.0, 1.0), (0.25, 0.25), (-1.0, 1.0)]
    ended = run(case(), lambda x: float(x @ x), 40, bounds=bounds, rng=1)
    points, values = asked(ended)
    assert (points[:, 1] == 0.25).all()
    assert values.tolist() == [float(x @ x) for x in points]


@pytest.mark.parametrize("case", [case for case in ALL if "Grid" not in case.name], ids=lambda case: case.name)
def test_the_starting_point_is_evaluated_first(case):
    if case.name in ("Scipy-COBYQA", "Scipy-COBYQA-unit", "Scipy-direct", "Scipy-shgo"):
        pytest.skip(reason="the method moves its starting point away from the bounds, or has none")
    ended = run(case(), lambda x: float(x @ x), 3, bounds=[(-1.0, 1.0)] * 2, rng=5)
    points, _ = asked(ended)
    assert points[0] == pytest.approx(ended.view[1].x0, rel=1e-12)


def test_a_generator_of_the_standard_finds_the_minimum():
    problem = PROBLEMS[0]
    ended = run(GEST(options={"seed": 4}), problem, 300, bounds=problem.bounds, rng=0)
    assert ended.view[1].best < 0.1
    statuses = {event.status.tolist()[0] for event in ended.events if hasattr(event, "status")}
    assert statuses == {int(Status.OK)}

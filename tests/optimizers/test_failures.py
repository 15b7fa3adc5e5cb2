"""Evaluations that fail: nan, inf, exceptions."""

import math

import numpy as np
import pytest

from glompo.core.state.lifecycle import How
from glompo.generators import SinglePointGenerator
from glompo.optimizers import Scipy
from glompo.problems import Rosenbrock

from .cases import ALL, CASES, run

PROBLEM = Rosenbrock(2)
ENDED = (How.CONVERGED, How.EXHAUSTED, How.STOPPED, How.CUT)


def failing(x):
    """Return the value, but at one point in five something else."""
    fault_schedule = int(np.ascontiguousarray(x).view(np.uint64).sum() % np.uint64(15))
    if fault_schedule == 0:
        raise RuntimeError("this point cannot be computed")
    return {1: math.nan, 2: math.inf}.get(fault_schedule, PROBLEM(x))


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_it_goes_on_when_one_evaluation_in_five_fails(case):
    ended = run(case(), failing, 250, bounds=PROBLEM.bounds, rng=0)
    assert ended.view[1].how in ENDED, ended.story()
    assert ended.view[1].best < (50.0 if case().capabilities.noise else math.inf)


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_it_ends_without_a_crash_where_every_evaluation_fails(case):
    ended = run(case(), lambda x: math.nan, 120, bounds=PROBLEM.bounds, rng=0)
    assert ended.view[1].how in ENDED, ended.story()
    assert ended.view[1].best == math.inf


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_calls_no_success_what_never_had_a_value(case):
    optimizer = case()
    calls = []

    def function(x):
        calls.append(x)
        if len(calls) == 300:
            optimizer.callstop("enough")
        return -math.inf

    result = optimizer.minimize(function, np.array([0.5, 0.5]), PROBLEM.bounds)
    assert (result.success, result.fx, result.x) == (False, math.inf, None)


@pytest.mark.parametrize("method", ["L-BFGS-B", "SLSQP", "TNC"])
def test_a_gradient_method_steps_back_from_a_region_that_fails(method):
    def half(x):
        return math.nan if x[0] < 0.5 else float(4.0 * (x[0] - 0.6) ** 2 + x[1] ** 2 + x[0] * x[1])

    ended = run(Scipy(method), half, 500, bounds=[(-1.0, 1.0)] * 2, generator=SinglePointGenerator([0.95, 0.9]))
    assert ended.view[1].how is How.CONVERGED, ended.story()
    assert ended.view.failures > 0
    assert ended.view[1].best < half([0.95, 0.9]) / 10

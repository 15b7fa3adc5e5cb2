"""Every optimizer can be stopped: asked for by the manager, or unwound from inside the function."""

import threading

import numpy as np
import pytest

from glompo.core.state.lifecycle import How
from glompo.exit_conditions import MaxTotalFunctionCalls
from glompo.problems import Rosenbrock
from glompo.stoppers import MaxFuncCalls
from glompo.testing import simulate

from .cases import ALL, case_of

PROBLEM = Rosenbrock(3)
X0 = np.array([-1.5, 1.0, 0.5])


class Unwound(BaseException):
    """What a worker raises to get out of an optimizer."""


def seated(case, **settings):
    optimizer = case(**settings)
    optimizer.rng = np.random.default_rng(1)
    return optimizer


@pytest.mark.parametrize("call", [1, 6])
@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_a_stop_ends_it_with_the_batch_under_evaluation(case, call):
    optimizer, calls, batch = seated(case), [], []

    class Function:
        def __call__(self, x):
            calls.append(x)
            if len(calls) == call:
                optimizer.callstop("enough")
            return PROBLEM(x)

        def map(self, points):
            batch[:] = points
            return [self(x) for x in points]

    result = optimizer.minimize(Function(), X0, PROBLEM.bounds)
    assert len(calls) <= call + max(0, len(batch) - 1)
    assert (result.success, result.stats["reason"]) == (False, "enough")
    assert result.fx == min(map(PROBLEM, calls))


@pytest.mark.parametrize("call", [1, 2, 8])
@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_it_is_unwound_from_inside_the_function_and_evaluates_nothing_more(case, call):
    optimizer, calls = seated(case), []

    def function(x):
        calls.append(x)
        if len(calls) == call:
            raise Unwound
        return PROBLEM(x)

    with pytest.raises(Unwound):
        optimizer.minimize(function, X0, PROBLEM.bounds)
    assert len(calls) == call


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_a_budget_is_exact_and_ends_it_politely_or_by_force(case, workers):
    optimizer = case(workers=workers)
    ended = simulate(
        [optimizer], MaxTotalFunctionCalls(10), task=PROBLEM, bounds=PROBLEM.bounds, max_jobs=workers, rng=4
    )
    assert ended.view.calls == 10
    assert ended.view[1].how in (How.STOPPED, How.CUT), ended.story()


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_a_stopper_that_looks_every_ten_evaluations_ends_it_within_one_more(case):
    ended = simulate(
        [case()],
        MaxTotalFunctionCalls(60),
        task=PROBLEM,
        bounds=PROBLEM.bounds,
        stoppers=MaxFuncCalls(19),
        max_jobs=2,
        rng=4,
    )
    victims = [one for one in ended.view if one.stop_by == "stopper"]
    assert victims, ended.story()
    assert all(one.how in (How.STOPPED, How.CUT) and one.calls <= 21 for one in victims)


def test_no_thread_of_a_library_outlives_its_optimizer():
    before = set(threading.enumerate())
    optimizer = seated(case_of("Nevergrad-NelderMead"))  # it runs in a thread of Nevergrad, which is no daemon

    def function(x):
        if set(threading.enumerate()) == before:
            raise AssertionError("it has no thread, and this test tests nothing")
        raise Unwound

    with pytest.raises(Unwound):
        optimizer.minimize(function, X0, PROBLEM.bounds)
    for thread in set(threading.enumerate()) - before:
        thread.join(10.0)
    assert set(threading.enumerate()) == before

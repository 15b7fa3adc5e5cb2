"""Least squares, with a task that tells its residuals."""

import math

import numpy as np
import pytest

from glompo.core.lifecycle import How
from glompo.errors import UserError
from glompo.optimizers import LeastSquares
from glompo.problems import ExpLeastSquaresCost

from .cases import asked, run

PROBLEM = ExpLeastSquaresCost(3)
X0 = np.array([0.5, -1.0, 1.5])


class Line:
    """Residuals of a straight line through three points; with a detour that fails."""

    def __init__(self, fails=lambda x: False, rows=((0.0, 1.0), (1.0, 3.0), (2.0, 5.5))):
        self.rows = rows
        self.fails = fails
        self.calls = []

    def __call__(self, x):
        raise AssertionError("only detailed calls are needed")

    def detailed_call(self, x):
        self.calls.append(np.array(x))
        if self.fails(x):
            return math.nan, *(math.nan for _ in self.rows)
        residuals = [x[0] + x[1] * t - y for t, y in self.rows]
        return sum(r * r for r in residuals), *residuals


BOX = [(-10.0, 10.0)] * 2
FITTED = np.linalg.lstsq(np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]), np.array([1.0, 3.0, 5.5]), rcond=None)[0]


@pytest.mark.parametrize("method", ["trf", "dogbox"])
def test_a_linear_fit_is_found_in_a_few_steps(method):
    line = Line()
    result = LeastSquares(method).minimize(line, np.array([7.0, -7.0]), BOX)
    assert result.success
    assert result.x == pytest.approx(FITTED, abs=1e-6)
    assert len(line.calls) < 30
    assert result.fx == min(sum((x[0] + x[1] * t - y) ** 2 for t, y in line.rows) for x in line.calls)


def test_a_second_problem_is_fitted_to_the_last_digits():
    result = LeastSquares().minimize(PROBLEM, X0, PROBLEM.bounds)
    assert result.success
    assert result.fx < 1e-12


@pytest.mark.parametrize("logged", [True, False])
def test_under_the_engine_one_detailed_call_is_one_evaluation(logged):
    ended = run(LeastSquares(), PROBLEM, 400, bounds=PROBLEM.bounds, rng=2, is_log_detailed=logged)
    assert ended.view[1].how is How.CONVERGED, ended.story()
    assert ended.view[1].best < 1e-12
    assert ended.view.calls == len(asked(ended)[0])


@pytest.mark.parametrize("logged", [True, False])
def test_the_points_of_a_difference_are_evaluated_together(logged):
    ended = run(LeastSquares(workers=3), PROBLEM, 400, bounds=PROBLEM.bounds, rng=2, is_log_detailed=logged)
    alone = run(LeastSquares(), PROBLEM, 400, bounds=PROBLEM.bounds, rng=2, is_log_detailed=True)
    assert ended.view.calls == alone.view.calls
    assert ended.view.now < 0.6 * alone.view.now


def test_it_sees_the_extras_that_are_named_and_flattens_arrays():
    class Mixed(Line):
        def detailed_call(self, x):
            fx, *residuals = super().detailed_call(x)
            return fx, 1e9, np.array([residuals[:2]]), residuals[2]

    result = LeastSquares(columns=(1, 2)).minimize(Mixed(), np.array([7.0, -7.0]), BOX)
    assert result.x == pytest.approx(FITTED, abs=1e-6)


def test_a_step_into_a_region_that_fails_is_taken_back():
    line = Line(fails=lambda x: x[1] > FITTED[1] + 0.3)
    result = LeastSquares().minimize(line, np.array([9.0, -9.0]), BOX)
    assert result.x == pytest.approx(FITTED, abs=1e-3)


def test_from_a_point_that_fails_it_ends_without_success():
    result = LeastSquares().minimize(Line(fails=lambda x: True), np.zeros(2), BOX)
    assert (result.success, result.stats["reason"]) == (False, "the starting point has no finite residuals")


def test_it_stays_inside_the_bounds_and_out_of_the_way_of_fixed_sides():
    line = Line()
    LeastSquares().minimize(line, np.array([2.0, 2.0]), [(-1.0, 2.0), (0.0, 2.0)])
    assert all((x >= [-1.0, 0.0]).all() and (x <= [2.0, 2.0]).all() for x in line.calls)


@pytest.mark.parametrize("call", [1, 2, 5])
def test_a_stop_is_heard_between_the_points_of_a_difference(call):
    optimizer = LeastSquares()
    line = Line(fails=lambda x: len(line.calls) == call and optimizer.callstop("enough"))
    result = optimizer.minimize(line, np.array([7.0, -7.0]), BOX)
    assert (len(line.calls), result.success, result.stats["reason"]) == (call, False, "enough")


def test_a_task_without_residuals_is_refused():
    with pytest.raises(UserError, match=r"needs residuals, but the task has no detailed_call; define"):
        LeastSquares().minimize(lambda x: 1.0, np.zeros(2), BOX)


def test_residuals_must_be_where_they_are_said_to_be_and_as_many_each_time():
    with pytest.raises(UserError, match=r"returned 3 extra values, columns are \(7,\)"):
        LeastSquares(columns=[7]).minimize(Line(), np.zeros(2), BOX)

    class Growing(Line):
        def detailed_call(self, x):
            return (*super().detailed_call(x), *[0.0] * len(self.calls))

    with pytest.raises(UserError, match="gave 4 residuals, then 5"):
        LeastSquares().minimize(Growing(), np.zeros(2), BOX)

"""Least squares, with a task that tells its residuals."""

import math

import numpy as np
import pytest

from glompo.core.state.lifecycle import How
from glompo.details import declares_residuals
from glompo.errors import TaskContractError, UserError
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

    residuals = ("r0", "r1", "r2")

    def __call__(self, x):
        raise AssertionError("only detailed calls are needed")

    def headers(self):
        return dict.fromkeys(self.residuals, float)

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
    for task in (lambda x: 1.0, Undeclared()):
        with pytest.raises(UserError, match=r"needs residuals, and the task declares none; give it a method residuals"):
            LeastSquares().minimize(task, np.zeros(2), BOX)


def test_residuals_must_be_where_they_are_said_to_be_and_as_many_each_time():
    with pytest.raises(
        UserError, match=r"columns are \(7,\), but detailed_call returns 3 extra values, \(r0, r1, r2\)"
    ):
        LeastSquares(columns=[7]).minimize(Line(), np.zeros(2), BOX)
    with pytest.raises(UserError, match=r"names 'r9', but headers\(\) names \(r0, r1, r2\)"):
        LeastSquares(columns=["r9"]).minimize(Line(), np.zeros(2), BOX)

    class Growing(Undeclared):
        def residuals(self, x):
            self.n = getattr(self, "n", 0) + 1
            return np.zeros(self.n)

        def __call__(self, x):
            return 0.0

    with pytest.raises(UserError, match="gave 1 residuals, then 2"):
        LeastSquares().minimize(Growing(), np.zeros(2), BOX)


class Undeclared:
    """Group subtotals and residuals, and the task does not say which is which."""

    def __call__(self, x):
        return self.detailed_call(x)[0]

    def detailed_call(self, x):
        r = rosenbrock(x)
        return float(r @ r), 100.0 * abs(float(x[0])), r


def rosenbrock(x):
    return np.array([x[0] - 1.0, 10.0 * (x[1] - x[0] ** 2), 0.3])


class ByMethod:
    """Residuals as a method, beside the value."""

    def __init__(self, factor=1.0):
        self.factor, self.calls = factor, 0

    def residuals(self, x):
        self.calls += 1
        return rosenbrock(x)

    def __call__(self, x):
        r = self.residuals(x)
        return self.factor * float(r @ r)


class ByHeader(Undeclared):
    def headers(self):
        return {"fx": float, "subtotal": float, "residuals": np.ndarray}


class ByAttribute(Undeclared):
    residuals = "misfit"

    def headers(self):
        return {"subtotal": float, "misfit": np.ndarray}


class ByBoth(ByHeader):
    def residuals(self, x):
        raise AssertionError("one detailed call gives everything")


DECLARED = [ByMethod, ByHeader, ByAttribute, ByBoth]


@pytest.mark.parametrize("task", DECLARED)
def test_what_the_task_declares_is_fitted_and_nothing_else(task):
    assert declares_residuals(task())
    alone = LeastSquares().minimize(task(), np.array([-1.0, 1.0]), BOX)
    managed = run(LeastSquares(), task(), 150, bounds=BOX, x0=np.array([-1.0, 1.0]))
    assert alone.fx == pytest.approx(0.09, rel=1e-6)
    assert managed.view.best.f == pytest.approx(0.09, rel=1e-6)
    assert managed.view[1].trajectory.f.min() == managed.view.best.f


@pytest.mark.parametrize("columns", [[1], ["misfit"], "misfit"])
def test_the_user_may_name_the_residuals(columns):
    task = ByAttribute()
    task.residuals = "subtotal"  # a mistake that the user knows better
    result = LeastSquares(columns=columns).minimize(task, np.array([-1.0, 1.0]), BOX)
    assert result.fx == pytest.approx(0.09, rel=1e-6)


def test_data_of_the_name_declare_nothing():
    task = Undeclared()
    for data in (None, np.zeros(3), [1.0, 2.0], []):
        task.residuals = data
        assert not declares_residuals(task)
    task.residuals = "gone"
    with pytest.raises(UserError, match="attribute residuals of the task names 'gone'"):
        declares_residuals(task)


def test_residuals_of_a_method_cost_one_call_for_one_evaluation():
    task = ByMethod()
    ended = run(LeastSquares(), task, 40, bounds=BOX, rng=2)
    assert task.calls == ended.view.calls == 40


def test_half_a_sum_of_squares_is_refused_with_the_figures_and_the_factor():
    with pytest.raises(TaskContractError) as told:
        LeastSquares().minimize(ByMethod(0.5), np.array([-1.0, 1.0]), BOX)
    assert "the task returned 2.045, but the squares of its residuals add up to 4.09" in str(told.value)
    assert "if it is always 0.5 times that sum, multiply them by 0.707107" in str(told.value)


@pytest.mark.parametrize("given", [np.zeros((2, 2)), np.array([1 + 1j]), "text", [], None, np.array(["a"])])
def test_residuals_that_are_no_row_of_numbers_fail_their_evaluation(given):
    class Odd(ByMethod):
        def residuals(self, x):
            return given

        def __call__(self, x):
            return 1.0

    ended = run(LeastSquares(), Odd(), 4, bounds=BOX)
    assert any("residuals(x) returned" in reason for reason in ended.view.reasons)

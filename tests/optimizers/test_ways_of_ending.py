"""What ran out of its own iterations is exhausted, for every bundled optimizer; what met its criteria has converged."""

import pytest

from glompo.core.state.lifecycle import How
from glompo.exit_conditions import MaxOptimizersStarted, MaxTotalFunctionCalls
from glompo.optimizer import BaseOptimizer, MinimizeResult
from glompo.optimizers import (
    CMAES,
    Annealing,
    CMAOptimizer,
    FunctionOptimizer,
    GridSampling,
    LeastSquares,
    Nevergrad,
    Nlopt,
    OptunaSampler,
    Pygmo,
    RandomSampling,
    Scipy,
)
from glompo.problems import ExpLeastSquaresCost, Rosenbrock
from glompo.testing import simulate

PROBLEM = Rosenbrock(3)


def first_end(optimizer, problem=PROBLEM, calls=20_000):
    """Return how the first optimizer ended, and what it said."""
    ends = MaxOptimizersStarted(2) | MaxTotalFunctionCalls(calls)
    one = simulate([optimizer], ends, task=problem, bounds=problem.bounds, max_jobs=1, rng=3).view[1]
    return one.how, one.note


class Answer:
    success, message = False, "out of patience"


def impatient(f, x0, bounds):
    f(x0)
    return Answer()


LIMITED = {
    "Nelder-Mead maxiter": lambda: Scipy("Nelder-Mead", {"maxiter": 5}),
    "Nelder-Mead maxfev": lambda: Scipy("Nelder-Mead", {"maxfev": 9}),
    "Powell": lambda: Scipy("Powell", {"maxiter": 1}),
    "COBYLA": lambda: Scipy("COBYLA", {"maxiter": 9}),
    "COBYQA": lambda: Scipy("COBYQA", {"maxfev": 12}),
    "L-BFGS-B maxiter": lambda: Scipy("L-BFGS-B", {"maxiter": 2}),
    "L-BFGS-B maxfun": lambda: Scipy("L-BFGS-B", {"maxfun": 3}),
    "SLSQP": lambda: Scipy("SLSQP", {"maxiter": 2}),
    "TNC": lambda: Scipy("TNC", {"maxfun": 3}),
    "DE": lambda: Scipy("DE", {"maxiter": 2, "polish": False}),
    "dual_annealing maxiter": lambda: Scipy("dual_annealing", {"maxiter": 3}),
    "dual_annealing maxfun": lambda: Scipy("dual_annealing", {"maxfun": 20}),
    "basinhopping": lambda: Scipy("basinhopping", {"niter": 1}),
    "direct maxfun": lambda: Scipy("direct", {"maxfun": 30}),
    "direct maxiter": lambda: Scipy("direct", {"maxiter": 2}),
    "Annealing": lambda: Annealing(iters=3),
    "RandomSampling": lambda: RandomSampling(iters=5),
    "GridSampling": lambda: GridSampling(2),
    "CMA maxiter": lambda: CMAOptimizer(cma_options={"maxiter": 3}),
    "CMA maxfevals": lambda: CMAOptimizer(cma_options={"maxfevals": 20}),
    "CMA timeout": lambda: CMAOptimizer(cma_options={"timeout": 1e-9}),
    "Nlopt": lambda: Nlopt("LN_BOBYQA", {"maxeval": 8}),
    "Nlopt global": lambda: Nlopt("GN_CRS2_LM", {"maxeval": 60}),
    "Pygmo with tolerances": lambda: Pygmo("de", generations=3),
    "Pygmo without": lambda: Pygmo("gwo", generations=3),
    "Pygmo compass": lambda: Pygmo("compass_search", options={"max_fevals": 40}),
    "Nevergrad": lambda: Nevergrad("OnePlusOne", budget=9),
    "Optuna": lambda: OptunaSampler("RandomSampler", trials=4),
    "a function": lambda: FunctionOptimizer(impatient),
}

CONVERGING = {
    **{method: (lambda method=method: Scipy(method)) for method in ("Nelder-Mead", "Powell", "COBYQA")},
    **{method: (lambda method=method: Scipy(method)) for method in ("L-BFGS-B", "SLSQP", "TNC", "shgo")},
    "COBYLA": lambda: Scipy("COBYLA", {"tol": 1e-2}),
    "DE": lambda: Scipy("DE", {"atol": 10.0}),
    "basinhopping": lambda: Scipy("basinhopping", {"niter_success": 2}),
    "CMA": CMAOptimizer,
    "CMAES": CMAES,
    "Nlopt": lambda: Nlopt("LN_BOBYQA"),
    "Pygmo": lambda: Pygmo("de", population=10),
    "Pygmo compass": lambda: Pygmo("compass_search", options={"stop_range": 0.05}),
    "a function": lambda: FunctionOptimizer(lambda f, x0, bounds: f(x0)),
}


@pytest.mark.parametrize("name", LIMITED)
def test_a_limit_of_its_own_exhausts_it(name):
    how, note = first_end(LIMITED[name]())
    assert (how, bool(note)) == (How.EXHAUSTED, True)


@pytest.mark.parametrize("name", CONVERGING)
def test_its_criteria_make_it_converge(name):
    assert first_end(CONVERGING[name]())[0] == How.CONVERGED


def test_a_least_squares_fit_ends_either_way():
    problem = ExpLeastSquaresCost(3)
    assert first_end(LeastSquares(options={"max_nfev": 2}), problem)[0] == How.EXHAUSTED
    assert first_end(LeastSquares(), problem)[0] == How.CONVERGED


def test_no_limit_of_a_library_ends_a_search_that_a_manager_watches():
    """SciPy's own limit for six parameters are 1200 evaluations, at a value of 2.2."""
    problem = Rosenbrock(6)
    ends = MaxOptimizersStarted(2) | MaxTotalFunctionCalls(20_000)
    run = simulate([Scipy("Nelder-Mead")], ends, task=problem, bounds=problem.bounds, max_jobs=1, rng=1)
    assert run.view[1].how == How.CONVERGED
    assert run.view[1].calls > 1200


def test_alone_it_keeps_the_limits_of_its_library():
    problem = Rosenbrock(6)
    result = Scipy("Nelder-Mead").minimize(problem, [4.0, -3.0] * 3, problem.bounds)
    assert not result.success
    assert "Maximum number of function evaluations" in result.stats["reason"]


def test_a_search_without_a_valid_point_has_not_converged():
    run = simulate([CMAOptimizer], MaxOptimizersStarted(2), task=lambda x: float("nan"), max_jobs=1)
    assert run.view[1].how == How.EXHAUSTED
    assert run.view[1].note.endswith("; no valid point was found")


def returning(result, said=None):
    """Return an optimizer that evaluates its start and returns what `result` gives."""

    class One(BaseOptimizer):
        def minimize(self, function, x0, bounds):
            function(x0)
            if said is not None:
                self.message_manager(said)
            return result()

        def callstop(self, reason=""):
            pass

    return One


SAYING = {
    "success": (lambda: MinimizeResult(True), None, How.CONVERGED),
    "nothing": (lambda: MinimizeResult(x=[0.0], fx=1.0), None, How.CONVERGED),
    "None": (lambda: None, None, How.CONVERGED),
    "no success": (lambda: MinimizeResult(success=False), None, How.EXHAUSTED),
    "no success by place": (lambda: MinimizeResult(False, fx=2.0), None, How.EXHAUSTED),
    "no success of another kind": (Answer, None, How.EXHAUSTED),
    "message 0": (lambda: MinimizeResult(success=False), 0, How.CONVERGED),
}


@pytest.mark.parametrize("name", SAYING)
def test_an_optimizer_of_a_user_says_how_it_ended(name):
    result, said, how = SAYING[name]
    assert first_end(returning(result, said))[0] == how


def test_success_may_be_said_afterwards():
    result = MinimizeResult()
    assert (result.success, result.said_success) == (False, None)
    result.success = False
    assert result.said_success is False

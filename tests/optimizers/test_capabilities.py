"""What optimizers declare, and the problems that they are refused for."""

import pickle

import numpy as np
import pytest

from glompo import optimizers
from glompo.optimizers import CMAOptimizer, GridSampling, LeastSquares, RandomSampling, Scipy
from glompo.optimizers.bundled import BundledOptimizer
from glompo.optimizers.capabilities import Capabilities, Facts, refusal
from glompo.problems import Rosenbrock

from .cases import ALL, run


def test_every_bundled_class_declares_its_own_capabilities():
    for name in optimizers.__all__:
        cls = getattr(optimizers, name)
        assert issubclass(cls, BundledOptimizer)
        assert isinstance(vars(cls)["capabilities"], Capabilities), name
        assert cls.__doc__


@pytest.mark.parametrize(
    ("capabilities", "facts", "reason"),
    [
        (Capabilities(), Facts(3), None),
        (Capabilities(batch=True), Facts(3, workers=8), None),
        (Capabilities(), Facts(3, workers=2), "evaluates one point at a time, but workers is 2; give it one worker"),
        (Capabilities(least_dims=2), Facts(1), "needs 2 free parameters or more, the problem has 1"),
        (Capabilities(most_dims=7), Facts(8), "takes 7 free parameters at most, the problem has 8"),
        (Capabilities(most_dims=7), Facts(7), None),
        (Capabilities(residuals=True), Facts(2), "needs residuals, and the task declares none; give"),
        (Capabilities(residuals=True), Facts(2, residuals=True), None),
        (Capabilities(details=True), Facts(2), "needs the extra values of detailed_call, which the task has not"),
        (Capabilities(details=True), Facts(2, detailed=True), None),
    ],
)
def test_a_problem_that_does_not_fit_is_refused_by_name_and_reason(capabilities, facts, reason):
    answer = refusal("Some", capabilities, facts)
    assert answer is None if reason is None else answer.startswith(f"Some {reason}")


def test_settings_narrow_what_an_instance_can_do():
    assert not Scipy("Powell").capabilities.batch
    assert Scipy("L-BFGS-B").capabilities.batch
    assert Scipy("DE").capabilities.noise
    assert CMAOptimizer(sampler="vd").capabilities.least_dims == 10
    assert GridSampling(10).capabilities.most_dims == 7
    assert GridSampling(1).capabilities.most_dims is None
    assert LeastSquares().capabilities.residuals
    assert RandomSampling.capabilities == RandomSampling().capabilities


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_one_that_takes_one_point_at_a_time_is_never_ahead_of_its_values(case):
    optimizer = case(workers=3)
    ended = run(optimizer, Rosenbrock(3), 60, bounds=Rosenbrock(3).bounds, rng=2)
    busiest = ended.view.calls / ended.view.now
    assert (busiest > 1.0) == optimizer.capabilities.batch


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_a_method_said_to_be_picklable_goes_on_from_its_copy_as_if_nothing_had_been(case):
    optimizer = case()
    if not optimizer.capabilities.resumes:
        pytest.skip(reason="its state cannot be pickled")
    problem = Rosenbrock(3)
    optimizer.rng = np.random.default_rng(3)
    stepper = optimizer.stepper(np.array([0.5, 0.25, -1.0]), problem.bounds)

    def step(one):
        assert one.finished() is None
        points = one.ask(1)
        one.tell(points, np.array([problem(x) for x in points]))
        return points.tolist()

    for _ in range(15):
        step(stepper)
    copy = pickle.loads(pickle.dumps(stepper))
    assert [step(copy) for _ in range(4)] == [step(stepper) for _ in range(4)]


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_a_point_of_another_optimizer_is_noted_and_used_where_that_is_said(case):
    problem = Rosenbrock(3)
    best = np.full(3, 1.0)

    def points(point):
        optimizer, seen = case(), []
        optimizer.rng = np.random.default_rng(8)

        def function(x):
            seen.append(np.array(x).tolist())
            if len(seen) == 5 and point is not None:
                optimizer.inject(point, 0.0)
            if len(seen) == 50:
                optimizer.callstop("enough")
            return problem(x)

        result = optimizer.minimize(function, np.array([0.5, 0.25, -1.0]), problem.bounds)
        return seen[:40], result

    (without, _), (with_it, result) = points(None), points(best)
    assert (result.fx, result.x.tolist()) == (0.0, best.tolist())
    assert (without != with_it) == case().capabilities.injection

"""The quadratic model, the screening of generations by it, and CMA-ES with both."""

import pickle

import numpy as np
import pytest

from glompo.errors import SettingTypeError
from glompo.optimizers import CMAOptimizer
from glompo.optimizers.surrogate import QuadraticModel, Screening
from glompo.problems import Rosenbrock

from .cases import asked, run


def quadratic(dims, seed=1):
    """Return a strictly convex quadratic function, and where its minimum is."""
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(dims, dims))
    curvature, place = root @ root.T + np.eye(dims), rng.uniform(0.3, 0.7, dims)
    return lambda x: float((x - place) @ curvature @ (x - place)), place


def known(f, n, dims, seed=0):
    """Return a model that knows `n` random points of the unit cube."""
    model = QuadraticModel(dims, 10)
    points = np.random.default_rng(seed).random((n, dims))
    model.add(points, np.array([f(x) for x in points]))
    return model


def bowl(x):
    """Smooth, with a minimum of 0 at 1, and not a quadratic function."""
    return float(np.sum(np.expm1(0.5 * (x - 1)) ** 2) + np.sum((x - 1) ** 2))


def until(precision, surrogate, task=bowl, dims=5, least=0.0):
    """Return the evaluations that it takes to come so near the minimum."""
    values = asked(run(CMAOptimizer(surrogate=surrogate), task, 2000, bounds=[(-5.0, 5.0)] * dims, max_jobs=1))[1]
    reached = np.flatnonzero(values - least <= precision)
    assert len(reached)
    return int(reached[0]) + 1


def points_of(task, calls, dims=3, **settings):
    bounds = [(-5.0, 5.0)] * dims
    return asked(run(CMAOptimizer(surrogate=True, **settings), task, calls, bounds=bounds, max_jobs=1))


def begun(**settings):
    """Return a search in three dimensions at its beginning."""
    optimizer = CMAOptimizer(surrogate=True, **settings)
    optimizer.rng = np.random.default_rng(1)
    return optimizer.stepper(np.full(3, -2.0), np.array([(-5.0, 5.0)] * 3))


@pytest.mark.parametrize("dims", [1, 2, 5])
def test_the_model_of_a_quadratic_function_has_its_optimum(dims):
    f, place = quadratic(dims)
    model = known(f, 2 * (dims + 1) * (dims + 2), dims)
    assert model.optimum() == pytest.approx(place, abs=1e-6)
    points = np.random.default_rng(5).random((20, dims))
    values = np.array([f(x) for x in points])
    assert np.argsort(model.predict(points)).tolist() == np.argsort(values).tolist()
    assert model.agreement(15) == 1.0


def test_the_model_of_few_points_is_linear_and_leads_down_its_slope():
    assert QuadraticModel(5, 10).optimum() is None
    slope = np.arange(1.0, 6.0)
    points = np.random.default_rng(5).random((20, 5))
    places = []
    for a, b in ((1.0, 0.0), (1e-6, 3.0), (1e6, -2.0)):
        model = known(lambda x, a=a, b=b: float(a * (slope @ x) + b), 8, 5)
        assert np.diff(model.predict(points)) == pytest.approx(a * np.diff(points @ slope))
        places.append(model.optimum())
        assert slope @ places[-1] < (points @ slope).min()
    assert places[1] == pytest.approx(places[0])
    assert places[2] == pytest.approx(places[0])


def test_the_model_survives_what_cannot_be_told_apart():
    for f in (lambda x: 3.0, lambda x: float(x[0])):
        model = known(f, 40, 3)
        assert np.isfinite(model.predict(np.random.default_rng(5).random((5, 3)))).all()
        place = model.optimum()
        assert place is None or np.isfinite(place).all()
    model = QuadraticModel(2, 10)
    model.add(np.full((30, 2), 0.5), np.arange(30.0))  # the same place each time
    assert np.isfinite(model.predict(np.random.default_rng(5).random((5, 2)))).all()


def test_the_model_forgets_what_is_old():
    f, place = quadratic(2)
    model = known(lambda x: -f(x), 500, 2)
    size = len(model)
    assert 12 <= size < 500
    rng = np.random.default_rng(3)
    points = rng.random((size, 2))
    model.add(points, np.array([f(x) for x in points]))
    assert len(model) == size
    assert model.optimum() == pytest.approx(place, abs=1e-6)


def test_a_generation_that_the_model_ranks_well_is_evaluated_in_part():
    f, _ = quadratic(3)
    model = known(f, 60, 3)
    points = np.random.default_rng(7).random((40, 3))
    screening, evaluated, done = Screening(model, points), [], False
    while not done:
        group = screening.group()
        evaluated.extend(group.tolist())
        done = screening.tell(np.array([f(x) for x in group]))
    assert len(evaluated) < 20
    best = min(points.tolist(), key=lambda x: f(np.array(x)))
    assert best in evaluated
    assert np.argsort(screening.values()).tolist() == np.argsort([f(x) for x in points]).tolist()
    assert screening.values().min() == pytest.approx(f(np.array(best)))


def test_a_generation_that_it_ranks_badly_is_evaluated_once_and_completely():
    rng = np.random.default_rng(2)
    model = known(lambda x: rng.normal(), 60, 3)
    points = rng.random((40, 3))
    screening, evaluated, values, done = Screening(model, points), [], {}, False
    while not done:
        group = screening.group()
        assert len(group)
        drawn = rng.normal(size=len(group))
        values.update(zip(map(tuple, group), drawn, strict=True))
        evaluated.extend(map(tuple, group))
        done = screening.tell(drawn)
    assert sorted(evaluated) == sorted(map(tuple, points))
    assert screening.values().tolist() == [values[tuple(x)] for x in points]


def test_failures_of_a_generation_stay_failures():
    f, _ = quadratic(3)
    model = known(f, 60, 3)
    points = np.random.default_rng(7).random((12, 3))
    screening, failed, done = Screening(model, points), set(), False
    while not done:
        group = screening.group()
        values = np.array([f(x) for x in group])
        if not failed:
            values[0] = np.inf
            failed.add(tuple(group[0]))
        done = screening.tell(values)
    assert {tuple(x) for x in points[np.isinf(screening.values())]} == failed


@pytest.mark.parametrize("dims", [3, 5])
def test_a_smooth_function_needs_less_than_half_of_the_evaluations(dims):
    assert until(1e-8, True, dims=dims) < 0.5 * until(1e-8, False, dims=dims)


def test_the_unit_of_the_values_changes_no_point():
    task = Rosenbrock(3)
    first, values = points_of(task, 120)
    for factor in (4.0, 2.0**-40):
        points, scaled = points_of(lambda x, factor=factor: factor * task(x), 120)
        assert points.tolist() == first.tolist()
        assert scaled.tolist() == (factor * values).tolist()


def test_a_constant_added_to_the_values_costs_no_more():
    """What it evaluates differs by rounding, so the number of evaluations is compared, not the points."""
    plain, offset = until(1e-4, True), until(1e-4, True, lambda x: bowl(x) + 1000.0, least=1000.0)
    assert max(plain, offset) < 1.5 * min(plain, offset)


@pytest.mark.parametrize("failure", [np.inf, np.nan, None], ids=["inf", "nan", "raises"])
def test_failed_evaluations_do_not_keep_it_from_the_minimum(failure):
    """Where the model promises most there may be no values: the search must not take its word for it."""

    def task(x):
        if x[0] > 1.5 or int(1e6 * abs(x[1])) % 5 == 0:
            if failure is None:
                raise ValueError("no value here")
            return failure
        return bowl(x)

    ended = run(CMAOptimizer(surrogate=True), task, 1500, bounds=[(-5.0, 5.0)] * 3, max_jobs=1)
    assert ended.view.best is not None
    assert ended.view.best.f < 1e-6


def test_a_group_of_failures_does_not_end_a_generation():
    f, _ = quadratic(3)
    screening = Screening(known(f, 60, 3), np.random.default_rng(7).random((12, 3)))
    for _ in range(3):
        assert not screening.tell(np.full(len(screening.group()), np.inf))


def test_a_generation_of_failures_only_is_survived():
    calls = []

    def task(x):
        calls.append(x)
        return np.inf if 2 <= len(calls) <= 8 or 60 < len(calls) <= 66 else bowl(x)

    ended = run(CMAOptimizer(surrogate=True), task, 1500, bounds=[(-5.0, 5.0)] * 3, max_jobs=1)
    assert ended.view.best is not None
    assert ended.view.best.f < 1e-6


def test_a_task_that_only_fails_ends_it():
    ended = run(CMAOptimizer(surrogate=True), lambda x: np.inf, 3000, bounds=[(-5.0, 5.0)] * 2, max_jobs=1)
    assert ended.view.calls < 3000


def test_one_parameter_is_enough():
    points, values = points_of(bowl, 400, dims=1)
    assert points.shape == (len(values), 1)
    assert values.min() < 1e-8


def test_noise_does_not_keep_it_from_its_end():
    rng = np.random.default_rng(4)
    noisy = run(
        CMAOptimizer(surrogate=True),
        lambda x: bowl(x) + 1e-3 * rng.normal(),
        20_000,
        bounds=[(-5.0, 5.0)] * 2,
        max_jobs=1,
    )
    assert noisy.view.calls < 20_000
    assert noisy.view[1].how is not None


@pytest.mark.parametrize("told", [1, 40, 41, 42, 43, 75])
def test_a_saved_state_goes_on_exactly_wherever_in_a_generation_it_was_saved(told):
    def told_so_far(stepper, groups):
        """Answer so many groups; return the points."""
        points = []
        for _ in range(groups):
            assert stepper.finished() is None
            group = stepper.ask(4)
            points.append(group.tolist())
            stepper.tell(group, np.array([Rosenbrock(3)(x) for x in group]))
        return points

    stepper = begun(popsize=10)
    told_so_far(stepper, told)
    saved = pickle.dumps(stepper)
    assert told_so_far(stepper, 30) == told_so_far(pickle.loads(saved), 30)


def test_groups_are_given_out_again_as_they_were_until_they_are_told():
    stepper = begun()
    for _ in range(40):
        assert stepper.finished() is None
        group = stepper.ask(4)
        assert stepper.ask(4).tolist() == group.tolist()
        stepper.tell(group, np.array([bowl(x) for x in group]))


def test_the_setting_is_yes_or_no():
    with pytest.raises(SettingTypeError, match="surrogate is 'lq'"):
        CMAOptimizer(surrogate="lq")

"""Grid, Monte Carlo walk, and annealing: what is particular to each."""

import math

import numpy as np
import pytest

from glompo.core.state.lifecycle import How
from glompo.errors import SettingError
from glompo.optimizers import AdaptiveRateMonteCarlo, Annealing, GridSampling, RandomSampling
from glompo.problems import Rastrigin, Rosenbrock

from .cases import asked, run


@pytest.mark.parametrize("workers", [1, 4])
def test_a_grid_is_evaluated_completely_and_nothing_else(workers):
    ended = run(GridSampling(5, workers=workers), lambda x: float(x @ x), 999, bounds=[(-1, 1), (0, 8)], rng=3)
    points, _ = asked(ended)
    expected = [(x, y) for x in np.linspace(-1, 1, 5) for y in np.linspace(0, 8, 5)]
    assert sorted(map(tuple, points.tolist())) == sorted(expected)
    assert ended.view.now == math.ceil(25 / workers)
    assert ended.view[1].how is How.EXHAUSTED
    assert ended.view[1].note == "all 25 points of the grid evaluated"


def test_the_first_part_of_a_grid_already_looks_everywhere():
    points, _ = asked(run(GridSampling(10), lambda x: 1.0, 25, bounds=[(0, 1)] * 2, rng=3))
    quarters = {(x > 0.5, y > 0.5) for x, y in points.tolist()}
    assert len(points) == 25
    assert len(quarters) == 4


def test_two_grids_of_one_run_have_two_orders():
    first, second = (asked(run(GridSampling(6), lambda x: 1.0, 36, bounds=[(0, 1)] * 2, rng=s))[0] for s in (1, 2))
    assert first.tolist() != second.tolist()
    assert sorted(first.tolist()) == sorted(second.tolist())


def test_a_grid_of_one_value_is_the_middle():
    assert asked(run(GridSampling(1), lambda x: 1.0, 9, bounds=[(0, 1), (-4, 2)]))[0].tolist() == [[0.5, -1.0]]


def test_a_grid_too_large_to_evaluate_is_refused_with_its_size():
    with pytest.raises(SettingError, match=r"n is 10, which is 1e\+12 points in 12 dimensions, more than 10,000,000"):
        GridSampling(10).minimize(lambda x: 1.0, np.zeros(12), [(0, 1)] * 12)
    assert GridSampling(10).capabilities.most_dims == 7


def test_random_sampling_counts_its_starting_point():
    ended = run(RandomSampling(iters=7, workers=3), lambda x: float(x @ x), 99, bounds=[(0, 1)] * 2)
    assert (ended.view.calls, ended.view.now) == (7, 3)


def walk(rng=0, task=None, **settings):
    problem = Rastrigin(2)
    return run(AdaptiveRateMonteCarlo(**settings), task or problem, 700, bounds=problem.bounds, rng=rng)


def test_each_move_of_a_walk_changes_one_parameter():
    optimizer = AdaptiveRateMonteCarlo()
    optimizer.rng = np.random.default_rng(1)
    x0 = np.array([0.5, -0.25, 1.0])
    stepper = optimizer.stepper(x0, np.array([(-2.0, 2.0)] * 3))
    first = stepper.ask(1)
    stepper.tell(first, np.array([1.0]))
    moves = stepper.ask(40)
    assert first.tolist() == [x0.tolist()]
    assert {np.count_nonzero(np.abs(x - x0) > 1e-12) for x in moves} == {1}
    assert {int(np.argmax(np.abs(x - x0))) for x in moves} == {0, 1, 2}


@pytest.mark.parametrize(("scale", "offset"), [(1e-6, 0.0), (1e6, 0.0), (1.0, -64.0)])
def test_decisions_of_a_walk_are_unchanged_by_units_and_offsets_of_the_function(scale, offset):
    problem = Rastrigin(2)
    factor = 2.0 ** round(math.log2(scale))  # a power of two, so that no value is rounded
    plain, _ = asked(walk(task=lambda x: round(problem(x) * 1024) / 1024))
    changed, _ = asked(walk(task=lambda x: factor * (round(problem(x) * 1024) / 1024) + offset))
    assert changed.tolist() == plain.tolist()


@pytest.mark.parametrize("target", [0.1, 0.5])
def test_a_walk_keeps_its_acceptance_rate(target):
    steps = []

    class Spied(AdaptiveRateMonteCarlo):
        def stepper(self, x0, bounds):
            made = super().stepper(x0, bounds)
            judge = made._accepts
            made._accepts = lambda f: steps.append(judge(f)) or steps[-1]
            return made

    problem = Rastrigin(2)
    optimizer = Spied(target=target, block=20, shrink=0.999)
    optimizer.rng = np.random.default_rng(5)
    calls = []

    def function(x):
        calls.append(1)
        if len(calls) == 3000:
            optimizer.callstop("enough")
        return problem(x)

    optimizer.minimize(function, np.array([2.0, 2.0]), problem.bounds)
    assert np.mean(steps[1000:]) == pytest.approx(target, abs=0.1)


def test_a_walk_from_a_point_that_fails_goes_anywhere():
    ended = run(
        AdaptiveRateMonteCarlo(), lambda x: math.nan if x[0] < 0.6 else float(x @ x), 300, bounds=[(0, 1)] * 2, rng=4
    )
    assert ended.view[1].best < 0.5


def test_annealing_takes_as_many_steps_as_it_was_told():
    ended = run(Annealing(iters=10), Rosenbrock(3), 999, bounds=Rosenbrock(3).bounds)
    assert ended.view.calls == 1 + 10 * 2 * 3
    assert ended.view[1].note == "annealed for 10 steps (61 evaluations)"

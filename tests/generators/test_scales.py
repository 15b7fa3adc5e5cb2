"""Starts are drawn, and distances measured, on the scales of the parameters."""

import numpy as np
import pytest

from glompo.generators import (
    BasinHoppingGenerator,
    BestSampledGenerator,
    CrossoverGenerator,
    ExploitExploreGenerator,
    FarFromKnown,
    IncumbentGenerator,
    PerturbationGenerator,
    RandomGenerator,
    SinglePointGenerator,
    SobolGenerator,
)
from glompo.stoppers import ParameterDistance, StepSize
from glompo.testing.histories import history

BOUNDS = [(1e-6, 1.0), (-1e3, 1e3)]
MIXED = ("log", "none")


def scaled(scales=MIXED, bounds=BOUNDS):
    return history(bounds=bounds, slots=8, scales=scales)


def ended_at(run, *points):
    for i, x in enumerate(points):
        opt = run.start()
        run.evaluate(opt, float(i), X=x)
        run.converge(opt)


ANYWHERE = [
    RandomGenerator(), SobolGenerator(), FarFromKnown(candidates=1), IncumbentGenerator(), BestSampledGenerator(),
    CrossoverGenerator(), BasinHoppingGenerator(), ExploitExploreGenerator(10_000),
]  # fmt: skip


@pytest.mark.parametrize("generator", ANYWHERE, ids=lambda one: type(one).__name__)
def test_half_of_the_starts_lie_below_the_geometric_middle(generator):
    run, starts = history(BOUNDS, slots=64, scales=MIXED), []
    for _ in range(64):
        starts.append(generator.place(run.manager()))
        run.start()
    starts = np.array(starts)
    assert ((starts >= [1e-6, -1e3]) & (starts <= [1.0, 1e3])).all()
    assert 0.3 < (starts[:, 0] < 1e-3).mean() < 0.7
    assert 0.3 < (starts[:, 1] < 0.0).mean() < 0.7


def test_one_random_point_for_all_is_drawn_on_the_scale_too():
    firsts = [SinglePointGenerator().place(history(BOUNDS, seed=s, scales=MIXED).manager())[0] for s in range(64)]
    assert 0.3 < (np.array(firsts) < 1e-3).mean() < 0.7


def test_a_step_of_basin_hopping_is_a_factor():
    steps = []
    for seed in range(100):
        run = history(BOUNDS, seed=seed, scales=MIXED)
        ended_at(run, (1e-3, 0.0))
        steps.append(BasinHoppingGenerator(max_step_size=1 / 6).place(run.manager()))
    factors = np.log10(np.array(steps)[:, 0]) + 3.0
    assert np.abs(factors).max() <= 1.0 + 1e-9
    assert 0.3 < (factors < 0).mean() < 0.7


def test_between_two_minima_is_between_their_logarithms():
    shares = []
    for seed in range(100):
        run = history(BOUNDS, seed=seed, scales=MIXED)
        ended_at(run, (1e-5, 5.0), (1e-1, 5.0))
        x = CrossoverGenerator().place(run.manager())
        assert x[1] == 5.0
        shares.append(np.log10(x[0]))
    assert -5 <= min(shares) < -4
    assert -2 < max(shares) <= -1
    assert 0.3 < (np.array(shares) < -3).mean() < 0.7


def test_an_optimum_exploited_is_met_exactly():
    run = scaled()
    ended_at(run, (0.123456789e-3, 7.1))
    assert ExploitExploreGenerator(1).place(run.manager()).tolist() == [0.123456789e-3, 7.1]


def test_a_perturbation_up_is_as_long_as_asked_for_and_down_by_the_same_factor():
    generator = PerturbationGenerator([1e-3, 0.0], [1e-3, 10.0])
    drawn = np.array([generator.place(history(BOUNDS, seed=s, scales=MIXED).manager()) for s in range(400)])
    deviation = np.std(np.log2(drawn[:, 0] / 1e-3))
    assert 0.85 < deviation < 1.15  # one deviation is a factor of 2
    assert 8.5 < np.std(drawn[:, 1]) < 11.5


def test_far_from_known_minima_is_far_on_the_scale():
    run = scaled(bounds=[(1e-6, 1.0), (1.0, 1.0)])
    ended_at(run, (1e-1, 1.0))
    assert FarFromKnown(candidates=32).place(run.manager())[0] < 1e-5


def test_distances_are_measured_on_the_scale():
    run = scaled(("log", "linear"))
    for x in ((1e-6, 0.0), (1e-4, 0.0)):
        run.evaluate(run.start(), x[0], X=x)
    share = (2 / 6) / np.sqrt(2)
    assert ParameterDistance(relative_distance=share * 1.01).ask(run.view(), 2).fired
    assert not ParameterDistance(relative_distance=share * 0.99).ask(run.view(), 2).fired
    run.evaluate(2, 1.0, X=(1e-2, 0.0))
    assert StepSize(calls=2, relative_tol=share * 1.01).ask(run.view(), 2).fired
    assert not StepSize(calls=2, relative_tol=share * 0.99).ask(run.view(), 2).fired


@pytest.mark.parametrize("box", [(-8e307, 8e307), (1e300, 2e300), (1e-300, 2e-300), (0.0, 5e-324)])
def test_distances_neither_overflow_nor_vanish(box):
    run = history(bounds=[box] * 3, slots=8)
    for f, x in enumerate(box):
        run.evaluate(run.start(), float(f), X=[x] * 3)
    assert not ParameterDistance(relative_distance=0.9).ask(run.view(), 2).fired
    run.evaluate(2, 1.0, X=[box[0]] * 3)
    assert not StepSize(calls=2, relative_tol=0.9).ask(run.view(), 2).fired
    run.evaluate(2, 1.0, X=[box[0]] * 3)
    assert ParameterDistance(relative_distance=0.1).ask(run.view(), 2).fired
    assert StepSize(calls=2, relative_tol=0.1).ask(run.view(), 2).fired

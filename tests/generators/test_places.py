"""Where each generator puts a start."""

import math
from typing import Any

import numpy as np
import pytest
from scipy.stats import qmc, truncnorm

from glompo.errors import PolicyError
from glompo.generators import (
    BaseGenerator,
    ExploitExploreGenerator,
    IncumbentGenerator,
    PerturbationGenerator,
    RandomGenerator,
    SinglePointGenerator,
    SobolGenerator,
)
from glompo.testing.histories import History, history

BOX = [(-1.0, 1.0), (10.0, 30.0)]


def starts(generator: BaseGenerator, n: int, bounds: Any = BOX, seed: int = 0) -> np.ndarray[Any, Any]:
    """Return n successive starts of a run in which no optimizer finds anything."""
    run = history(bounds, slots=n + 1, seed=seed)
    points = []
    for _ in range(n):
        points.append(generator.place(run.manager()))
        run.start(x0=points[-1])
    return np.array(points)


def found(*results: tuple[float, tuple[float, ...]], bounds: Any = BOX, seed: int = 0) -> History:
    """Write a run whose optimizers found these values at these places and live on."""
    run = history(bounds, slots=len(results) + 1, seed=seed)
    for f, x in results:
        run.evaluate(run.start(), f, X=x)
    return run


def test_random_starts_fill_the_bounds() -> None:
    points = starts(RandomGenerator(), 300)
    assert len(np.unique(points, axis=0)) == 300
    # mean of 300 uniform draws: four standard errors are 0.067 of the range
    assert points.mean(axis=0) == pytest.approx([0, 20], abs=1.5)
    assert points.min(axis=0) == pytest.approx([-1, 10], abs=0.5)
    assert points.max(axis=0) == pytest.approx([1, 30], abs=0.5)


def test_a_given_single_point_is_returned_as_it_is() -> None:
    mine = np.array([0.1, 12.0])
    generator = SinglePointGenerator(mine)
    mine[0] = 0.9
    assert starts(generator, 3).tolist() == [[0.1, 12.0]] * 3
    assert str(generator) == "SinglePointGenerator(x0=[0.1, 12.0])"


def test_a_random_single_point_is_the_same_for_all_and_another_with_another_seed() -> None:
    points = starts(SinglePointGenerator("random"), 5)
    assert (points == points[0]).all()
    assert (starts(SinglePointGenerator(), 1, seed=1) != points[0]).all()


def test_the_incumbent_is_where_to_start_once_there_is_one() -> None:
    run = history(BOX)
    assert IncumbentGenerator().explain(run.manager()) == "a random point, there is no incumbent yet"
    first = IncumbentGenerator().place(run.manager())
    run.evaluate(run.start(x0=first), [math.nan, math.inf])
    assert (IncumbentGenerator().place(run.manager()) != first).all()
    run.evaluate(1, [5.0, 4.0, 9.0], X=[(0, 11), (0.5, 12), (1, 13)])
    assert IncumbentGenerator().place(run.manager()).tolist() == [0.5, 12.0]
    assert IncumbentGenerator().explain(run.manager()) == "the incumbent of optimizer 1"


@pytest.mark.parametrize("centre", [(0.0, 20.0), (-1.0, 30.0)])
def test_perturbations_follow_the_truncated_normal_distribution(centre: tuple[float, float]) -> None:
    points = starts(PerturbationGenerator(centre, [0.5, 100.0]), 400)
    for x, mid, scale, (low, high) in zip(points.T, centre, (0.5, 100.0), BOX, strict=True):
        expected = truncnorm((low - mid) / scale, (high - mid) / scale, mid, scale)
        # Kolmogorov-Smirnov distance of 400 draws exceeds 0.1 with probability 6e-4
        distance = np.abs(expected.cdf(np.sort(x)) - np.arange(0.5, 400.5) / 400).max()
        assert distance < 0.1


def test_a_tiny_scale_is_no_trouble() -> None:
    assert starts(PerturbationGenerator([0.0, 20.0], 1e-308), 1).tolist() == [[pytest.approx(0, abs=1e-300), 20.0]]


@pytest.mark.parametrize("high", [1e-308, 1.0, 1e4])
@pytest.mark.parametrize("scale", [1e16, 1e300])
def test_a_scale_beyond_all_ranges_is_uniform(scale: float, high: float) -> None:
    points = starts(PerturbationGenerator([0.0], scale), 400, [(0.0, high)])[:, 0] / high
    assert np.abs(np.sort(points) - np.arange(0.5, 400.5) / 400).max() < 0.1


def test_one_scale_serves_all_parameters() -> None:
    points = starts(PerturbationGenerator([0.0, 20.0], 1e-3), 50)
    assert (np.abs(points - [0.0, 20.0]) < 0.005).all()
    assert len(np.unique(points, axis=0)) == 50


@pytest.mark.parametrize("x0", [[0.0], [2.0, 20.0], [0.0, 20.0, 1.0]])
def test_a_centre_that_does_not_belong_to_the_run_is_refused(x0: list[float]) -> None:
    with pytest.raises(PolicyError, match=r"PerturbationGenerator: x0 is .*; give a point of 2 parameters inside"):
        starts(PerturbationGenerator(x0, 1.0), 1)


def test_exploring_turns_into_exploiting() -> None:
    distances = {}
    for calls in (1, 50, 99, 100, 500):
        run = found((1.0, (0.5, 15.0)))
        if calls > 1:
            run.evaluate(1, [2.0] * (calls - 1))
        x = ExploitExploreGenerator(100).place(run.manager())
        distances[calls] = float(np.abs(x - [0.5, 15.0])[0])
    assert distances[100] == distances[500] == 0
    assert distances[1] * 0.5 == pytest.approx(distances[50] * 0.99)
    assert 0 < distances[99] < distances[50] / 40


def test_focus_bends_the_way() -> None:
    run = found((1.0, (0.5, 15.0)))
    run.evaluate(1, [2.0] * 49)
    assert "25% of the way" in ExploitExploreGenerator(100, focus=2).explain(run.manager())
    assert "50% of the way" in ExploitExploreGenerator(100).explain(run.manager())


def test_the_first_start_of_all_is_random() -> None:
    run = history(BOX)
    assert ExploitExploreGenerator(100).explain(run.manager()) == "a random point, nothing is found yet"
    assert len(ExploitExploreGenerator(100).place(run.manager())) == 2
    run.evaluate(run.start(), math.nan)
    assert ExploitExploreGenerator(100).explain(run.manager()) == "a random point, nothing is found yet"


@pytest.mark.parametrize("offset", [0.0, -1000.0, 2.0**60])
def test_the_roulette_favours_low_values_wherever_zero_lies(offset: float) -> None:
    scale = max(1.0, offset / 2**50)
    values = [offset + scale * v for v in (0.0, 2.0, 8.0)]
    chosen = [0, 0, 0]
    for seed in range(300):
        run = found(*((f, (0.0, 10.0 + i)) for i, f in enumerate(values)), seed=seed)
        x = ExploitExploreGenerator(1).place(run.manager())  # beyond its budget: the optimum itself
        chosen[int(x[1]) - 10] += 1
    # weights 8 : 6 : 0; four standard errors of 300 draws are 0.114
    assert chosen[0] / 300 == pytest.approx(8 / 14, abs=0.114)
    assert chosen[2] == 0


def test_among_equals_the_roulette_is_fair_and_huge_values_do_not_overflow() -> None:
    picked = set()
    for seed in range(30):
        run = found((7.0, (0.0, 10.0)), (7.0, (0.0, 11.0)), seed=seed)
        picked.add(float(ExploitExploreGenerator(1).place(run.manager())[1]))
    assert picked == {10.0, 11.0}
    run = found((-1e308, (0.0, 10.0)), (1e308, (0.0, 11.0)), (0.0, (0.0, 12.0)))
    assert ExploitExploreGenerator(1).place(run.manager())[1] in (10.0, 12.0)


def test_what_explains_a_start_is_what_chose_it() -> None:
    for seed in range(20):
        run = found((1.0, (0.0, 10.0)), (2.0, (0.0, 11.0)), (9.0, (0.0, 12.0)), seed=seed)
        opt = int(ExploitExploreGenerator(1).place(run.manager())[1]) - 9
        assert ExploitExploreGenerator(1).explain(run.manager()).endswith(f"the best one of optimizer {opt}")


def test_sobol_starts_are_the_points_of_one_sequence() -> None:
    points = starts(SobolGenerator(), 16, [(0, 1)] * 3)
    rng = history().view().streams.generator("generator:SobolGenerator")
    assert points.tolist() == qmc.Sobol(3, rng=rng).random(16).tolist()
    assert qmc.discrepancy(points) < 0.5 * qmc.discrepancy(starts(RandomGenerator(), 16, [(0, 1)] * 3))


def test_sobol_starts_follow_the_seed() -> None:
    assert (starts(SobolGenerator(), 4, seed=1) != starts(SobolGenerator(), 4, seed=2)).all()
    assert SobolGenerator().explain(history().manager()) == "point 0 of a Sobol sequence"

import math

import numpy as np
import pytest

from glompo.generators import BasinHoppingGenerator
from glompo.testing.histories import History, history


def ended(*values: float, seed: int = 0, bounds: object = ((0.0, 1.0), (0.0, 1000.0))) -> History:
    """Write a run whose optimizers ended one after the other, number i with values[i - 1] at (i / 100, 10 i)."""
    run = history(bounds, seed=seed, slots=2)  # type: ignore[arg-type]
    for i, f in enumerate(values, 1):
        run.evaluate(run.start(), f, X=(i / 100, 10 * i))
        run.converge(i)
    return run


def hops(generator: BasinHoppingGenerator, run: History) -> tuple[int, float]:
    """Return the optimizer from which the next start steps away, and the largest step."""
    words = generator.explain(run.manager()).split()
    return int(words[-1]), float(words[5])


def test_while_no_optimizer_has_ended_the_start_is_random() -> None:
    run = history([(0, 1)])
    run.evaluate(run.start(), 1.0)
    assert BasinHoppingGenerator().explain(run.manager()).startswith("a random point")
    first = BasinHoppingGenerator().place(run.manager())
    run.evaluate(run.start(), math.nan)
    run.converge(2)
    assert BasinHoppingGenerator().explain(run.manager()).startswith("a random point")
    assert BasinHoppingGenerator().place(run.manager()) != first


def test_a_start_is_a_step_away_from_the_accepted_point() -> None:
    steps = []
    for seed in range(100):
        x = BasinHoppingGenerator(max_step_size=0.01).place(ended(*[1.0] * 50, seed=seed).manager())
        steps.append((x - [0.5, 500]) / [1, 1000])
    assert np.abs(steps).max() <= 0.01  # relative to the range of each parameter
    assert np.abs(steps).max(axis=0) == pytest.approx([0.01, 0.01], rel=0.1)
    assert np.mean(steps, axis=0) == pytest.approx([0, 0], abs=0.0025)  # four standard errors


def test_lower_values_are_always_accepted_and_at_zero_temperature_no_others() -> None:
    cold = BasinHoppingGenerator(temperature=0)
    assert hops(cold, ended(5.0, 4.0, 3.0))[0] == 3
    assert hops(cold, ended(5.0, 4.0, 4.5))[0] == 2
    assert hops(cold, ended(5.0, 4.0, 4.0))[0] == 3  # a tie is no rise
    assert hops(BasinHoppingGenerator(temperature=1e-300), ended(5.0, 6.0))[0] == 1
    assert hops(BasinHoppingGenerator(temperature=1e300), ended(5.0, 6.0))[0] == 2


def test_a_rise_by_the_temperature_is_accepted_with_probability_one_over_e() -> None:
    hot = BasinHoppingGenerator(temperature=3.0)
    accepted = [hops(hot, ended(-5.0, -2.0, seed=seed))[0] == 2 for seed in range(400)]
    assert np.mean(accepted) == pytest.approx(1 / math.e, abs=0.097)  # four standard errors


def test_the_step_adapts_every_interval() -> None:
    cold = BasinHoppingGenerator(temperature=0, max_step_size=0.4, interval=3, factor=0.5)
    falling, rising = [9.0 - i for i in range(9)], [1.0 + i for i in range(9)]
    assert [hops(cold, ended(*falling[:n]))[1] for n in (2, 3, 6)] == [0.4, 0.4, 0.4]  # never beyond the first
    assert [hops(cold, ended(*rising[:n]))[1] for n in (2, 3, 5, 6, 9)] == [0.4, 0.2, 0.2, 0.1, 0.05]
    # 1 of 3 accepted, then 4 of 6
    assert [hops(cold, ended(*[5, 6, 7, 4, 3, 2][:n]))[1] for n in (2, 3, 6)] == [0.4, 0.2, 0.4]


def test_optimizers_count_in_the_order_in_which_they_ended() -> None:
    run = history([(0, 1)])
    for _ in range(2):
        run.start()
    for opt in (2, 1):
        run.evaluate(opt, 5.0)
        run.converge(opt)
    assert hops(BasinHoppingGenerator(temperature=0), run)[0] == 1  # of two equals the later one is accepted


def test_what_was_accepted_stays_accepted_when_more_have_ended() -> None:
    hot = BasinHoppingGenerator(temperature=1.0)
    for seed in range(20):
        before = hops(hot, ended(1.0, 2.0, seed=seed))[0]
        assert hops(hot, ended(1.0, 2.0, 1e9, seed=seed))[0] == before


def test_starts_stay_inside_the_bounds() -> None:
    # an accepted point in the corner and the largest step: half of all steps lead out
    points = []
    for seed in range(50):
        run = history([(0, 1), (5, 5)], seed=seed)
        run.evaluate(run.start(), 1.0, X=(0, 5))
        run.converge(1)
        points.append(BasinHoppingGenerator(max_step_size=1).place(run.manager()))
    assert np.min(points, axis=0).tolist() == [0.0, 5.0]
    assert np.max(points, axis=0)[0] <= 1
    assert np.max(points, axis=0)[1] == 5


def test_another_generator_object_gives_the_same_start() -> None:
    run = ended(*np.random.default_rng(0).standard_normal(40))
    used = BasinHoppingGenerator()
    for _ in range(3):
        used.place(run.manager())
    assert used.place(run.manager()).tolist() == BasinHoppingGenerator().place(run.manager()).tolist()

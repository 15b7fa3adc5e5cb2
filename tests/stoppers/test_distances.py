"""Stoppers that compare points: ParameterDistance, StepSize."""

import math

import numpy as np
import pytest

from glompo.errors import PolicyError
from glompo.stoppers import ParameterDistance, StepSize
from glompo.testing.histories import History, history

BOX = [(0, 3), (0, 4)]  # diagonal 5


def placed(*points: tuple[float, float], bounds: object = BOX) -> History:
    """Write a run whose first optimizer owns the incumbent; each stands at its point."""
    run = history(bounds=bounds, slots=8)  # type: ignore[arg-type]
    for i, where in enumerate(points):
        run.evaluate(run.start(), float(i), X=where)
    return run


def test_the_point_of_the_leader_is_compared_with() -> None:
    run = placed((0, 0), (0.3, 0.4))  # 0.5 apart: a tenth of the diagonal
    assert ParameterDistance(BOX, 0.11).ask(run.view(), 2).fired
    assert not ParameterDistance(BOX, 0.1).ask(run.view(), 2).fired  # closer than, not as close as


def test_the_bounds_of_the_run_are_used_if_none_are_given() -> None:
    run = placed((0, 0), (0.3, 0.4))
    assert ParameterDistance(relative_distance=0.11).ask(run.view(), 2).fired
    assert not ParameterDistance([(0, 0.3), (0, 0.4)], 0.11).ask(run.view(), 2).fired


def test_latest_points_are_compared_not_best_ones() -> None:
    run = placed((0, 0), (0, 0))
    run.evaluate(1, 100.0, X=(3, 4))
    assert not ParameterDistance(relative_distance=0.1).ask(run.view(), 2).fired
    run.evaluate(2, 100.0, X=(3, 4))
    assert ParameterDistance(relative_distance=0.1).ask(run.view(), 2).fired


def test_the_others_count_only_if_asked_for() -> None:
    run = placed((0, 0), (3, 4), (3, 4))
    assert not ParameterDistance(relative_distance=0.1).ask(run.view(), 2).fired
    every = ParameterDistance(relative_distance=0.1, test_all=True)
    assert "optimizer 3" in every.ask(run.view(), 2).why
    assert every.ask(run.view(), 2).fired
    run.stop(3)
    assert not every.ask(run.view(), 2).fired


def test_a_leader_that_has_ended_still_counts() -> None:
    run = placed((0, 0), (0, 0))
    run.converge(1)
    assert ParameterDistance(relative_distance=0.1).ask(run.view(), 2).fired


def test_no_optimizer_is_compared_with_itself() -> None:
    run = placed((0, 0))
    assert not ParameterDistance(relative_distance=1, test_all=True).ask(run.view(), 1).fired


def test_without_points_there_is_no_distance() -> None:
    run = placed((0, 0))
    newcomer = run.start()
    assert not ParameterDistance(relative_distance=1, test_all=True).ask(run.view(), newcomer).fired
    assert not ParameterDistance(relative_distance=1, test_all=True).ask(run.view(), 1).fired
    fresh = history()
    assert not ParameterDistance(relative_distance=1).ask(fresh.view(), fresh.start()).fired


def test_values_do_not_matter() -> None:
    run = history(bounds=BOX)
    leader, other = run.start(), run.start()
    run.evaluate(leader, 0.0, X=(0, 0))
    run.evaluate(other, [math.nan, math.inf], X=(0, 0))
    assert ParameterDistance(relative_distance=0.1).ask(run.view(), other).fired


def test_fixed_parameters_do_not_disturb() -> None:
    run = placed((0, 2), (0.2, 2), bounds=[(0, 1), (2, 2)])
    assert ParameterDistance(relative_distance=0.25).ask(run.view(), 2).fired
    assert not ParameterDistance(relative_distance=0.15).ask(run.view(), 2).fired


@pytest.mark.parametrize("stopper", [ParameterDistance([(0, 1)], 0.1), StepSize([(0, 1)], 1)])
def test_a_box_of_another_size_is_refused(stopper: ParameterDistance | StepSize) -> None:
    run = placed((0, 0), (0, 0))
    with pytest.raises(PolicyError, match=r"bounds of 1 parameters, but the run has 2; leave them out"):
        stopper.ask(run.view(), 2)


def steps(*points: tuple[float, float]) -> History:
    run = history(bounds=BOX)
    run.evaluate(run.start(), np.arange(float(len(points))), X=points)
    return run


def test_short_steps_stop() -> None:
    run = steps((3, 4), (0, 0), (0.3, 0.4), (0, 0))  # a long step, then two of 0.5
    assert StepSize(BOX, 3, 0.1).ask(run.view(), 1).fired
    assert not StepSize(BOX, 3, 0.099).ask(run.view(), 1).fired
    assert not StepSize(BOX, 4, 0.1).ask(run.view(), 1).fired
    assert StepSize(calls=3, relative_tol=0.1).ask(run.view(), 1).fired


def test_a_step_needs_two_points() -> None:
    run = steps((0, 0), (0, 0))
    assert StepSize(calls=1, relative_tol=0).ask(run.view(), 1).fired
    assert StepSize(calls=2, relative_tol=0).ask(run.view(), 1).fired
    assert not StepSize(calls=3, relative_tol=1).ask(run.view(), 1).fired
    fresh = history()
    assert not StepSize(calls=1).ask(fresh.view(), fresh.start()).fired

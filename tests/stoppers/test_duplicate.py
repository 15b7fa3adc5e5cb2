from typing import Any

import numpy as np
import pytest

from glompo.exit_conditions import MaxTotalFunctionCalls
from glompo.optimizers import CMAOptimizer
from glompo.stoppers import Duplicate
from glompo.stoppers.duplicate import KEPT, Archive
from glompo.testing import simulate
from glompo.testing.histories import History, history

BOX = [(0.0, 1.0), (0.0, 100.0)]
A, B = (0.3, 0.3), (0.8, 0.8)


def descend(run: History, to: Any, floor: float, n: int = 120, rate: float = 0.95, start: float = 0.2) -> int:
    """Let an optimizer contract onto a place, in units of the box, down to a value."""
    opt = run.start("CMAOptimizer")
    rng = np.random.default_rng(opt)
    widths = start * rate ** (np.arange(n) // 2)
    steps = widths[:, None] * np.repeat(rng.standard_normal((n // 2 + 1, 2)), 2, axis=0)[:n]
    steps[1::2] *= -1  # in pairs, so that the mean is where it should be
    low, high = run.view().bounds.T
    X = (low + (high - low) * (np.asarray(to) + steps)).clip(low, high)
    run.evaluate(opt, floor + (steps**2).sum(axis=1), X)
    return opt


def ended(*places: tuple[Any, float]) -> History:
    run = history(BOX, slots=20)
    for place, floor in places:
        run.converge(descend(run, place, floor, n=300))
    return run


def fires(run: History, opt: int, stopper: Duplicate | None = None) -> bool:
    return (stopper or Duplicate()).ask(run.view(), opt).fired


def test_one_that_narrows_down_on_a_known_better_minimum_is_stopped() -> None:
    run = ended((A, 1.0))
    again, elsewhere = descend(run, A, 1.1), descend(run, B, 1.1)
    assert fires(run, again)
    assert not fires(run, elsewhere)


def test_who_finds_a_better_value_at_a_known_place_goes_on() -> None:
    run = ended((A, 1.0))
    assert not fires(run, descend(run, A, 0.9))


def test_a_place_that_one_merely_passes_by_is_no_reason() -> None:
    run = ended((A, 1.0))
    beside = descend(run, (0.36, 0.3), 1.1)  # contracts beside it
    assert not fires(run, beside)
    assert fires(run, descend(run, (0.36, 0.3), 1.1, rate=0.999, start=0.05))  # still wide: it may well be that minimum


def test_it_must_be_near_at_successive_judgments() -> None:
    run = ended((A, 1.0))
    comes = descend(run, B, 1.5, n=60, rate=0.999)
    low, high = run.view().bounds.T
    rng = np.random.default_rng(9)
    for k in range(1, 6):
        run.judge(comes)
        steps = 0.05 * rng.standard_normal((5, 2))
        X = low + (high - low) * (np.array(A) + np.concatenate([steps, -steps]))
        run.evaluate(comes, np.full(10, 1.4), X)
        assert fires(run, comes) is (k >= 3)  # 10 evaluations are a judgment and fill the window of 10
        assert fires(run, comes, Duplicate(checks=1))


def test_the_young_are_let_live_and_judged_at_intervals() -> None:
    run = ended((A, 1.0))
    young = descend(run, A, 1.1, n=39)
    assert not fires(run, young)
    assert not fires(run, young, Duplicate(min_evals=1, every=15))  # three windows do not fit yet
    again = descend(run, A, 1.1, n=120)
    run.judge(again)
    assert not fires(run, again)
    run.evaluate(again, 1.2, run.view()[again].trajectory.X[-1])
    assert not fires(run, again)
    run.evaluate(again, [1.2] * 9, run.view()[again].trajectory.X[-9:])
    assert fires(run, again)


@pytest.mark.parametrize(
    ("end", "expected"), [(History.converge, True), (History.stop, True), (History.crash, False), (None, False)]
)
def test_only_ends_by_themselves_or_by_a_stopper_count(end: Any, expected: bool) -> None:
    run = history(BOX)
    first = descend(run, A, 1.0)
    if end is not None:
        end(run, first)
    assert fires(run, descend(run, A, 1.1)) is expected


def test_those_stopped_by_the_user_do_not_count() -> None:
    run = history(BOX)
    run.stop(descend(run, A, 1.0), by="user")
    assert not fires(run, descend(run, A, 1.1))


def test_the_more_end_at_a_place_the_larger_its_share() -> None:
    shares = []
    for repeats in (0, 3):
        run = ended((A, 1.0), (B, 1.0), *[(A, 1.5)] * repeats)
        places = Archive().places(run.view(), 40)
        shares.append([place.count for place in places])
        assert [place.f for place in places] == sorted(place.f for place in places)
    assert sorted(shares[0]) == [1, 1]
    assert sorted(shares[1]) == [1, 4]


def test_the_places_hold_their_part_of_the_box() -> None:
    """Uniform starts of full extent lie within the radii with the probability 1/coverage."""
    run = ended(((0.5, 0.5), 1.0))
    place = Archive().places(run.view(), 40)[0]
    points = np.random.default_rng(0).random((4000, 2))
    distances = np.linalg.norm((points - place.x) @ place.metric.T, axis=1)
    radius = np.sqrt(1 / (20 * np.pi))  # Γ(2)^(1/2)/√π · (1/20)^(1/2)
    assert np.mean(distances < radius) == pytest.approx(1 / 20, abs=0.014)  # four standard errors


def test_the_shape_of_the_end_is_the_shape_of_the_place() -> None:
    run = history(BOX)
    opt, rng = run.start(), np.random.default_rng(1)
    steps = rng.standard_normal((400, 2)) * [0.05, 0.005]
    run.evaluate(opt, (steps**2).sum(axis=1) + 1.0, (0.5 + steps) * [1.0, 100.0])
    run.converge(opt)
    place = Archive().places(run.view(), 40)[0]
    along, across = (np.linalg.norm(place.metric @ np.array(step)) for step in ((0.01, 0.0), (0.0, 0.01)))
    assert across > 1.5 * along
    assert np.linalg.det(place.metric) == pytest.approx(1.0)


def test_the_archive_is_the_same_whether_it_grew_or_is_new() -> None:
    run, old = history(BOX, slots=99), Archive()
    rng = np.random.default_rng(3)
    alive: list[int] = []
    for _ in range(40):
        alive.append(descend(run, rng.choice([A, B]), float(rng.integers(5)), n=50))
        if rng.random() < 0.7:
            opt = alive.pop(int(rng.integers(len(alive))))
            run.converge(opt) if rng.random() < 0.6 else run.crash(opt)
        grown, fresh = old.places(run.view(), 40), Archive().places(run.view(), 40)
        assert [(p.f, p.count, p.x.tolist()) for p in grown] == [(p.f, p.count, p.x.tolist()) for p in fresh]


def test_only_the_best_ends_are_kept() -> None:
    run = history(BOX, slots=2)
    for i in range(KEPT + 10):
        opt = run.start()
        run.evaluate(opt, float(i), (i / 1000, i / 10))
        run.converge(opt)
    places = Archive().places(run.view(), 1)
    assert sum(place.count for place in places) == KEPT
    assert places[0].f == 0.0


@pytest.mark.parametrize("f", [np.nan, np.inf])
def test_without_valid_values_there_is_no_evidence(f: float) -> None:
    run = ended((A, 1.0))
    opt = run.start()
    run.evaluate(opt, np.full(200, f), np.tile(np.array(A) * [1, 100], (200, 1)))
    assert not fires(run, opt)  # all at one point: it has no extent
    invalid = history(BOX)
    failing = invalid.start()
    invalid.evaluate(failing, np.full(200, f))
    invalid.converge(failing)
    assert not fires(invalid, descend(invalid, A, 1.0))


def test_points_that_are_no_numbers_are_no_evidence() -> None:
    run = ended((A, 1.0))
    opt = descend(run, A, 1.1)
    run.evaluate(opt, np.full(10, 2.0), np.full((10, 2), np.nan))
    run.evaluate(opt, np.full(10, 2.0), np.full((10, 2), np.inf))
    assert not fires(run, opt)


def test_restarts_that_find_the_same_minimum_are_cut_short_and_no_others() -> None:
    """On two wells far apart: an optimizer that is stopped had come into a well in which another had ended."""
    centres = np.array([[-2.5] * 3, [2.5] * 3])

    def task(x: Any) -> float:
        return float(min(((x - c) ** 2).sum() + level for c, level in zip(centres, (0.0, 1.0), strict=True)))

    end = MaxTotalFunctionCalls(4000)
    run = simulate([CMAOptimizer], end, task=task, bounds=[(-5, 5)] * 3, stoppers=Duplicate(), max_jobs=1)

    def well(x: Any) -> int:
        return int(np.argmin(((centres - x) ** 2).sum(axis=1)))

    stopped = [one for one in run.view if one.stop_by == "stopper"]
    assert len(stopped) >= 3
    for one in stopped:
        before = [other for other in run.view if other.ended_at is not None and other.ended_at <= one.ended_at]
        assert well(one.best_x) in {well(other.best_x) for other in before if other.opt != one.opt}
        assert len(one) < 0.6 * max(len(other) for other in before if other.how == "converged")

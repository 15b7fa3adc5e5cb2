import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glompo.allocators import MetaMaxAllocator
from glompo.allocators.meta_max_allocator import lower_hull
from glompo.testing.histories import History, history


def told(*parts: tuple[int, float]) -> History:
    """Return a run of optimizers that found these values with these numbers of evaluations."""
    run = history(slots=20)
    for n, best in parts:
        opt = run.start()
        if n:
            run.evaluate(opt, np.linspace(best + 1, best, n))
    return run


def leaders(run: History) -> set[int]:
    return set(MetaMaxAllocator().allocate(run.view(), None))


def test_the_best_and_the_youngest_always_go_on() -> None:
    assert leaders(told((100, 1.0), (200, 5.0), (10, 9.0))) == {1, 3}


def test_one_that_is_worse_with_more_evaluations_waits() -> None:
    assert leaders(told((100, 1.0), (101, 1.5), (300, 2.0))) == {1}


def test_in_between_only_those_below_the_line_go_on() -> None:
    total = 100 + 50 + 10
    h = [math.exp(-n / total) for n in (100, 50, 10)]
    on_line = 1.0 + (9.0 - 1.0) * (h[1] - h[0]) / (h[2] - h[0])
    assert leaders(told((100, 1.0), (50, on_line + 0.1), (10, 9.0))) == {1, 3}
    assert leaders(told((100, 1.0), (50, on_line - 0.1), (10, 9.0))) == {1, 2, 3}


def test_of_equals_the_first_goes_on() -> None:
    assert leaders(told((50, 1.0), (50, 1.0))) == {1}


def test_one_that_has_found_nothing_counts_with_the_worst() -> None:
    run = told((100, 1.0), (50, 5.0), (0, 0.0))
    assert leaders(run) == {1, 3}
    failing = told((100, 1.0), (10, 5.0))
    failing.evaluate(failing.start(), np.full(200, np.nan))
    assert leaders(failing) == {1, 2}
    blind = history()
    for _ in range(3):
        blind.evaluate(blind.start(), [np.nan] * 5)
    assert leaders(blind) == {1, 2, 3}


def test_the_limit_goes_to_the_youngest_first() -> None:
    assert MetaMaxAllocator().allocate(told((100, 1.0), (10, 9.0)).view(), 12) == {2: 10, 1: 2}


points = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=12)


@given(points)
def test_the_hull_holds_exactly_those_that_lead_for_some_rate(given_points: list[tuple[int, int]]) -> None:
    """Against its definition: the least f - c·h, tried for every rate at which the order of two points changes."""
    rates = {0.0, 1e9}
    for a in given_points:
        for b in given_points:
            if a[0] != b[0]:
                rates.add((a[1] - b[1]) / (a[0] - b[0]))
    ordered = sorted(rate for rate in rates if rate >= 0)
    between = [(low + high) / 2 for low, high in pairwise(ordered)]
    expected = set()
    for rate in between or [1.0]:
        expected.add(min(given_points, key=lambda p: p[1] - rate * p[0]))
    hull = lower_hull([(float(h), float(f)) for h, f in given_points])
    assert {given_points[i] for i in hull} == expected
    assert len({given_points[i] for i in hull}) == len(hull)
    assert all(given_points.index(given_points[i]) == i for i in hull)


@pytest.mark.parametrize("scale", [1.0, 3.7])
def test_affine_maps_keep_the_hull(scale: float) -> None:
    rng = np.random.default_rng(0)
    cloud = [(float(h), float(f)) for h, f in rng.random((50, 2))]
    assert lower_hull(cloud) == lower_hull([(h, scale * f - 12.5) for h, f in cloud])
    assert 3 <= len(lower_hull(cloud)) <= 15

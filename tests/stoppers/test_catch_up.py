import math
from statistics import median
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glompo.core.evaluations.blocks import longest_half
from glompo.core.views.curve import recent_blocks
from glompo.function import Status
from glompo.stoppers import CatchUp
from glompo.testing.histories import History, history

BLOCK = 10


def race(leader: float, tested: Any, dims: int = 1) -> History:
    """Write a run with a leader that found `leader`, and another optimizer with these values."""
    run = history(bounds=[(0, 1)] * dims)
    run.evaluate(run.start(), leader)
    run.evaluate(run.start(), tested)
    return run


def fires(leader: float, tested: Any, stopper: CatchUp | None = None, dims: int = 1) -> bool:
    return (stopper or CatchUp()).ask(race(leader, tested, dims).view(), 2).fired


def blocks(medians: Any, spread: float = 0.0) -> Any:
    """Return values whose blocks of ten have these medians and reach `spread` below them."""
    offsets = np.linspace(-spread, spread, BLOCK)
    return (np.asarray(medians)[:, None] + offsets).ravel()


def by_the_book(f: list[float], leader: float, dims: int, kappa: float) -> bool:
    """Answer by lists over the whole history, as the method is published."""
    size = max(10, dims)
    chunks = [f[i : i + size] for i in range(0, len(f) - size + 1, size)]
    m, b = [median(chunk) for chunk in chunks], [min(chunk) for chunk in chunks]
    n, best = len(m), min(f)
    w = max(8, n // 4)
    w = min(w, 60 * max(1, dims // 5))
    if len(f) < 20 * dims or n < 2 * w + 1:
        return False

    def mean(first: int, last: int) -> float:
        return math.fsum(m[first : last + 1]) / (last + 1 - first)

    l0 = mean(n - 2 * w, n - 2 * w + w // 2)
    l1 = mean(n - 2 * w + 3 * w // 4, n - w + w // 4)
    l2 = mean(n - w // 2 - 1, n - 1)
    d1, d2 = l0 - l1, l1 - l2
    if d1 <= 0 and d2 <= 0:
        settles = best
    elif d1 <= 0 or d2 >= d1:
        return False
    elif d2 <= 0:
        settles = min(best, l2)
    else:
        rho = d2 / d1
        settles = min(best, l2 - d2 * rho / (1 - rho))
    return best > leader and best - leader > kappa * max(best - settles, m[-1] - b[-1])


DEAD = blocks(np.full(20, 100.0))  # settled at 100
CONVERGING = blocks(100 + 1000 * 0.7 ** np.arange(20))  # settles at 100
FALLING = blocks(np.arange(1000, 800, -10))  # evenly: it may go on for a while


@pytest.mark.parametrize(
    ("leader", "tested", "expected"),
    [
        (0.0, DEAD, True),
        (99.0, DEAD, True),  # nothing to gain and no spread: any gap is too large
        (100.0, DEAD, False),  # a tie
        (0.0, blocks(np.full(20, 100.0), spread=60), False),  # half the gap is within its spread
        (0.0, blocks(np.full(20, 100.0), spread=5), True),
        (0.0, CONVERGING, True),
        (600.0, FALLING, False),
        (-1e9, FALLING, True),
        (0.0, blocks(np.arange(20) ** 2.0), False),  # its best, the first block, is a tie
        (-10.0, blocks(np.arange(20) ** 2.0), True),  # rising ever since
        (0.0, blocks(1000 - np.arange(20) ** 2.0), False),  # faster and faster
        (300.0, blocks(100 + 1000 * 0.97 ** np.arange(20)), False),  # slow, but with a long way to go
        (0.0, DEAD[:160], False),  # 16 blocks: one too few
        (0.0, DEAD[:170], True),
        (0.0, DEAD[:179], True),  # the incomplete block does not matter
    ],
)
def test_who_will_not_catch_up_is_stopped(leader: float, tested: Any, expected: bool) -> None:
    assert fires(leader, tested) is expected
    assert by_the_book(np.asarray(tested).tolist(), leader, 1, 2.0) is expected


curves = st.builds(
    lambda level, height, rate, noise, n, seed: np.round(
        level + height * rate ** np.arange(n) + noise * np.random.default_rng(seed).standard_normal(n)
    ),
    level=st.integers(0, 1000),
    height=st.integers(0, 10_000),
    rate=st.floats(0.9, 1.0),
    noise=st.sampled_from([0, 1, 30]),
    n=st.integers(150, 700),
    seed=st.integers(0, 2**32 - 1),
)
kappas = st.sampled_from([0.5, 2.0, 5.0])


@given(curves, st.integers(-50, 1000), st.sampled_from([1, 3, 12]), kappas)
def test_it_answers_by_the_book(tested: Any, leader: int, dims: int, kappa: float) -> None:
    assert fires(leader, tested, CatchUp(kappa, every=1), dims) is by_the_book(
        np.asarray(tested).tolist(), leader, dims, kappa
    )


@given(curves, st.integers(-50, 1000), kappas, st.integers(-20, 20), st.integers(-(2**20), 2**20))
def test_scale_and_offset_change_no_verdict(tested: Any, leader: int, kappa: float, power: int, offset: int) -> None:
    # powers of two and whole numbers are exact, so that no rounding can tip a balance
    stopper = CatchUp(kappa, every=1)
    scale = 2.0**power
    assert fires(scale * leader, scale * tested, stopper) is fires(leader, tested, stopper)
    assert fires(leader + offset, tested + offset, stopper) is fires(leader, tested, stopper)


@pytest.mark.parametrize("scale", [1e-3, 1.7, 3e5])
@pytest.mark.parametrize("offset", [-12345.678, 0.0, 99.9])
def test_any_scale_and_offset_change_no_verdict(scale: float, offset: float) -> None:
    rng = np.random.default_rng(7)
    seen = set()
    for _ in range(60):
        rate, noise = rng.uniform(0.97, 1), rng.uniform(0, 5)
        tested = 50 + 100 * rate ** np.arange(300) + noise * rng.standard_normal(300)
        leader = rng.uniform(0, 50)
        verdict = fires(leader, tested)
        seen.add(verdict)
        assert fires(scale * leader + offset, scale * tested + offset) is verdict
    assert seen == {True, False}


def test_the_owner_of_the_incumbent_is_never_stopped() -> None:
    run = race(200.0, DEAD)
    assert not CatchUp().ask(run.view(), 2).fired
    alone = history()
    alone.evaluate(alone.start(), DEAD)
    assert not CatchUp().ask(alone.view(), 1).fired


@pytest.mark.parametrize("tested", [[], [math.nan] * 300, [math.inf] * 300])
def test_without_valid_values_there_is_no_evidence(tested: list[float]) -> None:
    run = race(0.0, [5.0])
    newcomer = run.start()
    if tested:
        run.evaluate(newcomer, tested)
    assert not CatchUp().ask(run.view(), newcomer).fired
    invalid = history()
    one = invalid.start()
    invalid.evaluate(one, [math.nan] * 300)
    assert not CatchUp().ask(invalid.view(), one).fired


def test_invalid_values_are_left_out_of_the_curve() -> None:
    holes = DEAD.copy()
    holes[::2] = np.nan  # half of each block
    holes[60:80] = np.inf  # two whole blocks
    holes[-10:] = np.nan  # the last one too
    assert fires(0.0, holes)
    run = race(0.0, [5.0])
    stand_ins = np.where(np.isfinite(holes), holes, 1e9)
    other = run.start()
    run.evaluate(other, stand_ins, status=[Status.OK if np.isfinite(v) else Status.FAILED for v in holes])
    assert CatchUp().ask(run.view(), other).fired
    assert not fires(0.0, np.where(np.arange(200) < 150, np.nan, 100.0))  # the early windows are empty


def test_huge_values_do_not_overflow() -> None:
    assert not fires(-1e308, np.tile([1e308, -0.9e308], 100))


def test_it_is_judged_at_intervals_only() -> None:
    run = race(0.0, DEAD)
    assert CatchUp().ask(run.view(), 2).fired
    run.judge(2)
    fired_at = []
    for k in range(201, 212):
        run.evaluate(2, 100.0)
        if CatchUp().ask(run.view(), 2).fired:  # every 5 evaluations with one parameter
            fired_at.append(k)
        run.judge(2)
    assert fired_at == [205, 210]


def test_batches_that_step_over_the_interval_are_judged() -> None:
    run = race(0.0, DEAD)
    run.judge(2)
    run.evaluate(2, [100.0] * 7)
    assert CatchUp().ask(run.view(), 2).fired


def test_the_young_are_let_live() -> None:
    assert not fires(0.0, DEAD, CatchUp(min_evals=201))
    assert fires(0.0, DEAD, CatchUp(min_evals=200))
    assert not fires(0.0, np.full(179, 100.0), CatchUp(), dims=9)  # 20 · D = 180
    assert fires(0.0, np.full(180, 100.0), CatchUp(), dims=9)


def test_fixed_parameters_do_not_count() -> None:
    run = history(bounds=[(0, 1)] + [(2, 2)] * 49)
    run.evaluate(run.start(), 0.0)
    run.evaluate(run.start(), DEAD)
    assert CatchUp().ask(run.view(), 2).fired


def test_one_stopper_may_serve_several_runs_in_turn() -> None:
    stopper = CatchUp()
    slow, dead = race(600.0, FALLING).view(), race(0.0, DEAD).view()
    answers = [stopper.ask(view, 2).fired for view in (slow, dead, slow, dead)]
    assert answers == [False, True, False, True]


def test_what_is_read_does_not_grow_with_the_history() -> None:
    for dims, n in ((5, 100_000), (20, 200_000)):
        run = race(0.0, np.ones(n), dims)
        medians, minima, bests = recent_blocks(run.view()[2].trajectory, 0.0, dims, max(10, dims))
        assert len(medians) == len(minima) == len(bests) - 1 == 2 * longest_half(dims)


def test_the_verdict_holds_the_numbers() -> None:
    verdict = CatchUp().ask(race(0.0, blocks(np.full(20, 100.0), spread=9)).view(), 2)
    assert verdict.why == "91 behind the incumbent, will gain 0, spread 9"
    assert verdict.rule == "CatchUp(kappa=2.0, min_evals=None, every=None)"


def test_blocks_are_generations_where_they_are_known() -> None:
    """Within a generation nothing falls: cut into blocks of ten, the first one would seem to have settled."""
    generation = np.full(200, 500.0)
    run = race(0.0, generation)
    assert CatchUp().ask(run.view(), 2).fired
    known = run.start(config={"popsize": 200})
    run.evaluate(known, generation)
    assert not CatchUp().ask(run.view(), known).fired
    run.evaluate(known, np.tile(generation, 16))
    assert CatchUp().ask(run.view(), known).fired


def test_it_is_judged_once_a_generation_at_most() -> None:
    run = race(0.0, 1.0)
    opt = run.start(config={"popsize": 20})
    run.evaluate(opt, np.full(400, 100.0))
    run.judge(opt)
    run.evaluate(opt, np.full(19, 100.0))
    assert not CatchUp().ask(run.view(), opt).fired
    run.evaluate(opt, 100.0)
    assert CatchUp().ask(run.view(), opt).fired

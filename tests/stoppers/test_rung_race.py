import numpy as np
import pytest

from glompo.stoppers import RungRace
from glompo.testing.histories import History, history


def many(levels: list[float], n: int = 100, slots: int = 60) -> History:
    run = history(slots=slots)
    for level in levels:
        run.evaluate(run.start(), level + np.linspace(1, 0, n))
    return run


def stopped(run: History, stopper: RungRace) -> list[int]:
    return [one.opt for one in run.view().alive if stopper.ask(run.view(), one.opt).fired]


def test_only_the_best_part_passes_a_rung() -> None:
    levels = [float(i) for i in range(18)]
    assert stopped(many(levels), RungRace(eta=3)) == list(range(7, 19))  # 6 of 18 pass
    assert stopped(many(levels[::-1]), RungRace(eta=2)) == list(range(1, 10))


def test_few_starts_do_not_race() -> None:
    assert stopped(many([float(i) for i in range(15)]), RungRace()) == []
    assert len(stopped(many([float(i) for i in range(16)]), RungRace())) == 10
    assert stopped(many([1.0, 2.0]), RungRace(min_starts=2, eta=2)) == [2]


def test_equal_values_pass_together() -> None:
    assert stopped(many([1.0] * 20), RungRace()) == []


def test_the_first_at_a_rung_pass_it() -> None:
    run = many([5.0] * 20, n=10)
    stopper = RungRace(first=50)
    assert stopped(run, stopper) == []
    run.evaluate(3, np.full(40, 9.0))
    assert stopped(run, stopper) == []  # alone: one of one passes
    run.evaluate(4, np.full(40, 4.0))
    assert stopped(run, stopper) == [3]  # one of two passes


def test_who_was_judged_beyond_a_rung_is_asked_again_at_the_next_only() -> None:
    run = many([float(i) for i in range(18)], n=65)
    run.judge(18)
    assert 18 not in stopped(run, RungRace(first=20))
    run.evaluate(18, np.full(114, 50.0))
    assert 18 not in stopped(run, RungRace(first=20))  # 179
    run.evaluate(18, 50.0)
    run.evaluate(1, np.full(115, 50.0))
    assert 18 in stopped(run, RungRace(first=20))  # 180 = 20 · 3²


def test_the_ended_stay_in_the_ranking() -> None:
    run = many([float(i) for i in range(20)])
    for opt in range(1, 11):
        run.converge(opt)
    assert stopped(run, RungRace()) == list(range(11, 21))


def test_the_value_at_the_rung_counts_not_what_was_found_later() -> None:
    run = many([float(i) for i in range(18)], n=30)
    run.evaluate(18, -99.0)
    assert 18 in stopped(run, RungRace(first=20))


@pytest.mark.parametrize("f", [np.nan, np.inf])
def test_one_without_a_valid_value_ranks_last(f: float) -> None:
    run = many([float(i) for i in range(20)])
    run.evaluate(run.start(), np.full(100, f))
    assert 21 in stopped(run, RungRace())
    blind = history(slots=30)
    for _ in range(20):
        blind.evaluate(blind.start(), np.full(100, f))
    assert stopped(blind, RungRace()) == []


def test_any_rising_transformation_changes_no_verdict() -> None:
    levels = np.random.default_rng(0).normal(size=30).tolist()
    assert stopped(many(np.exp(levels).tolist(), n=1), RungRace(first=1)) == stopped(
        many(levels, n=1), RungRace(first=1)
    )


def test_the_verdict_holds_the_numbers() -> None:
    verdict = RungRace().ask(many([float(i) for i in range(18)]).view(), 9)
    assert verdict.why == "8 of 18 were better after 60 evaluations, 6 pass"

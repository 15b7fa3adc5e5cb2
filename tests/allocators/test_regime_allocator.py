from typing import Any

import pytest

from glompo.allocators import RegimeAllocator
from glompo.errors import SettingTypeError
from glompo.events import Granted
from glompo.testing.histories import History, history


class Kinds:
    """Regimes by the name of the class, with weights."""

    def __init__(self, **weights: float) -> None:
        self.weights = weights

    def regime_of(self, view: Any, opt: int) -> str:
        return str(view[opt].kind)

    def spent(self, view: Any) -> dict[str, int]:
        sums = dict.fromkeys(self.weights, 0)
        for one in view:
            sums[one.kind] += one.calls + one.outstanding
        return sums

    def weight(self, view: Any, regime: str) -> float:
        return self.weights[regime]


def follow(run: History, portfolio: Kinds, rounds: int, block: int = 10) -> list[dict[int, int]]:
    """Grant what the allocator says, and let all evaluate it at once, again and again."""
    given = []
    for _ in range(rounds):
        shares = RegimeAllocator(portfolio, block).allocate(run.view(), None)
        given.append(shares)
        for opt, n in shares.items():
            run.evaluate(opt, [1.0] * n)  # grants as many for itself
    return given


def run_of(*kinds: str) -> History:
    run = history(slots=20)
    for kind in kinds:
        run.start(kind)
    return run


def test_shares_follow_the_weights() -> None:
    run, portfolio = run_of("A", "B"), Kinds(A=4.0, B=1.0)
    follow(run, portfolio, 200)
    spent = portfolio.spent(run.view())
    assert spent["A"] / spent["B"] == pytest.approx(4.0, rel=0.05)


def test_equal_weights_give_equal_shares_whatever_the_number_of_optimizers() -> None:
    run, portfolio = run_of("A", "A", "A", "B"), Kinds(A=1.0, B=1.0)
    follow(run, portfolio, 100)
    spent = portfolio.spent(run.view())
    assert abs(spent["A"] - spent["B"]) <= 30
    own = [one.calls for one in run.view()]
    assert max(own[:3]) - min(own[:3]) <= 10


def test_what_is_in_flight_counts() -> None:
    run = run_of("A", "B", "A")
    run.happen(Granted(run.now, 2, 10))
    assert RegimeAllocator(Kinds(A=1.0, B=1.0)).allocate(run.view(), None) == {1: 10, 3: 10}
    # after the first block both have spent as much, and the order decides for A; after the second it is the turn of B


def test_ties_go_to_the_first_regime_and_within_it_to_the_first_of_the_fewest() -> None:
    run = run_of("B", "A", "A")
    assert RegimeAllocator(Kinds(A=1.0, B=1.0)).allocate(run.view(), 10) == {2: 10}
    run.evaluate(2, [1.0] * 10)
    run.evaluate(1, [1.0] * 10)
    assert RegimeAllocator(Kinds(A=1.0, B=1.0)).allocate(run.view(), 10) == {3: 10}


def test_who_is_ahead_waits_for_who_is_behind_even_if_that_one_is_busy() -> None:
    run = run_of("A", "B")
    run.evaluate(2, [1.0] * 50)
    run.happen(Granted(run.now, 1, 20))
    assert RegimeAllocator(Kinds(A=1.0, B=1.0)).allocate(run.view(), None) == {}
    run.evaluate(1, [1.0] * 31)  # and 20 are still out
    assert RegimeAllocator(Kinds(A=1.0, B=1.0)).allocate(run.view(), None) == {2: 10}


def test_regimes_without_anybody_alive_hold_nobody_up() -> None:
    run = run_of("A", "B")
    run.evaluate(2, [1.0] * 50)
    run.converge(1)
    assert RegimeAllocator(Kinds(A=1.0, B=1.0)).allocate(run.view(), None) == {2: 10}


def test_a_small_rest_goes_to_who_is_next() -> None:
    run = run_of("A", "B")
    assert RegimeAllocator(Kinds(A=1.0, B=1.0)).allocate(run.view(), 13) == {1: 10, 2: 3}


def test_a_portfolio_must_be_one() -> None:
    with pytest.raises(SettingTypeError, match="portfolio is 5, which has no regime_of; give the RegimeSelector"):
        RegimeAllocator(5)  # type: ignore[arg-type]

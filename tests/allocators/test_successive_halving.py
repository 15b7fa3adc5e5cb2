import numpy as np
import pytest

from glompo.allocators import SuccessiveHalving
from glompo.errors import SettingError
from glompo.events import Granted
from glompo.testing.histories import History, history


def told(*calls: int) -> History:
    """Return a run in which the first is the best, the second second best and so on, with these numbers of calls."""
    run = history(slots=30)
    for i, n in enumerate(calls):
        opt = run.start()
        if n:
            run.evaluate(opt, np.full(n, float(i)))
    return run


def given_to(run: History, **settings: float) -> dict[int, int]:
    return SuccessiveHalving(first=20, eta=2, block=10, **settings).allocate(run.view(), None)  # type: ignore[arg-type]


def test_each_reaches_the_first_rung() -> None:
    assert given_to(told(5, 10, 15, 20)) == {1: 10, 2: 10, 3: 5}
    assert given_to(told(0, 0, 0)) == {1: 10, 2: 10, 3: 10}


def test_the_better_go_farther() -> None:
    assert given_to(told(20, 20, 20, 20)) == {1: 10, 2: 10}  # of four, two go to 40 and one to 80
    assert given_to(told(40, 40, 20, 20)) == {1: 10}
    assert given_to(told(75, 40, 20, 20)) == {1: 5}


def test_when_all_have_come_as_far_as_they_may_all_go_farther() -> None:
    assert given_to(told(80, 40, 20, 20)) == {1: 10, 2: 10, 3: 10, 4: 10}
    assert given_to(told(160, 80, 40, 39)) == {4: 1}
    assert given_to(told(1000)) == {1: 10}


def test_what_is_under_way_is_awaited_first() -> None:
    run = told(80, 40, 20, 10)
    run.happen(Granted(run.now, 4, 10))
    assert given_to(run) == {}


def test_ranks_are_those_of_the_moment() -> None:
    run = told(20, 20, 20, 20)
    run.evaluate(4, -1.0)
    assert given_to(run) == {1: 10, 4: 10}


def test_who_has_ended_makes_room() -> None:
    run = told(80, 40, 20, 20)
    run.converge(1)
    assert given_to(run) == {2: 10, 3: 10, 4: 10}  # of three, one goes to 40: all are there


def test_one_without_a_valid_value_ranks_last() -> None:
    run = told(20, 20, 20)
    run.evaluate(run.start(), [np.nan] * 20)
    assert given_to(run) == {1: 10, 2: 10}


def test_the_first_rung_follows_from_the_parameters() -> None:
    run = history([(0.0, 1.0), (0.0, 1.0), (5.0, 5.0)])
    run.evaluate(run.start(), np.ones(35))
    run.start()
    assert SuccessiveHalving().allocate(run.view(), None) == {2: 10, 1: 5}  # 20 · 2 parameters that are not fixed


@pytest.mark.parametrize("calls", [19, 20, 21, 39, 40, 20 * 3**5 - 1, 20 * 3**5, 20 * 3**5 + 1, 10**9])
def test_the_next_rung_is_the_lowest_above(calls: int) -> None:
    rungs = [int(np.ceil(20 * 1.5**k)) for k in range(60)]
    k = SuccessiveHalving(eta=1.5)._beyond(calls, 20)
    assert rungs[k] > calls
    assert k == 0 or rungs[k - 1] <= calls


def test_bad_settings_are_named() -> None:
    with pytest.raises(SettingError, match="SuccessiveHalving: first is 0"):
        SuccessiveHalving(0)
    with pytest.raises(SettingError, match=r"SuccessiveHalving: eta is 1; give a finite number of at least 1\.5"):
        SuccessiveHalving(eta=1)

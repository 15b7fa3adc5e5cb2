"""The allocators of runs that ask for none: all are supplied, or all get a block at the same time."""

from __future__ import annotations

import re

import numpy as np
import pytest

from glompo.allocators import EqualBlocks, EvenAllocator
from glompo.errors import SettingError, SettingTypeError
from glompo.events import Granted
from glompo.testing.histories import History, history


def living(*slots: int) -> History:
    run = history(slots=20)
    for n in slots:
        run.start(slots=n)
    return run


class TestEvenAllocator:
    def test_one_whose_pace_is_unknown_gets_no_more_than_its_slots_can_use(self) -> None:
        assert EvenAllocator().allocate(living(1, 3).view(), None) == {1: 1, 2: 3}

    def test_the_fast_get_what_they_use_until_they_are_looked_at_again(self) -> None:
        run = living(1, 1)
        run.evaluate(1, [1.0] * 50, seconds=1 / 64)
        run.evaluate(2, [1.0] * 5, seconds=60.0)
        assert EvenAllocator(supply=0.5).allocate(run.view(), None) == {1: 32, 2: 1}
        assert EvenAllocator(supply=0.5, most=20).allocate(run.view(), None) == {1: 20, 2: 1}

    def test_none_holds_more_than_four_times_the_calls_that_it_has_made(self) -> None:
        run = living(1, 8)
        run.evaluate(1, [1.0] * 5, seconds=1e-6)
        run.evaluate(2, [1.0] * 5, seconds=1e-6)
        assert EvenAllocator().allocate(run.view(), None) == {1: 20, 2: 20}
        assert EvenAllocator(most=10).allocate(run.view(), None) == {1: 10, 2: 10}

    def test_who_has_half_of_its_supply_left_gets_nothing(self) -> None:
        run = living(1)
        run.evaluate(1, [1.0] * 50, seconds=1 / 64)
        run.happen(Granted(run.now, 1, 20))
        assert EvenAllocator(supply=0.5).allocate(run.view(), None) == {}

    def test_what_is_scarce_is_shared_to_the_last_evaluation(self) -> None:
        run = living(1, 1, 1)
        for opt in (1, 2, 3):
            run.evaluate(opt, [1.0] * 5, seconds=0.001)
        shares = EvenAllocator().allocate(run.view(), 10)
        assert sum(shares.values()) == 10
        assert set(shares.values()) == {3, 4}


class TestEqualBlocks:
    def test_each_gets_a_block_per_slot(self) -> None:
        assert EqualBlocks(5).allocate(living(1, 3).view(), None) == {1: 5, 2: 15}

    def test_who_has_not_used_the_last_one_waits(self) -> None:
        run = living(1, 1)
        run.happen(Granted(run.now, 1, 5))
        assert EqualBlocks(5).allocate(run.view(), None) == {2: 5}

    def test_of_the_last_evaluations_each_gets_as_many_and_the_first_one_more(self) -> None:
        assert EqualBlocks(10).allocate(living(1, 1, 1).view(), 8) == {1: 3, 2: 3, 3: 2}
        assert EqualBlocks(10).allocate(living(1, 1, 1).view(), 2) == {1: 1, 2: 1}

    def test_the_pace_does_not_matter(self) -> None:
        run = living(1, 1)
        run.evaluate(1, np.ones(10), seconds=0.001)
        run.evaluate(2, np.ones(10), seconds=100.0)
        assert EqualBlocks(10).allocate(run.view(), None) == {1: 10, 2: 10}


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda: EvenAllocator(0), SettingError, "EvenAllocator: supply is 0; give a finite number greater than 0"),
        (lambda: EvenAllocator("1"), SettingTypeError, "EvenAllocator: supply is '1'"),  # type: ignore[arg-type]
        (lambda: EvenAllocator(most=0), SettingError, "EvenAllocator: most is 0; give a whole number, 1 or more"),
        (lambda: EqualBlocks(0), SettingError, "EqualBlocks: block is 0; give a whole number, 1 or more"),
        (lambda: EqualBlocks(1.5), SettingTypeError, "EqualBlocks: block is 1.5"),  # type: ignore[arg-type]
    ],
)
def test_settings_under_which_none_would_get_anything_are_refused(build, error, message) -> None:
    with pytest.raises(error, match=re.escape(message)):
        build()

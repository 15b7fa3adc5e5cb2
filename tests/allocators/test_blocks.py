"""What the allocators of this room that hand out blocks have in common."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from glompo.allocators import MetaMaxAllocator, SuccessiveHalving
from glompo.errors import SettingError, SettingTypeError
from glompo.events import Granted, Paused, PauseRequested
from glompo.events.verdict import Verdict
from glompo.exit_conditions import MaxTotalFunctionCalls
from glompo.optimizers import CMAOptimizer, RandomSampling, Scipy
from glompo.stoppers import CatchUp
from glompo.testing import simulate
from glompo.testing.histories import History, history

from ..stoppers.runs import KINDS, Story, offsets, powers, stories


def blocky(block: int | None = None) -> list[Any]:
    return [MetaMaxAllocator(block), SuccessiveHalving(block=block)]


NAMES = ["MetaMaxAllocator", "SuccessiveHalving"]


def grant(run: History, opt: int, n: int) -> None:
    run.happen(Granted(run.now, opt, n))


@pytest.mark.parametrize("which", range(2), ids=NAMES)
class TestEach:
    def test_a_newcomer_gets_a_block(self, which: int) -> None:
        run = history([(0.0, 1.0)] * 3)
        run.start()
        assert blocky()[which].allocate(run.view(), None) == {1: 10}
        assert blocky(25)[which].allocate(run.view(), None) == {1: 25}

    def test_blocks_are_generations_and_fill_the_slots(self, which: int) -> None:
        run = history([(0.0, 1.0)] * 3)
        run.start(config={"popsize": 16})
        assert blocky()[which].allocate(run.view(), None) == {1: 16}
        wide = history([(0.0, 1.0)] * 3, slots=30)
        wide.start(slots=30)
        assert blocky()[which].allocate(wide.view(), None) == {1: 30}
        many = history([(0.0, 1.0)] * 40)
        many.start()
        assert blocky()[which].allocate(many.view(), None) == {1: 40}

    def test_one_that_has_work_for_all_slots_gets_nothing(self, which: int) -> None:
        run = history()
        run.start(slots=2)
        grant(run, 1, 2)
        assert blocky()[which].allocate(run.view(), None) == {}
        run.happen(Granted(run.now, 1, 1))
        run.evaluate(1, [1.0] * 2)  # grants two more for itself: three are out
        assert blocky()[which].allocate(run.view(), None) == {}

    def test_one_slot_that_runs_dry_is_filled_up_to_a_block(self, which: int) -> None:
        run = history()
        run.start(slots=2)
        grant(run, 1, 1)
        assert blocky()[which].allocate(run.view(), None) == {1: 9}

    @pytest.mark.parametrize("limit", [1, 5, 10, 11])
    def test_the_limit_is_kept(self, which: int, limit: int) -> None:
        run = history()
        run.start()
        run.start()
        assert sum(blocky()[which].allocate(run.view(), limit).values()) == limit

    def test_nothing_is_given_to_those_who_cannot_use_it(self, which: int) -> None:
        run = history()
        for _ in range(3):
            run.start()
        run.request_stop(1)
        run.happen(PauseRequested(run.now, 2, "freezer", Verdict(True, "by hand")))
        run.converge(3)
        assert blocky()[which].allocate(run.view(), None) == {}
        run.happen(Paused(run.now, 2, 0))
        assert blocky()[which].allocate(run.view(), None) == {}
        assert blocky()[which].allocate(history().view(), 100) == {}

    def test_a_whole_run_uses_its_budget_to_the_last_call(self, which: int) -> None:
        run = simulate(
            [CMAOptimizer(workers=2), RandomSampling(iters=30), (Scipy, {"method": "L-BFGS-B"})],
            MaxTotalFunctionCalls(1001),
            max_jobs=7,
            stoppers=CatchUp(),
            seconds=lambda opt, x: 0.1 * opt + abs(float(x[0])),
            allocator=blocky()[which],
        )
        assert run.view.calls == 1001, run.story()

    @pytest.mark.parametrize(("block", "error"), [(0, SettingError), (2.5, SettingTypeError)])
    def test_bad_blocks_are_named(self, which: int, block: Any, error: type[Exception]) -> None:
        cls = (MetaMaxAllocator, SuccessiveHalving)[which]
        with pytest.raises(error, match=f"{NAMES[which]}: block is {block}; give a whole number, 1 or more"):
            cls(block=block)

    def test_its_text_shows_its_settings(self, which: int) -> None:
        assert "block=7" in str(blocky(7)[which])


@settings(max_examples=20)
@given(stories, powers, offsets)
def test_scale_and_offset_change_no_share_and_asked_twice_it_is_the_same(story: Story, power: int, offset: int) -> None:
    def shares(run: History) -> Any:
        return [one.allocate(run.view(), limit) for one in [*blocky(), SuccessiveHalving(5, 2)] for limit in (None, 9)]

    told = story.told(KINDS)
    expected = shares(told)
    assert shares(told) == expected
    assert shares(story.told(KINDS, scale=2.0**power)) == expected
    assert shares(story.told(KINDS, offset=offset)) == expected


def test_shares_are_whole_numbers_for_those_who_can_use_them() -> None:
    run = history(slots=9)
    for i in range(5):
        run.evaluate(run.start(slots=1 + i % 2), np.full(10 * i, float(i)) if i else 1.0)
    for allocator in blocky():
        shares = allocator.allocate(run.view(), 17)
        assert all(isinstance(n, int) and n > 0 for n in shares.values())

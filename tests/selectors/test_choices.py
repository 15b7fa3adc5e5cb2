"""What each selector starts."""

from typing import Any

import numpy as np
import pytest

from glompo.core.policies.ports import Option
from glompo.errors import PolicyError
from glompo.optimizer import BaseOptimizer
from glompo.selectors import (
    BaseSelector,
    ChainSelector,
    CycleSelector,
    IterSpawnStop,
    NOptimizersSpawnStop,
    RandomSelector,
)
from glompo.testing.histories import history


class _Idle(BaseOptimizer):
    def minimize(self, function: Any, x0: Any, bounds: Any) -> Any:
        raise NotImplementedError

    def callstop(self, reason: str = "") -> None:
        raise NotImplementedError


class First(_Idle):
    pass


class Second(_Idle):
    pass


class Wide(_Idle):
    pass


WIDE = (Wide, {"workers": 3})


def chosen(selector: BaseSelector, run: Any, slots: int | None = None) -> Any:
    """Return the name of the class that the selector starts, or its None or False."""
    choice = selector.choose(run.manager(), run.view().free_slots if slots is None else slots)
    return choice.kind if isinstance(choice, Option) else choice


def test_a_cycle_starts_the_options_in_turn() -> None:
    run = history(slots=8)
    kinds = []
    for _ in range(5):
        kinds.append(chosen(CycleSelector(First, Second), run))
        run.start(kinds[-1])
    assert kinds == ["First", "Second", "First", "Second", "First"]


def test_a_cycle_waits_for_the_one_whose_turn_it_is() -> None:
    run = history(slots=3)
    selector = CycleSelector(First, WIDE)
    run.start(chosen(selector, run))
    assert chosen(selector, run) is None
    run.converge(1)
    assert chosen(selector, run) == "Wide"


@pytest.mark.parametrize("selector", [CycleSelector(WIDE, First), ChainSelector(WIDE, First, fcall_thresholds=[9])])
def test_an_option_that_can_never_fit_is_an_error_not_a_wait(selector: BaseSelector) -> None:
    with pytest.raises(PolicyError, match=r"the turn of Wide, which needs 3 slots, but the run has 2; give it fewer"):
        chosen(selector, history(slots=2))


def test_random_choice_is_fair_and_the_same_when_asked_twice() -> None:
    counts = {"First": 0, "Second": 0}
    for seed in range(300):
        run = history(seed=seed)
        kind = chosen(RandomSelector(First, Second), run)
        assert chosen(RandomSelector(First, Second), run) == kind
        counts[kind] += 1
    assert counts["First"] / 300 == pytest.approx(0.5, abs=0.115)  # four standard errors


def test_random_choice_is_made_anew_for_each_start() -> None:
    run = history(slots=20)
    kinds = set()
    for _ in range(20):
        kinds.add(chosen(RandomSelector(First, Second), run))
        run.start()
    assert kinds == {"First", "Second"}


def test_random_choice_is_among_those_that_fit() -> None:
    kinds = {chosen(RandomSelector(First, WIDE), history(seed=seed), slots=2) for seed in range(30)}
    assert kinds == {"First"}
    assert chosen(RandomSelector(WIDE), history(), slots=2) is None
    assert {chosen(RandomSelector(First, WIDE), history(seed=seed), slots=3) for seed in range(30)} == {"First", "Wide"}


@pytest.mark.parametrize(
    ("thresholds", "last"),
    [([2, 4], "Wide"), ([2, 4, 5], False)],
)
def test_a_chain_moves_on_with_the_calls_of_the_task(thresholds: list[int], last: str | bool) -> None:
    run = history(slots=20)
    run.start()
    seen = []
    for _ in range(6):
        seen.append(chosen(ChainSelector(First, Second, WIDE, fcall_thresholds=thresholds), run))
        run.evaluate(1, 1.0)
    assert seen == ["First", "First", "Second", "Second", "Wide", last]


def test_a_chain_of_one_needs_no_threshold() -> None:
    assert chosen(ChainSelector(First, fcall_thresholds=[]), history()) == "First"
    assert chosen(ChainSelector(First, fcall_thresholds=np.array([1])), history()) == "First"


def test_a_chain_waits_for_slots() -> None:
    assert chosen(ChainSelector(WIDE, First, fcall_thresholds=[9]), history(), slots=2) is None


def test_spawning_ends_after_a_number_of_calls() -> None:
    run = history()
    selector = CycleSelector(First, allow_spawn=IterSpawnStop(3))
    run.evaluate(run.start(), [1.0, 1.0])
    assert chosen(selector, run) == "First"
    run.evaluate(1, 1.0)
    assert chosen(selector, run) is False


def test_spawning_ends_after_a_number_of_optimizers_also_on_a_single_slot() -> None:
    run = history(slots=1)
    selector = CycleSelector(First, allow_spawn=NOptimizersSpawnStop(1))
    assert chosen(selector, run) == "First"
    run.start()
    assert chosen(selector, run) is False  # full
    run.converge(1)
    assert chosen(selector, run) is False


def test_all_spawn_controls_must_agree() -> None:
    run = history()
    selector = CycleSelector(First, allow_spawn=[NOptimizersSpawnStop(2), IterSpawnStop(3)])
    run.evaluate(run.start(), 1.0)
    assert chosen(selector, run) == "First"
    run.start()
    assert chosen(selector, run) is False
    assert [str(gate) for gate in (NOptimizersSpawnStop(2), IterSpawnStop(3))] == [
        "NOptimizersSpawnStop(max_opts=2)",
        "IterSpawnStop(max_calls=3)",
    ]

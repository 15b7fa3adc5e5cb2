import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from glompo.errors import SettingError, SettingTypeError
from glompo.events import Paused, PauseRequested, Resumed, ResumeRequested
from glompo.events.verdict import Verdict
from glompo.exit_conditions import MaxTotalFunctionCalls
from glompo.freezers import BaseFreezer, Freeze
from glompo.optimizers import CMAOptimizer
from glompo.testing import simulate
from glompo.testing.histories import History, history

from ..stoppers.runs import KINDS, Story, offsets, powers, stories

CONVERGED = 1000 * 0.9 ** np.arange(300)  # about 1000 at first, 1e-11 at last
ON_ITS_WAY = 1000 * 0.99 ** np.arange(300)


def frozen(run: History, opt: int, freezer: Freeze | None = None) -> bool:
    return (freezer or Freeze(1e-3)).freeze(run.view(), opt).fired


def rest(run: History, opt: int) -> None:
    run.happen(PauseRequested(run.now, opt, "freezer", Verdict(True, "by hand")))
    run.happen(Paused(run.now, opt, len(run.view()[opt])))


def pair(first: Any, second: Any = (), slots: int = 4) -> History:
    run = history(slots=slots)
    for values in (first, second):
        opt = run.start()
        if len(values):
            run.evaluate(opt, values)
    return run


def test_who_has_little_left_to_gain_rests_also_the_leader() -> None:
    run = pair(CONVERGED, CONVERGED + 5.0)
    assert frozen(run, 1)
    assert frozen(run, 2)


def test_who_is_on_its_way_does_not_rest() -> None:
    assert not frozen(pair(CONVERGED, ON_ITS_WAY), 2)


def test_how_little_is_a_matter_of_ftol_and_of_the_scale_of_the_task() -> None:
    values = 1000 * 0.97 ** np.arange(400)  # 0.05 is left of about 1000
    assert frozen(pair(values), 1, Freeze(1e-4))
    assert not frozen(pair(values), 1, Freeze(1e-6))


def test_a_curve_that_is_flat_but_spread_is_not_done() -> None:
    """A search that samples widely on a plateau may still find a way down."""
    plateau = np.concatenate([np.full(10, 2000.0), 500 + np.tile(np.linspace(-400, 400, 10), 30)])
    assert not frozen(pair(plateau), 1)
    assert not frozen(pair(plateau), 1, Freeze(0.2))
    assert frozen(pair(plateau), 1, Freeze(1.0))


def test_the_scale_is_the_median_of_first_blocks_above_the_incumbent() -> None:
    run = history(slots=30)
    for level in (10.0, 20.0, 900.0):
        run.evaluate(run.start(), [level] * 10)
    run.evaluate(1, 0.0)
    assert "scale 17.5" in Freeze(0.1, min_evals=1).freeze(_with(run, 15 * np.ones(200)).view(), 4).why
    for _ in range(20):
        run.evaluate(run.start(), [1e6] * 10)  # those after the first 16 do not count
    assert "scale 1e+06" in Freeze(0.1, min_evals=1).freeze(run.view(), 4).why
    for _ in range(4):
        run.evaluate(run.start(), [1.0] * 10)
    assert "scale 1e+06" in Freeze(0.1, min_evals=1).freeze(run.view(), 4).why


def _with(run: History, values: Any) -> History:
    run.evaluate(run.start(), values)
    return run


@pytest.mark.parametrize("values", [[], [1.0] * 19, [math.nan] * 300, [math.inf] * 300, CONVERGED[:160]])
def test_without_a_curve_no_optimizer_rests(values: Any) -> None:
    assert not frozen(pair(CONVERGED, values), 2)
    assert not frozen(pair(values), 1)


def test_where_nothing_was_to_be_gained_no_optimizer_rests() -> None:
    assert not frozen(pair(np.zeros(300)), 1)  # the scale is zero


def test_it_is_judged_at_intervals() -> None:
    run = pair(CONVERGED)
    run.judge(1)
    assert not frozen(run, 1)
    run.evaluate(1, [0.0] * 4)
    assert not frozen(run, 1)
    run.evaluate(1, 0.0)
    assert frozen(run, 1)
    assert not frozen(pair(CONVERGED), 1, Freeze(1e-3, min_evals=301))


def test_in_the_last_part_of_the_budget_the_best_goes_on() -> None:
    run = pair(CONVERGED + 1.0, CONVERGED)
    freezer = Freeze(1e-3, max_evaluations=1000)
    rest(run, 1)
    rest(run, 2)
    assert freezer.thaw(run.view()) is None
    run.evaluate(run.start(), [9.0] * 249)
    assert freezer.thaw(run.view()) is None
    run.evaluate(3, 9.0)
    answer = freezer.thaw(run.view())
    assert answer is not None
    assert answer[0] == 2
    assert answer[1].why == "850 of 1000 calls used, it is to be finished"
    assert Freeze(1e-3).thaw(run.view()) is None  # without a budget nothing is last
    assert Freeze(1e-3, max_evaluations=1000, last=0.1).thaw(run.view()) is None


def test_none_goes_on_while_a_better_one_works() -> None:
    run = pair(CONVERGED + 1.0, CONVERGED)
    rest(run, 1)
    assert Freeze(1e-3, max_evaluations=600).thaw(run.view()) is None


def test_in_the_last_part_only_the_worst_makes_room_and_only_if_there_is_none() -> None:
    run = pair(CONVERGED, CONVERGED + 1.0, slots=3)
    freezer = Freeze(1e-3, max_evaluations=600)
    rest(run, 1)
    run.evaluate(run.start(), 50.0 * np.ones(30))
    assert not frozen(run, 2, freezer)  # a slot is free
    run.evaluate(run.start(), 70.0 * np.ones(30))
    assert [opt for opt in (2, 3, 4) if frozen(run, opt, freezer)] == [4]
    run.happen(PauseRequested(run.now, 4, "freezer", Verdict(True, "by hand")))
    assert [opt for opt in (2, 3) if frozen(run, opt, freezer)] == []  # its slot will come free
    run.happen(Paused(run.now, 4, 30))
    run.happen(ResumeRequested(run.now, 1, "freezer", Verdict(True, "by hand")))
    run.happen(Resumed(run.now, 1, 300))
    assert [opt for opt in (1, 2, 3) if frozen(run, opt, freezer)] == []  # the best works


BAD: list[tuple[Any, type[Exception], str]] = [
    (lambda: Freeze(0), SettingError, "Freeze: ftol is 0; give a finite number greater than 0"),
    (lambda: Freeze(1.1), SettingError, "Freeze: ftol is 1.1"),
    (lambda: Freeze(1e-3, 0), SettingError, "Freeze: max_evaluations is 0"),
    (lambda: Freeze(1e-3, 1.5), SettingTypeError, "Freeze: max_evaluations is 1.5"),
    (lambda: Freeze(1e-3, last=2), SettingError, "Freeze: last is 2"),
    (lambda: Freeze(1e-3, min_evals=0), SettingError, "Freeze: min_evals is 0"),
    (lambda: Freeze(1e-3, every=-1), SettingError, "Freeze: every is -1"),
]


@pytest.mark.parametrize(("build", "error", "message"), BAD, ids=[message for _, _, message in BAD])
def test_bad_settings_are_named(build: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        build()
    assert message in str(caught.value)


def answers(freezer: BaseFreezer, run: History) -> Any:
    view = run.view()
    thawed = freezer.thaw(view)
    running = [one.opt for one in view.alive if one.may_evaluate]
    return [freezer.freeze(view, opt).fired for opt in running], None if thawed is None else thawed[0]


@settings(max_examples=20)
@given(stories, powers, offsets)
def test_scale_and_offset_change_nothing_and_asked_twice_it_is_the_same(story: Story, power: int, offset: int) -> None:
    for freezer in (Freeze(0.1), Freeze(1e-2, every=1), Freeze(1e-2, max_evaluations=500)):
        told = story.told(KINDS)
        expected = answers(freezer, told)
        assert answers(freezer, told) == expected
        assert answers(freezer, story.told(KINDS, scale=2.0**power)) == expected
        assert answers(freezer, story.told(KINDS, offset=offset)) == expected


def test_its_text_shows_its_settings() -> None:
    assert str(Freeze(0.01, 500)) == "Freeze(ftol=0.01, max_evaluations=500, last=0.15, min_evals=None, every=None)"
    verdict = Verdict(True, str(Freeze(0.5)), "why", short="Freeze(ftol=0.5)")  # without the default settings
    assert Freeze(0.5).verdict(True, "why") == verdict


def test_a_whole_run_puts_the_converged_to_rest_and_finishes_the_best() -> None:
    budget = 2400
    run = simulate(
        [CMAOptimizer], MaxTotalFunctionCalls(budget), max_jobs=2, freezer=Freeze(1e-4, max_evaluations=budget)
    )
    paused = [event for event in run.events if isinstance(event, PauseRequested)]
    resumed = [event for event in run.events if isinstance(event, ResumeRequested)]
    assert len(paused) >= 4, run.story()
    assert run.view.calls == budget
    assert len(resumed) == 1
    [back] = resumed
    assert back.verdict.rule.startswith("Freeze")
    finished = run.view[back.opt]
    before = finished.trajectory.best_f[np.searchsorted(finished.trajectory.at, back.at) - 1]
    assert finished.best < 1e-9 < before


class TestFreezersOfUsers:
    def test_one_of_a_users_own_is_asked(self) -> None:
        class AfterFifty(BaseFreezer):
            """All rest after fifty evaluations."""

            def freeze(self, view: Any, opt: int) -> Verdict:
                return self.verdict(len(view[opt]) >= 50, f"{len(view[opt])} evaluations")

            def thaw(self, view: Any) -> None:
                return None

        run = simulate([CMAOptimizer], MaxTotalFunctionCalls(300), max_jobs=1, freezer=AfterFifty())
        assert str(AfterFifty()) == "AfterFifty()"
        assert run.view.n_started == 6
        assert {len(one) for one in run.view if one.pause_verdict} <= set(range(50, 60))

import math
from typing import Any

import pytest
from hypothesis import given, settings

from glompo.core.policies.ports import Option
from glompo.errors import SettingError
from glompo.optimizers import CMAOptimizer, RandomSampling, Scipy
from glompo.selectors import BanditSelector
from glompo.testing.histories import History, history

from ..stoppers.runs import KINDS, Story, offsets, powers, stories

OPTIONS = (CMAOptimizer, RandomSampling, (Scipy, {"method": "L-BFGS-B"}))
CONFIGS = [("CMAOptimizer", {}), ("RandomSampling", {}), ("Scipy", {"method": "L-BFGS-B"})]


def told(*starts: tuple[int, float]) -> History:
    """Return a run in which options, by number, were started and found these values."""
    run = history(slots=99)
    for option, f in starts:
        kind, config = CONFIGS[option]
        run.evaluate(run.start(kind, config=config), f)
    return run


def chosen(run: History, selector: BanditSelector | None = None) -> Any:
    choice = (selector or BanditSelector(*OPTIONS)).choose(run.manager(), 9)
    return choice.kind if isinstance(choice, Option) else choice


def test_each_is_tried_once_in_order() -> None:
    starts: list[tuple[int, float]] = []
    for i, kind in enumerate(("CMAOptimizer", "RandomSampling", "Scipy")):
        assert chosen(told(*starts)) == kind
        starts.append((i, float(i)))


def test_what_improved_the_best_is_started_again() -> None:
    assert chosen(told((0, 5.0), (1, 9.0), (2, 1.0))) == "CMAOptimizer"  # 0 and 2 improved: the order decides
    assert chosen(told((0, 5.0), (1, 9.0), (2, 1.0), (0, 8.0), (2, 0.5))) == "Scipy"


def test_the_scores_are_those_of_the_formula() -> None:
    run = told((0, 5.0), (1, 9.0), (2, 1.0), (0, 0.5), (0, 3.0), (2, 2.0))
    expected = [
        2 / (3 * 4) * (1 + 2) + 0.3 * math.sqrt(2 * math.log(6) / 3),
        0 + 0.3 * math.sqrt(2 * math.log(6) / 1),
        2 / (2 * 3) * 1 + 0.3 * math.sqrt(2 * math.log(6) / 2),
    ]
    assert BanditSelector(*OPTIONS, exploration=0.3).scores(run.manager()) == pytest.approx(expected)


def test_late_successes_count_more_than_early_ones() -> None:
    early = told((0, 5.0), (1, 9.0), (0, 9.0), (0, 9.0), (1, 9.0), (1, 9.0))
    late = told((0, 5.0), (1, 9.0), (1, 9.0), (0, 9.0), (0, 9.0), (1, 4.0))
    options = OPTIONS[:2]
    assert chosen(early, BanditSelector(*options)) == "CMAOptimizer"
    assert chosen(late, BanditSelector(*options)) == "RandomSampling"


def test_what_lies_before_the_window_is_forgotten_but_not_its_best_value() -> None:
    starts = [(0, 1.0), (1, 5.0), (2, 6.0), *[(0, 2.0)] * 3]
    assert chosen(told(*starts)) == "CMAOptimizer"
    narrow = BanditSelector(*OPTIONS, window=3)
    assert narrow.scores(told(*starts).manager())[1:] == [math.inf, math.inf]
    assert narrow.scores(told(*starts).manager())[0] == pytest.approx(0.05 * math.sqrt(2 * math.log(3) / 3))


def test_exploration_comes_back_to_the_seldom_tried() -> None:
    starts = [(0, 5.0), (1, 9.0), (2, 9.0), *[(0, 4.0 - i) for i in range(20)]]
    assert chosen(told(*starts), BanditSelector(*OPTIONS, exploration=0.0)) == "CMAOptimizer"
    assert chosen(told(*starts), BanditSelector(*OPTIONS, exploration=2.0)) == "RandomSampling"


def test_optimizers_that_are_none_of_the_options_set_the_mark_but_take_no_part() -> None:
    run = history(slots=9)
    run.evaluate(run.start("Scipy", config={"method": "Powell"}), 0.0)
    run.evaluate(run.start("CMAOptimizer"), 1.0)
    selector = BanditSelector(*OPTIONS, exploration=0)
    assert selector.scores(run.manager()) == [0.0, math.inf, math.inf]


def test_without_valid_values_nothing_is_a_success() -> None:
    run = told((0, math.nan), (1, math.inf), (2, math.nan))
    assert BanditSelector(*OPTIONS, exploration=0).scores(run.manager()) == [0.0, 0.0, 0.0]


def test_it_waits_for_the_best_one() -> None:
    selector = BanditSelector(CMAOptimizer(workers=3), RandomSampling)
    assert selector.choose(history().manager(), 2) is None


BAD: list[tuple[Any, str]] = [
    (lambda: BanditSelector(CMAOptimizer, Scipy, CMAOptimizer), "CMAOptimizer with the settings {} is given twice"),
    (lambda: BanditSelector(CMAOptimizer, exploration=-1), "BanditSelector: exploration is -1"),
    (lambda: BanditSelector(CMAOptimizer, window=0), "BanditSelector: window is 0"),
]


@pytest.mark.parametrize(("build", "message"), BAD, ids=[message for _, message in BAD])
def test_bad_settings_are_named(build: Any, message: str) -> None:
    with pytest.raises(SettingError) as caught:
        build()
    assert message in str(caught.value)


@settings(max_examples=20)
@given(stories, powers, offsets)
def test_scale_and_offset_change_no_score_and_asked_twice_it_is_the_same(story: Story, power: int, offset: int) -> None:
    selector = BanditSelector(CMAOptimizer, (Scipy, {"method": "L-BFGS-B"}), window=6)
    run = story.told(KINDS)
    expected = selector.scores(run.manager())
    assert selector.scores(run.manager()) == expected
    assert selector.scores(story.told(KINDS, scale=2.0**power).manager()) == expected
    assert selector.scores(story.told(KINDS, offset=offset).manager()) == expected

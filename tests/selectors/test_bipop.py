from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from glompo.core.policies.ports import Option
from glompo.errors import SettingError, SettingTypeError
from glompo.exit_conditions import MaxTotalFunctionCalls
from glompo.optimizer import BaseOptimizer
from glompo.optimizers import CMAOptimizer, RandomSampling
from glompo.selectors import BIPOPSelector
from glompo.testing import simulate
from glompo.testing.histories import History, history

from ..stoppers.runs import Story, offsets, powers, stories

DIMS = 5
LAMBDA = 8  # 4 + ⌊3 ln 5⌋


def new(seed: int = 0, slots: int = 50) -> History:
    return history([(0.0, 1.0)] * DIMS + [(2.0, 2.0)], slots=slots, seed=seed)


def start(selector: BIPOPSelector, run: History, calls: int = 0, *, ends: bool = False) -> Option:
    """Let the selector start the next one and let that evaluate."""
    option = selector.choose(run.manager(), run.view().free_slots)
    assert isinstance(option, Option)
    opt = run.start(option.kind, config=option.describe(), slots=option.slots)
    if calls:
        run.evaluate(opt, np.arange(float(calls)))
    if ends:
        run.converge(opt)
    return option


def test_the_first_has_the_usual_population_and_the_large_ones_double_it() -> None:
    selector, run = BIPOPSelector(CMAOptimizer), new()
    larges = [start(selector, run, 100, ends=True).kwargs]
    for _ in range(4):
        larges.append(start(selector, run, 100, ends=True).kwargs)
        assert start(selector, run, 101, ends=True).kwargs["sigma0"] < 0.2  # as much for the small ones
    assert [one["popsize"] for one in larges] == [LAMBDA, 2 * LAMBDA, 4 * LAMBDA, 8 * LAMBDA, 16 * LAMBDA]
    assert {one["sigma0"] for one in larges} == {0.2}


def test_what_the_first_has_spent_belongs_to_neither_series() -> None:
    selector, run = BIPOPSelector(CMAOptimizer), new()
    start(selector, run, 5000, ends=True)
    assert start(selector, run, 10, ends=True).kwargs["popsize"] == 2 * LAMBDA
    assert start(selector, run, 11, ends=True).kwargs["sigma0"] < 0.2
    assert start(selector, run, 10, ends=True).kwargs["popsize"] == 4 * LAMBDA  # 10 against 11


def test_the_series_that_has_spent_less_is_continued() -> None:
    selector, run = BIPOPSelector(CMAOptimizer), new()
    start(selector, run, 50, ends=True)
    start(selector, run, 1000, ends=True)
    spent = 0
    for calls in (300, 400, 299):
        assert start(selector, run, calls, ends=True).kwargs["sigma0"] < 0.2
        spent += calls
    assert start(selector, run, 1, ends=True).kwargs["sigma0"] < 0.2  # 999 against 1000
    assert start(selector, run, 5, ends=True).kwargs["popsize"] == 4 * LAMBDA


def test_side_by_side_both_series_start() -> None:
    selector, run = BIPOPSelector(CMAOptimizer), new()
    large = [start(selector, run).kwargs["sigma0"] == 0.2 for _ in range(7)]
    assert large == [True, True, False, True, False, True, False]


def test_small_ones_are_drawn_as_published() -> None:
    """With λL = 8 λ0, λ0 (λL / 2 λ0)^(u²) lies between λ0 and 4 λ0; σ0 10^(-2v) is even in its logarithm."""
    sizes, steps = [], []
    for seed in range(400):
        selector, run = BIPOPSelector(CMAOptimizer(sigma0=0.3)), new(seed)
        for k in range(4):
            opt = run.start("CMAOptimizer", config={"sigma0": 0.3, "popsize": LAMBDA * 2**k})
            run.evaluate(opt, np.zeros(100))
            run.converge(opt)
        option = start(selector, run)
        sizes.append(option.kwargs["popsize"] / LAMBDA)
        steps.append(np.log10(option.kwargs["sigma0"] / 0.3) / -2)
        assert option.kwargs["cma_options"] == {"maxfevals": 50}
    assert min(sizes) == 1.0
    assert 3.5 < max(sizes) <= 4.0
    expected = (4.0 ** (np.linspace(0, 1, 100_001) ** 2)).mean()
    assert np.mean(sizes) == pytest.approx(expected, abs=0.2)
    assert np.ptp(steps) > 0.98
    assert np.mean(steps) == pytest.approx(0.5, abs=0.06)  # four standard errors


def test_small_populations_have_four_points_at_least() -> None:
    sizes = set()
    for seed in range(100):
        selector, run = BIPOPSelector(CMAOptimizer(popsize=3)), new(seed)
        start(selector, run, 100)
        start(selector, run, 100)
        sizes.add(start(selector, run).kwargs["popsize"])
    assert sizes == {4}  # the formula gives 3, since λL is 2·λ0


def test_small_ones_get_half_of_what_the_large_ones_took() -> None:
    selector, run = BIPOPSelector(CMAOptimizer(cma_options={"tolfun": 1e-3})), new()
    start(selector, run, 50, ends=True)
    start(selector, run, 900)
    assert start(selector, run, 1).kwargs["cma_options"] == {"tolfun": 1e-3}  # no large one has ended
    run.converge(2)
    assert start(selector, run, 1).kwargs["cma_options"] == {"tolfun": 1e-3, "maxfevals": 450}


class Plain(BaseOptimizer):
    def __init__(self, sigma0: float = 0.1, popsize: int = 7, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def minimize(self, function: Any, x0: Any, bounds: Any) -> Any:
        raise NotImplementedError

    def callstop(self, reason: str = "") -> None:
        raise NotImplementedError


def test_an_optimizer_of_a_users_own_needs_the_two_settings_only() -> None:
    selector, run = BIPOPSelector(Plain(0.5, workers=2)), new()
    assert start(selector, run, 100, ends=True) == Option(Plain, (), {"sigma0": 0.5, "popsize": LAMBDA}, {}, 2)
    assert set(start(selector, run, 1).kwargs) == {"sigma0", "popsize"}


def test_populations_fill_the_slots() -> None:
    option = start(BIPOPSelector(CMAOptimizer(workers=5)), new())
    assert (option.slots, option.kwargs["popsize"]) == (5, 10)


def test_it_waits_for_slots_and_doubling_has_an_end() -> None:
    run = new(slots=3)
    run.start(slots=2)
    assert BIPOPSelector(CMAOptimizer(workers=2)).choose(run.manager(), 1) is None
    selector, run = BIPOPSelector(CMAOptimizer, doublings=1), new()
    for calls in (10, 10, 11, 10, 11):
        start(selector, run, calls, ends=True)
    assert start(selector, run).kwargs["popsize"] == 2 * LAMBDA


def test_without_doublings_all_full_steps_are_one_series() -> None:
    selector, run = BIPOPSelector(CMAOptimizer, doublings=0), new()
    full = [start(selector, run, 10, ends=True).kwargs["sigma0"] == 0.2 for _ in range(4)]
    assert full == [True, False, True, False]


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda: BIPOPSelector(RandomSampling), SettingTypeError, "sets 'popsize' anew at each start, but RandomSampl"),
        (lambda: BIPOPSelector(CMAOptimizer, doublings=-1), SettingError, "BIPOPSelector: doublings is -1"),
        (lambda: BIPOPSelector(5), SettingTypeError, "5 is no optimizer"),
    ],
)
def test_bad_settings_are_named(build: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        build()
    assert message in str(caught.value)


SERIES = [("CMAOptimizer", {"popsize": 8, "sigma0": 0.2}), ("CMAOptimizer", {"popsize": 6, "sigma0": 0.01})]


@settings(max_examples=20)
@given(stories, powers, offsets)
def test_scale_offset_and_earlier_questions_change_no_choice(story: Story, power: int, offset: int) -> None:
    old = BIPOPSelector(CMAOptimizer)
    for run in story.stages(SERIES):
        expected = BIPOPSelector(CMAOptimizer).choose(run.manager(), 5)
        assert old.choose(run.manager(), 5) == expected
        assert old.choose(run.manager(), 5) == expected
    for other in (story.told(SERIES, scale=2.0**power), story.told(SERIES, offset=offset)):
        assert old.choose(other.manager(), 5) == expected


def test_a_whole_run() -> None:
    run = simulate(BIPOPSelector(CMAOptimizer), MaxTotalFunctionCalls(2500), max_jobs=1)
    larges = [one for one in run.view if one.config["sigma0"] == 0.2]
    smalls = [one for one in run.view if one.config["sigma0"] != 0.2]
    assert [one.config["popsize"] for one in larges] == [6 * 2**k for k in range(len(larges))]
    assert len(larges) >= 2
    assert smalls
    done = max(one.calls for one in larges[:-1])
    assert all(one.calls <= 1 + done // 2 + one.config["popsize"] for one in smalls)
    last = larges[-1]
    before = [one for one in run.view if one.opt < last.opt]
    large, small = (
        sum(one.calls for one in before[1:] if (one.config["sigma0"] == 0.2) is kind) for kind in (True, False)
    )
    assert small >= large

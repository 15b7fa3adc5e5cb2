from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from glompo.allocators import RegimeAllocator
from glompo.core.policies.ports import Option
from glompo.errors import PolicyError, SettingError, SettingTypeError
from glompo.events import Paused, PauseRequested
from glompo.events.verdict import Verdict
from glompo.exit_conditions import MaxTotalFunctionCalls
from glompo.freezers import Freeze
from glompo.generators import BestSampledGenerator, CrossoverGenerator, FarFromKnown, RegimeGenerator
from glompo.optimizers import CMAOptimizer, RandomSampling, Scipy
from glompo.selectors import RegimeSelector
from glompo.stoppers import CatchUp, Duplicate, OptimizerType
from glompo.testing import simulate
from glompo.testing.histories import History, history

from ..stoppers.runs import Story, offsets, powers, stories

D = 5
LAMBDA = 8
LOCAL = (Scipy, {"method": "L-BFGS-B", "options": {"maxfun": 60}})


def regimes(per_parameter: float = 1000, *exploit: Any, **more: Any) -> RegimeSelector:
    return RegimeSelector(CMAOptimizer, CMAOptimizer, LOCAL, *exploit, max_evaluations=int(per_parameter * D), **more)


def new(slots: int = 20, dims: int = D) -> History:
    return history([(0.0, 1.0)] * dims + [(2.0, 2.0)], slots=slots)


def start(selector: RegimeSelector, run: History, calls: int = 0, f: float = 9.0) -> Any:
    """Let the selector start the next one; return its regime, or what the selector says instead."""
    option = selector.choose(run.manager(), run.view().free_slots)
    if not isinstance(option, Option):
        return option
    opt = run.start(option.kind, config=option.describe(), slots=option.slots)
    if calls:
        run.evaluate(opt, np.full(calls, f))
    return selector.regime_of(run.view(), opt)


def starts(selector: RegimeSelector, run: History, n: int) -> list[Any]:
    return [start(selector, run) for _ in range(n)]


def test_the_race_is_filled_first_then_the_others() -> None:
    assert starts(regimes(), new(), 7) == ["race"] * 4 + ["large", "local", None]


@pytest.mark.parametrize(("per_parameter", "width"), [(500, 2), (600, 2), (700, 3), (1000, 4), (2000, 8), (10_000, 8)])
def test_the_width_of_the_race_follows_from_the_budget(per_parameter: float, width: int) -> None:
    assert starts(regimes(per_parameter), new(), 12).count("race") == width


def test_below_500_per_parameter_the_first_is_alone_and_then_two_race() -> None:
    selector, run = regimes(499), new()
    assert starts(selector, run, 2) == ["race", None]
    run.converge(1)
    assert starts(selector, run, 5) == ["race", "race", "large", "local", None]


def test_below_150_per_parameter_one_at_a_time_is_all() -> None:
    selector, run = regimes(149), new()
    assert starts(selector, run, 2) == ["race", None]
    run.converge(1)
    assert starts(selector, run, 2) == ["race", None]


def test_the_race_leaves_slots_to_the_others() -> None:
    assert starts(regimes(), new(slots=4), 5) == ["race", "race", "large", "local", None]
    assert starts(regimes(), new(slots=1), 2) == ["race", None]
    wide = RegimeSelector((CMAOptimizer, {"workers": 4}), CMAOptimizer(workers=2), LOCAL, max_evaluations=1000 * D)
    assert starts(wide, new(slots=11), 5) == ["race", "race", "large", "local", None]


def test_with_one_slot_the_regimes_take_turns() -> None:
    selector, run = regimes(), new(slots=1)
    seen = []
    for _ in range(9):
        seen.append(start(selector, run, 100))
        run.converge(len(seen))
    # the first owns the incumbent: its share is four times that of each other
    assert seen == ["race", "large", "local", "race", "race", "race", "race", "large", "local"]


def test_the_regime_most_behind_its_share_is_next() -> None:
    selector, run = regimes(), new(slots=4)
    assert [start(selector, run, calls) for calls in (500, 40, 30, 20)] == ["race", "large", "local", "race"]
    assert selector.spent(run.view()) == {"race": 520, "large": 40, "local": 30}
    run.converge(2)
    run.converge(3)
    assert starts(selector, run, 2) == ["local", "large"]


def test_the_owner_of_the_incumbent_weighs_more() -> None:
    selector, run = regimes(owner_weight=4), new(slots=3)
    assert start(selector, run, 100, f=9.0) == "race"
    assert start(selector, run, 399, f=1.0) == "large"
    assert start(selector, run, 100, f=9.0) == "local"
    assert [selector.weight(run.view(), name) for name in ("race", "large", "local")] == [1.0, 4.0, 1.0]
    run.converge(2)
    run.converge(3)
    assert start(selector, run) == "large"  # (399 + 1) / 4 against 100 + 1
    run.evaluate(4, [5.0] * 5)
    run.converge(4)
    assert start(selector, run) == "local"  # (404 + 1) / 4 against 100 + 1
    run.evaluate(1, 0.0)
    assert [selector.weight(run.view(), name) for name in ("race", "large", "local")] == [4.0, 1.0, 1.0]


def test_what_was_granted_counts_as_spent() -> None:
    from glompo.events import Granted

    selector, run = regimes(), new()
    starts(selector, run, 6)
    run.happen(Granted(run.now, 5, 25))
    assert selector.spent(run.view()) == {"race": 0, "large": 25, "local": 0}
    run.evaluate(5, [1.0] * 5)  # grants five more for itself
    run.crash(5)
    assert selector.spent(run.view()) == {"race": 0, "large": 5, "local": 0}


def test_populations_are_those_of_the_regimes() -> None:
    selector, run = regimes(), new()
    starts(selector, run, 6)
    larges = [run.view()[5].config["popsize"]]
    for _ in range(3):
        run.converge(run.view().n_started if len(larges) > 1 else 5)
        assert start(selector, run) == "large"
        larges.append(run.view()[run.view().n_started].config["popsize"])
    assert larges == [2 * LAMBDA, 4 * LAMBDA, 8 * LAMBDA, 16 * LAMBDA]
    assert {one.config["popsize"] for one in run.view() if selector.regime_of(run.view(), one.opt) == "race"} == {
        LAMBDA
    }
    assert run.view()[6].config == {"method": "L-BFGS-B", "options": {"maxfun": 60}}


def test_settings_of_the_user_are_kept() -> None:
    selector = RegimeSelector(
        (CMAOptimizer, {"workers": 3}), CMAOptimizer(0.3, popsize=20), LOCAL, max_evaluations=1000 * D
    )
    run = new(slots=20)
    starts(selector, run, 6)
    assert run.view()[1].config == {"popsize": 9}  # 8 points, rounded up to a multiple of 3 slots
    assert run.view()[5].config == {"sigma0": 0.3, "popsize": 40}


def test_the_local_regime_samples_before_each_search() -> None:
    selector, run = regimes(sampler=RandomSampling), new()
    starts(selector, run, 5)
    kinds = []
    for _ in range(5):
        assert start(selector, run, 3) == "local"
        assert start(selector, run) is None  # one of the two at a time
        opt = run.view().n_started
        kinds.append((run.view()[opt].kind, run.view()[opt].config.get("iters")))
        run.converge(opt)
    assert kinds == [("RandomSampling", 2), ("Scipy", None)] * 2 + [("RandomSampling", 2)]
    assert selector.spent(run.view())["local"] == 15
    assert RegimeSelector(CMAOptimizer, CMAOptimizer, LOCAL, sampler=RandomSampling, max_evaluations=9).options[-1] == (
        Option(RandomSampling)
    )


def test_samples_grow_with_the_parameters() -> None:
    selector, run = regimes(5000, sampler=RandomSampling), new(dims=12)
    starts(selector, run, 10)
    assert [one.config["iters"] for one in run.view() if one.kind == "RandomSampling"] == [6]


def test_minima_are_crossed_in_long_runs_once_there_are_some() -> None:
    crossing = CMAOptimizer(0.05)
    selector, run = regimes(2000, crossing), new()
    assert starts(selector, run, 11) == ["race"] * 8 + ["large", "local", None]
    run.converge(10)
    assert starts(selector, run, 3) == ["local", "exploit", None]
    selector, run = regimes(1999, crossing), new()
    starts(selector, run, 10)
    run.converge(10)
    assert starts(selector, run, 2) == ["local", None]


def test_one_selector_may_serve_runs_of_different_sizes() -> None:
    selector, small, big = regimes(), new(), new(dims=20)
    for run, popsize in ((small, 8), (big, 12), (small, 8)):
        assert start(selector, run) == "race"
        assert run.view()[run.view().n_started].config["popsize"] == popsize
        assert selector.regime_of(run.view(), 1) == "race"


def test_a_new_selector_tells_the_regimes_of_an_old_run() -> None:
    run = new()
    starts(regimes(), run, 6)
    assert [regimes().regime_of(run.view(), opt) for opt in range(1, 7)] == ["race"] * 4 + ["large", "local"]
    assert regimes().spent(run.view()) == {"race": 0, "large": 0, "local": 0}


def test_an_option_that_can_never_fit_is_an_error_not_a_wait() -> None:
    selector = RegimeSelector(CMAOptimizer(workers=9), CMAOptimizer, LOCAL, max_evaluations=9000)
    with pytest.raises(PolicyError, match="needs 9 slots, but the run has 8"):
        start(selector, new(slots=8))


BAD: list[tuple[Any, type[Exception], str]] = [
    (lambda: regimes(0), SettingError, "RegimeSelector: max_evaluations is 0"),
    (lambda: regimes(owner_weight=0.5), SettingError, "RegimeSelector: owner_weight is 0.5"),
    (lambda: regimes(sampler=CMAOptimizer), SettingTypeError, "sets 'iters' anew at each start, but CMAOptimizer"),
    (lambda: regimes(1000, LOCAL, LOCAL), SettingError, "RegimeSelector got 5 optimizers; give those of the race, the"),
    (lambda: RegimeSelector(CMAOptimizer, max_evaluations=9), SettingError, "RegimeSelector got 1 optimizers"),
    (lambda: regimes(1000, LOCAL), SettingError, "local and exploit start Scipy with the same settings"),
    (
        lambda: RegimeSelector(CMAOptimizer(popsize=40), CMAOptimizer(popsize=20), LOCAL, max_evaluations=9),
        SettingError,
        "race and large start CMAOptimizer with the same settings {'popsize': 40}",
    ),
    (
        lambda: RegimeSelector(RandomSampling, CMAOptimizer, LOCAL, max_evaluations=9),
        SettingTypeError,
        "RegimeSelector sets 'popsize' anew at each start, but RandomSampling has no such setting",
    ),
]


@pytest.mark.parametrize(("build", "error", "message"), BAD, ids=[message for _, _, message in BAD])
def test_bad_settings_are_named(build: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        build()
    assert message in str(caught.value)


PARTS = [
    ("CMAOptimizer", {"popsize": 6}),
    ("CMAOptimizer", {"popsize": 12}),
    ("Scipy", {"method": "L-BFGS-B", "options": {"maxfun": 60}}),
    ("RandomSampling", {"iters": 2}),
]


@pytest.mark.parametrize("per_parameter", [100, 300])
def test_who_rests_makes_room_for_another(per_parameter: float) -> None:
    selector, run = regimes(per_parameter), new()
    assert starts(selector, run, 2) == ["race", None]
    run.happen(PauseRequested(run.now, 1, "freezer", Verdict(True, "by hand")))
    assert start(selector, run) is None  # it holds its slots until it rests
    run.happen(Paused(run.now, 1, 0))
    assert start(selector, run) == "race"


@pytest.mark.parametrize("per_parameter", [100, 300, 700])
def test_a_run_in_which_everybody_rests_early_uses_its_budget(per_parameter: int) -> None:
    selector = RegimeSelector(CMAOptimizer, CMAOptimizer, LOCAL, sampler=RandomSampling)
    ends = MaxTotalFunctionCalls(2 * per_parameter)
    arranged: dict[str, Any] = {"allocator": RegimeAllocator(selector), "freezer": Freeze(0.5, min_evals=20)}
    run = simulate(selector, ends, max_jobs=3, stopper_interval=1, **arranged)
    assert any(isinstance(event, Paused) for event in run.events)
    assert run.view.calls == 2 * per_parameter, run.story()


@settings(max_examples=20)
@given(stories, powers, offsets)
def test_scale_offset_and_earlier_questions_change_no_choice(story: Story, power: int, offset: int) -> None:
    def answers(selector: RegimeSelector, run: History) -> Any:
        view = run.view()
        shares = [RegimeAllocator(selector).allocate(view, limit) for limit in (None, 1, 25)]
        return selector.choose(run.manager(), 1), selector.due(run.manager()), dict(selector.spent(view)), shares

    def fresh() -> RegimeSelector:
        return RegimeSelector(
            CMAOptimizer, CMAOptimizer, LOCAL, CMAOptimizer(0.05), sampler=RandomSampling, max_evaluations=5000
        )

    old = fresh()
    for run in story.stages(PARTS):
        expected = answers(fresh(), run)
        assert answers(old, run) == expected
        assert answers(old, run) == expected
    assert answers(old, story.told(PARTS, scale=2.0**power)) == expected
    assert answers(old, story.told(PARTS, offset=offset)) == expected


def test_a_whole_run_shares_its_budget_by_success() -> None:
    def task(x: Any) -> float:
        return float(10 * len(x) + (x * x - 10 * np.cos(2 * np.pi * x)).sum())

    selector = RegimeSelector(
        CMAOptimizer, CMAOptimizer, LOCAL, CMAOptimizer(0.05), sampler=RandomSampling, max_evaluations=4000
    )
    generator = RegimeGenerator(
        selector,
        {
            "local": BestSampledGenerator(RandomSampling),
            "large": FarFromKnown(stream="large"),
            "exploit": CrossoverGenerator(),
        },
        FarFromKnown(),
    )
    run = simulate(
        selector,
        MaxTotalFunctionCalls(4000),
        task=task,
        bounds=[(-5.12, 5.12)] * 2,
        max_jobs=10,
        rng=3,
        generator=generator,
        allocator=RegimeAllocator(selector),
        stoppers=OptimizerType(CMAOptimizer) & (CatchUp() | Duplicate()),
    )
    view = run.view
    assert view.calls == 4000, run.story()
    spent = dict(selector.spent(view))
    assert set(spent) == {"race", "large", "local", "exploit"}
    assert sum(spent.values()) == 4000
    assert min(spent.values()) > 200
    starts = [one for one in view if one.kind == "Scipy"]
    sampled = {x.tobytes() for one in view if one.kind == "RandomSampling" for x in one.trajectory.X}
    assert starts
    assert all(one.x0.tobytes() in sampled for one in starts)
    assert len({one.x0.tobytes() for one in starts}) == len(starts)
    assert all(one.calls <= 61 * 3 for one in starts)

"""What all generators promise: inside the bounds, the same when asked twice, settings checked, the run untouched."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import glompo.generators
from glompo.core.views.manager_view import ManagerView
from glompo.errors import PolicyError, SettingError, SettingTypeError
from glompo.generators import (
    BaseGenerator,
    BasinHoppingGenerator,
    BestSampledGenerator,
    CrossoverGenerator,
    ExploitExploreGenerator,
    FarFromKnown,
    IncumbentGenerator,
    IncumbentHops,
    PerturbationGenerator,
    RandomGenerator,
    SinglePointGenerator,
    SobolGenerator,
)
from glompo.testing.histories import History, history


class Turns:
    """Says that it is always the turn of the same regime."""

    def due(self, manager: ManagerView) -> str:
        return "mine"


KINDS: dict[str, Callable[[Any], BaseGenerator]] = {
    "BasinHoppingGenerator": lambda middle: BasinHoppingGenerator(),
    "BestSampledGenerator": lambda middle: BestSampledGenerator("Optimizer"),
    "CrossoverGenerator": lambda middle: CrossoverGenerator(),
    "ExploitExploreGenerator": lambda middle: ExploitExploreGenerator(20),
    "FarFromKnown": lambda middle: FarFromKnown(),
    "IncumbentGenerator": lambda middle: IncumbentGenerator(),
    "IncumbentHops": lambda middle: IncumbentHops(),
    "PerturbationGenerator": lambda middle: PerturbationGenerator(middle, 3.0),
    "RandomGenerator": lambda middle: RandomGenerator(),
    "SinglePointGenerator": lambda middle: SinglePointGenerator(),
    "SobolGenerator": lambda middle: SobolGenerator(),
}


def test_every_generator_of_the_room_is_tested_here() -> None:
    assert set(KINDS) | {"BaseGenerator"} == set(glompo.generators.__all__)


def busy(bounds: Any, seed: int) -> History:
    """Write a run in which all evaluated in the corners and some have ended."""
    box = np.array(bounds, dtype=float)
    run = history(box, slots=6, seed=seed)
    for i in range(5):
        run.evaluate(run.start(), [math.nan, 3.0 - i], X=box[:, i % 2])
    run.converge(1)
    run.stop(2)
    run.converge(4)
    return run


ends = st.floats(-1e150, 1e150)
boxes = st.lists(st.one_of(st.tuples(ends, ends).map(sorted), ends.map(lambda end: [end, end])), min_size=1, max_size=4)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=20)
@given(bounds=boxes, seed=st.integers(0, 2**31))
def test_starts_lie_inside_the_bounds_whatever_these_are(kind: str, bounds: Any, seed: int) -> None:
    low, high = np.array(bounds, dtype=float).T
    generator = KINDS[kind](low)
    for run in (history(bounds, seed=seed), busy(bounds, seed)):
        x = generator.place(run.manager())
        assert x.shape == low.shape
        assert ((low <= x) & (x <= high)).all()
        assert generator.place(run.manager()).tolist() == x.tolist()  # asked twice, the same answer
        assert generator.explain(run.manager())


@pytest.mark.parametrize("kind", KINDS)
def test_it_keeps_no_state(kind: str) -> None:
    generator = KINDS[kind]([0.5, 0.5])
    before = dict(vars(generator))
    generator.place(busy([(0, 1), (0, 1)], 0).manager())
    assert vars(generator) == before


@pytest.mark.parametrize(
    "kind",
    [kind for kind in KINDS if kind not in ("IncumbentGenerator", "SinglePointGenerator", "BestSampledGenerator")],
)
def test_successive_starts_differ(kind: str) -> None:
    run = busy([(0, 1), (0, 1)], 0)
    generator = KINDS[kind]([0.5, 0.5])
    first = generator.place(run.manager())
    run.start(x0=first)
    assert (generator.place(run.manager()) != first).any()


BAD: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: SinglePointGenerator("middle"), SettingError, "x0 is 'middle'; give a point or 'random'"),
    (lambda: SinglePointGenerator([math.nan]), SettingError, "SinglePointGenerator: x0 is [nan]"),
    (lambda: SinglePointGenerator(["a"]), SettingTypeError, "SinglePointGenerator: x0 is ['a']"),
    (lambda: SinglePointGenerator([[1.0, 2.0]]), SettingError, "SinglePointGenerator: x0 is [[1.0, 2.0]]"),
    (lambda: PerturbationGenerator([0.0, 1.0], 0), SettingError, "scale is 0; give one positive number, or 2 of them"),
    (lambda: PerturbationGenerator([0.0, 1.0], [1.0]), SettingError, "PerturbationGenerator: scale is [1.0]"),
    (lambda: PerturbationGenerator([0.0, 1.0], [1, -1]), SettingError, "PerturbationGenerator: scale is [1, -1]"),
    (lambda: PerturbationGenerator([0.0], "wide"), SettingTypeError, "PerturbationGenerator: scale is "),
    (lambda: PerturbationGenerator([], 1), SettingError, "PerturbationGenerator: x0 is []"),
    (lambda: ExploitExploreGenerator(0), SettingError, "ExploitExploreGenerator: max_func_calls is 0"),
    (lambda: ExploitExploreGenerator(10, 0), SettingError, "ExploitExploreGenerator: focus is 0"),
    (lambda: ExploitExploreGenerator(1e4), SettingTypeError, "max_func_calls is 10000.0"),  # type: ignore[arg-type]
    (lambda: FarFromKnown(0), SettingError, "FarFromKnown: candidates is 0; give a whole number, 1 or more"),
    (lambda: FarFromKnown(stream=1), SettingTypeError, "FarFromKnown: stream is 1; give a name"),  # type: ignore[arg-type]
    (lambda: CrossoverGenerator(1), SettingError, "CrossoverGenerator: best is 1"),
    (lambda: BestSampledGenerator(3), SettingTypeError, "sampler is 3; give a class"),  # type: ignore[arg-type]
    (lambda: BasinHoppingGenerator(-1), SettingError, "BasinHoppingGenerator: temperature is -1"),
    (lambda: BasinHoppingGenerator(max_step_size=2), SettingError, "BasinHoppingGenerator: max_step_size is 2"),
    (lambda: BasinHoppingGenerator(target_accept_rate=-0.5), SettingError, "target_accept_rate is -0.5"),
    (lambda: BasinHoppingGenerator(interval=0), SettingError, "BasinHoppingGenerator: interval is 0"),
    (lambda: BasinHoppingGenerator(factor=0), SettingError, "BasinHoppingGenerator: factor is 0"),
]


@pytest.mark.parametrize(("build", "error", "message"), BAD, ids=[message for _, _, message in BAD])
def test_bad_settings_are_named(build: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        build()
    assert message in str(caught.value)


class Documented(BaseGenerator):
    """As users write them."""

    def __init__(self, shrink: float) -> None:
        self.shrink = shrink

    def generate(self, manager: ManagerView) -> Any:
        low, high = manager.bounds[:, 0], manager.bounds[:, 1]
        middle = manager.result["x"] if manager.result["x"] is not None else (low + high) / 2
        return middle + self.shrink * (self.rng(manager).random(manager.n_parms) - 0.5) * (high - low)


def test_the_documented_form_of_users_works() -> None:
    run = history([(0, 1), (0, 1)])
    generator = Documented(0.1)
    x = generator.place(run.manager())
    assert np.abs(x - 0.5).max() <= 0.05
    assert generator.place(run.manager()).tolist() == x.tolist()
    assert generator.explain(run.manager()) == "Documented(shrink=0.1) placed it"


class TestFaultyPoliciesOfUsers:
    def place(self, generate: Callable[..., Any]) -> Any:
        return type("Mine", (BaseGenerator,), {"generate": generate})().place(history().manager())

    def test_writing_to_the_manager_is_refused(self) -> None:
        def generate(self: Any, manager: Any) -> Any:
            manager.max_jobs = 99
            return [0.5]

        with pytest.raises(PolicyError, match=r"tried to set 'max_jobs' of the manager to 99: policies see the run"):
            self.place(generate)

    def test_what_it_raises_is_reported_under_its_name(self) -> None:
        with pytest.raises(PolicyError, match=r"Mine\(\) raised ZeroDivisionError: .*; mend it or remove it"):
            self.place(lambda self, manager: 1 / 0)

"""What all selectors promise: options as documented, settings checked, the run untouched."""

import math
from collections.abc import Callable
from typing import Any

import pytest

import glompo.selectors
from glompo.core.policies.ports import Option
from glompo.core.views.manager_view import ManagerView
from glompo.errors import PolicyError, SettingError, SettingTypeError
from glompo.optimizer import BaseOptimizer
from glompo.selectors import (
    BanditSelector,
    BaseSelector,
    BIPOPSelector,
    ChainSelector,
    CycleSelector,
    IterSpawnStop,
    NOptimizersSpawnStop,
    RandomSelector,
)
from glompo.testing.histories import History, history


class Walker(BaseOptimizer):
    def __init__(self, step: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.step = step

    def minimize(self, function: Any, x0: Any, bounds: Any) -> Any:
        raise NotImplementedError

    def callstop(self, reason: str = "") -> None:
        raise NotImplementedError


class Unfinished(BaseOptimizer):
    def callstop(self, reason: str = "") -> None:
        raise NotImplementedError


def test_every_selector_of_the_room_is_tested() -> None:
    ours = {BaseSelector, BIPOPSelector, BanditSelector, ChainSelector, CycleSelector, RandomSelector}
    assert {one.__name__ for one in ours | {IterSpawnStop, NOptimizersSpawnStop}} == set(glompo.selectors.__all__)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (Walker, Option(Walker)),
        (Walker(0.5, workers=2), Option(Walker, (0.5,), {}, {}, 2)),
        (Walker(step=0.5), Option(Walker, (), {"step": 0.5})),
        ((Walker, {"step": 2}), Option(Walker, (), {"step": 2})),
        ((Walker, {"workers": 4}, {"iters": 9}), Option(Walker, (), {}, {"iters": 9}, 4)),
        ((Walker, None), Option(Walker)),
    ],
)
def test_options_are_classes_templates_and_tuples(given: Any, expected: Option) -> None:
    assert CycleSelector(given).options == (expected,)


def test_the_dictionaries_of_the_user_are_left_alone() -> None:
    init = {"workers": 2, "step": 1}
    CycleSelector((Walker, init))
    assert init == {"workers": 2, "step": 1}


def test_the_smallest_need_is_known() -> None:
    assert RandomSelector((Walker, {"workers": 4}), (Walker, {"workers": 2})).smallest() == 2


BAD: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: CycleSelector(), SettingError, "CycleSelector got no optimizer to choose from; name at least one"),
    (lambda: CycleSelector("CMA"), SettingTypeError, "'CMA' is no optimizer: give a subclass of BaseOptimizer"),
    (lambda: RandomSelector(int), SettingTypeError, "<class 'int'> is no optimizer: it must be a subclass"),
    (lambda: RandomSelector(Unfinished), SettingTypeError, "Unfinished cannot be started: it does not define minimize"),
    (lambda: CycleSelector((Walker, 5)), SettingTypeError, "the keyword arguments of Walker are 5; give a dictionary"),
    (lambda: CycleSelector((Walker, {"workers": 0})), SettingError, "workers of Walker is 0; it must be a whole"),
    (lambda: CycleSelector(Walker, allow_spawn=5), SettingTypeError, "allow_spawn is 5; it must be callable"),
    (
        lambda: ChainSelector(Walker, Walker, fcall_thresholds=[1, 2, 3]),
        SettingError,
        "ChainSelector: fcall_thresholds holds 3 numbers for 2 options; give 1, or 2 to start nothing after the last",
    ),
    (lambda: ChainSelector(Walker, Walker, fcall_thresholds=[]), SettingError, "holds 0 numbers for 2 options"),
    (
        lambda: ChainSelector(Walker, Walker, fcall_thresholds=[5, 5]),
        SettingError,
        "ChainSelector: fcall_thresholds is [5, 5]; give numbers that rise",
    ),
    (lambda: ChainSelector(Walker, fcall_thresholds=[0]), SettingError, "ChainSelector: fcall_thresholds is 0; give"),
    (lambda: ChainSelector(Walker, fcall_thresholds=[1.5]), SettingTypeError, "fcall_thresholds is 1.5"),  # type: ignore[list-item]
    (lambda: ChainSelector(Walker, fcall_thresholds=9), SettingTypeError, "fcall_thresholds is 9; give a"),  # type: ignore[arg-type]
    (lambda: ChainSelector(Walker, fcall_thresholds="9"), SettingTypeError, "is '9'; give a list"),  # type: ignore[arg-type]
    (lambda: IterSpawnStop(0), SettingError, "IterSpawnStop: max_calls is 0; give a whole number, 1 or more"),
    (lambda: IterSpawnStop(math.inf), SettingTypeError, "IterSpawnStop: max_calls is inf"),  # type: ignore[arg-type]
    (lambda: NOptimizersSpawnStop(-1), SettingError, "NOptimizersSpawnStop: max_opts is -1"),
]


@pytest.mark.parametrize(("build", "error", "message"), BAD, ids=[message for _, _, message in BAD])
def test_bad_settings_are_named(build: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        build()
    assert message in str(caught.value)


def busy() -> History:
    run = history()
    run.evaluate(run.start(), [2.0, 1.0])
    return run


class Documented(BaseSelector):
    """As users write them: a finer step once something is found."""

    def select_optimizer(self, manager: ManagerView, slots_available: int) -> Any:
        if manager.result["fx"] < 5:
            return Walker, {"step": 0.1}, {"iters": 3}
        return self.options[0] if slots_available else None


def test_the_documented_form_of_users_works() -> None:
    selector = Documented(Walker)
    assert selector.choose(history().manager(), 4) == Option(Walker)
    assert selector.choose(history().manager(), 0) is None
    assert selector.choose(busy().manager(), 4) == Option(Walker, (), {"step": 0.1}, {"iters": 3})
    assert str(selector) == "Documented(Walker)"


class TestFaultyPoliciesOfUsers:
    def choose(self, select: Callable[..., Any], allow_spawn: Any = None) -> Any:
        cls = type("Mine", (BaseSelector,), {"select_optimizer": select})
        return cls(Walker, allow_spawn=allow_spawn).choose(busy().manager(), 4)

    def test_writing_to_the_manager_is_refused(self) -> None:
        def select(self: Any, manager: Any, slots: int) -> Any:
            manager.o_counter += 1

        with pytest.raises(PolicyError, match=r"tried to set 'o_counter' of the manager to 2: policies see the run"):
            self.choose(select)

    def test_what_it_raises_is_reported_under_its_name(self) -> None:
        with pytest.raises(PolicyError, match=r"Mine\(Walker\) raised ZeroDivisionError: .*; mend it or remove it"):
            self.choose(lambda self, manager, slots: 1 / 0)

    @pytest.mark.parametrize("answer", [True, 5, "Walker", int, (int, {}), (Walker, 5), (Walker, {"workers": 0})])
    def test_something_unknown_is_refused_under_its_name(self, answer: Any) -> None:
        with pytest.raises(PolicyError, match=r"Mine\(Walker\) returned "):
            self.choose(lambda self, manager, slots: answer)

    def test_spawn_control_that_raises_is_named(self) -> None:
        def nervous(manager: Any) -> bool:
            raise RuntimeError("no")

        with pytest.raises(PolicyError, match=r"spawn control .*nervous.* raised RuntimeError: no"):
            self.choose(lambda self, manager, slots: None, nervous)

    @pytest.mark.parametrize("answer", [None, 1, "yes"])
    def test_spawn_control_that_gives_no_answer_is_named(self, answer: Any) -> None:
        with pytest.raises(PolicyError, match=r"spawn control .* answered .*; return True"):
            self.choose(lambda self, manager, slots: None, lambda manager: answer)

    def test_spawn_control_cannot_write_to_the_manager(self) -> None:
        def select(self: Any, manager: Any, slots: int) -> Any:
            raise AssertionError("not asked")

        def greedy(manager: Any) -> bool:
            manager.f_counter = 0
            return True

        with pytest.raises(PolicyError, match="tried to set 'f_counter'"):
            self.choose(select, greedy)

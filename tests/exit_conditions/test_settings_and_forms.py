"""What all exit conditions promise: settings are checked, both call forms agree, they combine."""

import math
from collections.abc import Callable
from typing import Any

import pytest

import glompo.exit_conditions
from glompo.core.policies.rule_text import combine
from glompo.core.views.manager_view import ManagerView
from glompo.errors import PolicyError, SettingError, SettingTypeError
from glompo.exit_conditions import (
    BaseExitCondition,
    IncumbentPrecision,
    MaxCost,
    MaxOptimizersConverged,
    MaxOptimizersExhausted,
    MaxOptimizersStarted,
    MaxOptimizersStopped,
    MaxTotalFunctionCalls,
    StopsAfterConvergence,
    TargetFunctionValue,
    TimeLimit,
    TimeLimitThroughRestarts,
    Unimproved,
)
from glompo.testing.histories import History, history

EVERY = [
    IncumbentPrecision(0.0, 4),
    MaxCost(6.0),
    MaxOptimizersConverged(1),
    MaxOptimizersExhausted(1),
    MaxOptimizersStarted(2),
    MaxOptimizersStopped(1),
    MaxTotalFunctionCalls(3),
    StopsAfterConvergence(1),
    TargetFunctionValue(1.0),
    TimeLimit(5),
    TimeLimitThroughRestarts(5),
    Unimproved(calls=2),
]


def busy() -> History:
    run = history()
    for _ in range(3):
        run.evaluate(run.start(), [1.0, 2.0])
    run.converge(1)
    run.stop(2)
    run.exhaust(3)
    return run


def test_every_condition_of_the_room_is_tested_here() -> None:
    assert {type(one).__name__ for one in EVERY} | {"BaseExitCondition"} == set(glompo.exit_conditions.__all__)


@pytest.mark.parametrize("condition", EVERY, ids=lambda condition: type(condition).__name__)
class TestEvery:
    def test_both_call_forms_agree(self, condition: BaseExitCondition) -> None:
        assert condition(busy().manager()) is condition.ask(busy().view()).fired is True
        assert condition(history().manager()) is condition.ask(history().view()).fired is False

    def test_asked_twice_the_answer_is_the_same(self, condition: BaseExitCondition) -> None:
        run = busy()
        assert condition.ask(run.view()) == condition.ask(run.view())

    def test_it_says_why(self, condition: BaseExitCondition) -> None:
        for run in (history(), busy()):
            assert condition.ask(run.view()).why
            assert condition.ask(run.view()).rule == str(condition)


BAD: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: IncumbentPrecision(-1, 5), SettingError, "IncumbentPrecision: precision is -1; give"),
    (lambda: IncumbentPrecision(0.1, 0), SettingError, "IncumbentPrecision: calls is 0; give a whole number, 1 or"),
    (lambda: MaxCost(0), SettingError, "MaxCost: seconds is 0; give a finite number greater than 0"),
    (lambda: MaxCost("1h"), SettingTypeError, "MaxCost: seconds is '1h'"),  # type: ignore[arg-type]
    (lambda: MaxOptimizersConverged(0), SettingError, "MaxOptimizersConverged: n is 0; give a whole number, 1 or more"),
    (lambda: MaxOptimizersStarted(-1), SettingError, "MaxOptimizersStarted: n is -1"),
    (lambda: MaxOptimizersStopped(1.0), SettingTypeError, "MaxOptimizersStopped: n is 1.0"),  # type: ignore[arg-type]
    (lambda: MaxTotalFunctionCalls(0), SettingError, "MaxTotalFunctionCalls: n is 0"),
    (lambda: MaxTotalFunctionCalls(1e5), SettingTypeError, "n is 100000.0; give a whole"),  # type: ignore[arg-type]
    (lambda: StopsAfterConvergence(-1), SettingError, "StopsAfterConvergence: n_stopped is -1; give a whole number, 0"),
    (lambda: StopsAfterConvergence(0, 0), SettingError, "StopsAfterConvergence: n_converged is 0"),
    (lambda: TargetFunctionValue(math.nan), SettingError, "TargetFunctionValue: target is nan"),
    (lambda: TargetFunctionValue(-math.inf), SettingError, "TargetFunctionValue: target is -inf"),
    (lambda: TargetFunctionValue(0, -1), SettingError, "TargetFunctionValue: atol is -1"),
    (lambda: TimeLimit(0), SettingError, "TimeLimit: seconds is 0; give a finite number greater than 0"),
    (lambda: TimeLimit("1h"), SettingTypeError, "TimeLimit: seconds is '1h'"),  # type: ignore[arg-type]
    (lambda: TimeLimitThroughRestarts(-5), SettingError, "TimeLimitThroughRestarts: seconds is -5"),
    (lambda: Unimproved(), SettingTypeError, "Unimproved: neither calls nor seconds is given; give at least one"),
    (lambda: Unimproved(0), SettingError, "Unimproved: calls is 0"),
    (lambda: Unimproved(seconds=math.inf), SettingError, "Unimproved: seconds is inf"),
]


@pytest.mark.parametrize(("build", "error", "message"), BAD, ids=[message for _, _, message in BAD])
def test_bad_settings_are_named(build: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        build()
    assert message in str(caught.value)


def test_combinations_know_their_budget() -> None:
    few, many, target = MaxTotalFunctionCalls(10), MaxTotalFunctionCalls(20), TargetFunctionValue(0)
    assert (few | many | target).budget() == 10
    assert (few & many).budget() == 20
    assert (few & target).budget() is None
    assert combine("(1 & 2) | 3", [many, target, few]).budget() == 10
    assert target.budget() is None


class Documented(BaseExitCondition):
    """As users write them."""

    def __call__(self, manager: ManagerView) -> Any:
        return manager.f_counter > 5 and manager.conv_counter >= 1 and len(manager.hunt_victims) == 1


def test_the_documented_form_of_users_works() -> None:
    assert Documented().ask(busy().view()).fired
    assert not Documented().ask(history().view()).fired
    assert (Documented() & MaxOptimizersConverged(1)).ask(busy().view()).fired


class TestFaultyPoliciesOfUsers:
    def ask(self, call: Callable[..., Any]) -> Any:
        return type("Mine", (BaseExitCondition,), {"__call__": call})().ask(busy().view())

    def test_writing_to_the_manager_is_refused(self) -> None:
        def call(self: Any, manager: Any) -> bool:
            manager.f_counter = 0
            return False

        with pytest.raises(PolicyError, match=r"tried to set 'f_counter' of the manager to 0: policies see the run"):
            self.ask(call)

    def test_deleting_from_the_manager_is_refused(self) -> None:
        def call(self: Any, manager: Any) -> bool:
            del manager.view
            return False

        with pytest.raises(PolicyError, match="tried to delete 'view'"):
            self.ask(call)

    def test_what_it_raises_is_reported_under_its_name(self) -> None:
        with pytest.raises(PolicyError, match=r"Mine\(\) raised KeyError: 'x'; mend it"):
            self.ask(lambda self, manager: {}["x"])

    @pytest.mark.parametrize("answer", [None, 0, "no"])
    def test_an_answer_that_is_neither_yes_nor_no_is_refused(self, answer: Any) -> None:
        with pytest.raises(PolicyError, match=r"Mine\(\) answered .*; return True or False"):
            self.ask(lambda self, manager: answer)

    def test_a_condition_without_any_question_is_named(self) -> None:
        class Empty(BaseExitCondition):
            pass

        with pytest.raises(PolicyError, match="Empty defines neither __call__"):
            Empty().ask(busy().view())


@pytest.mark.parametrize("kind", [
    TimeLimit, TimeLimitThroughRestarts, MaxCost, MaxTotalFunctionCalls, MaxOptimizersConverged, MaxOptimizersStarted,
    MaxOptimizersStopped,
])  # fmt: skip
def test_infinity_is_no_limit(kind: type) -> None:
    condition, run = kind(math.inf), history()
    run.evaluate(run.start(), [1.0, 2.0])
    run.converge(1)
    assert not condition.ask(run.view()).fired
    assert condition.budget() is None
    assert condition.deadline(run.view()) is None

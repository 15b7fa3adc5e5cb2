"""Stoppers that count evaluations: LastPointsInvalid, MinFuncCalls, MaxFuncCalls, OptimizerRegime, OptimizerType."""

import math
from collections.abc import Sequence

import pytest

from glompo.function import Status
from glompo.optimizer import BaseOptimizer
from glompo.stoppers import BaseStopper, LastPointsInvalid, MaxFuncCalls, MinFuncCalls, OptimizerRegime, OptimizerType
from glompo.testing.histories import history

inf, nan = math.inf, math.nan


def fires(stopper: BaseStopper, f: list[float], status: Status | Sequence[Status] | None = None) -> bool:
    run = history()
    one = run.start()
    if f:
        run.evaluate(one, f, status=status)
    return stopper.ask(run.view(), one).fired


@pytest.mark.parametrize(
    ("f", "n", "expected"),
    [
        ([], 1, False),
        ([inf], 1, True),
        ([inf], 2, False),
        ([1.0, inf, nan, -inf], 3, True),
        ([1.0, inf, nan, -inf], 4, False),
        ([inf, inf, 0.0], 3, False),
        ([nan, inf, -5.0], 1, False),
    ],
)
def test_last_points_invalid(f: list[float], n: int, expected: bool) -> None:
    assert fires(LastPointsInvalid(n), f) is expected


def test_a_failure_is_invalid_whatever_value_stands_in_for_it() -> None:
    assert fires(LastPointsInvalid(2), [1.0, 1e6, 1e6], [Status.OK, Status.FAILED, Status.TIMEOUT])
    assert fires(LastPointsInvalid(1), [inf], Status.OUT_OF_BOUNDS)


@pytest.mark.parametrize(
    ("n", "least", "most"), [(0, False, False), (2, False, False), (3, True, False), (4, True, True)]
)
def test_the_young_are_protected_and_the_old_bounded(n: int, least: bool, most: bool) -> None:
    assert fires(MinFuncCalls(3), [nan] * n) is least
    assert fires(MaxFuncCalls(3), [nan] * n) is most


def test_points_outside_the_bounds_are_no_calls() -> None:
    f, status = [1.0, inf, inf, inf], [Status.OK] + [Status.OUT_OF_BOUNDS] * 3
    assert not fires(MinFuncCalls(2), f, status)
    assert not fires(MaxFuncCalls(1), f, status)


class Walker(BaseOptimizer):
    def minimize(self, function, x0, bounds):  # type: ignore[no-untyped-def]
        raise NotImplementedError

    def callstop(self, reason: str = "") -> None: ...


@pytest.mark.parametrize("given", [Walker, "Walker"])
def test_optimizers_of_one_class_are_singled_out(given: type[BaseOptimizer] | str) -> None:
    run = history()
    walker, other = run.start("Walker"), run.start("Runner")
    stopper = OptimizerType(given)
    assert stopper.ask(run.view(), walker).fired
    assert not stopper.ask(run.view(), other).fired
    assert str(stopper) == "OptimizerType(opt_type=Walker)"


def test_optimizers_of_one_regime_are_singled_out() -> None:
    run = history()
    base, other, alone = run.start(regime="base"), run.start(regime="local"), run.start()
    stopper = OptimizerRegime("base")
    assert [stopper.ask(run.view(), opt).fired for opt in (base, other, alone)] == [True, False, False]
    assert str(stopper) == "OptimizerRegime(regime=base)"

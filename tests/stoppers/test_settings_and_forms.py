"""What all stoppers promise: settings are checked, both call forms agree, they combine, the run stays untouched."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import glompo.stoppers
from glompo.core.policies.rule_text import combine
from glompo.core.views.manager_view import LogView
from glompo.core.views.run_view import RunView
from glompo.errors import PolicyError, SettingError, SettingTypeError
from glompo.events.verdict import Verdict
from glompo.stoppers import (
    BaseStopper,
    BestUnmoving,
    CatchUp,
    Duplicate,
    EvaluationsUnmoving,
    Horizon,
    LastPointsInvalid,
    MaxFuncCalls,
    MinFuncCalls,
    OptimizerRegime,
    OptimizerType,
    Outdated,
    ParameterDistance,
    RungRace,
    StepSize,
    TimeAnnealing,
    ValueAnnealing,
)
from glompo.testing.histories import History, history

EVERY = [
    BestUnmoving(3, 0.1),
    CatchUp(),
    Duplicate(),
    EvaluationsUnmoving(3, 0.1),
    Horizon(1000),
    LastPointsInvalid(),
    MaxFuncCalls(3),
    MinFuncCalls(3),
    OptimizerRegime("base"),
    OptimizerType("Optimizer"),
    Outdated(),
    ParameterDistance(relative_distance=0.1),
    RungRace(min_starts=2),
    StepSize(calls=3),
    TimeAnnealing(),
    ValueAnnealing(),
]


def race() -> History:
    run = history()
    run.evaluate(run.start(), [3.0, 2.0, 1.0])
    run.evaluate(run.start(), [5.0] * 200)
    run.start()
    return run


def test_every_stopper_of_the_room_is_tested_here() -> None:
    assert {type(stopper).__name__ for stopper in EVERY} | {"BaseStopper"} == set(glompo.stoppers.__all__)


@pytest.mark.parametrize("stopper", EVERY, ids=lambda stopper: type(stopper).__name__)
class TestEvery:
    def test_both_call_forms_agree(self, stopper: BaseStopper) -> None:
        run = race()
        for opt in (1, 2, 3):
            assert stopper(run.log(), 1, opt) is stopper.ask(run.view(), opt).fired
            assert stopper(run.log(), None, opt) is stopper.ask(run.view(), opt).fired

    def test_asked_twice_the_answer_is_the_same(self, stopper: BaseStopper) -> None:
        run = race()
        for opt in (1, 2, 3):
            assert stopper.ask(run.view(), opt) == stopper.ask(run.view(), opt)

    def test_an_optimizer_without_evaluations_is_let_live(self, stopper: BaseStopper) -> None:
        if not isinstance(stopper, OptimizerType):
            assert not stopper.ask(race().view(), 3).fired

    def test_it_is_asked_about_an_optimizer_that_exists(self, stopper: BaseStopper) -> None:
        with pytest.raises(PolicyError, match=r"asked about the whole run; a stopper answers for one optimizer"):
            stopper.ask(race().view())
        with pytest.raises(PolicyError, match="asked about optimizer 9; there are 3"):
            stopper.ask(race().view(), 9)

    def test_it_says_why(self, stopper: BaseStopper) -> None:
        for opt in (1, 2, 3):
            verdict = stopper.ask(race().view(), opt)
            assert verdict.why
            assert verdict.rule == str(stopper)

    def test_its_documentation_says_whether_it_depends_on_scale_and_offset(self, stopper: BaseStopper) -> None:
        assert "nvariant under f → a·f + b" in " ".join((type(stopper).__doc__ or "").split())

    def test_it_keeps_no_state_but_its_last_answer(self, stopper: BaseStopper) -> None:
        before = {name: value for name, value in vars(stopper).items() if name != "_last"}
        stopper.ask(race().view(), 2)
        assert {name: value for name, value in vars(stopper).items() if name != "_last"} == before


BAD: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: BestUnmoving(0), SettingError, "BestUnmoving: calls is 0; give a whole number, 1 or more"),
    (lambda: BestUnmoving(-3), SettingError, "BestUnmoving: calls is -3"),
    (lambda: BestUnmoving(2.5), SettingTypeError, "BestUnmoving: calls is 2.5"),  # type: ignore[arg-type]
    (lambda: BestUnmoving("5"), SettingTypeError, "BestUnmoving: calls is '5'"),  # type: ignore[arg-type]
    (lambda: BestUnmoving(5, -0.1), SettingError, "BestUnmoving: tol is -0.1; give a finite number of at least 0"),
    (lambda: BestUnmoving(5, 1.5), SettingError, "BestUnmoving: tol is 1.5"),
    (lambda: BestUnmoving(5, math.nan), SettingError, "BestUnmoving: tol is nan"),
    (lambda: EvaluationsUnmoving(1), SettingError, "EvaluationsUnmoving: calls is 1; give a whole number, 2 or more"),
    (lambda: EvaluationsUnmoving(5, 2), SettingError, "EvaluationsUnmoving: tol is 2"),
    (lambda: LastPointsInvalid(0), SettingError, "LastPointsInvalid: n_iters is 0"),
    (lambda: MinFuncCalls(-1), SettingError, "MinFuncCalls: min_pts is -1"),
    (lambda: MaxFuncCalls(True), SettingTypeError, "MaxFuncCalls: max_pts is True"),
    (lambda: ParameterDistance(0.05), SettingTypeError, "write ParameterDistance(relative_distance=0.05)"),
    (lambda: ParameterDistance([(0, 1)]), SettingTypeError, "ParameterDistance: relative_distance is None"),
    (lambda: ParameterDistance([(0, 1)], 0), SettingError, "relative_distance is 0; give a finite number greater"),
    (lambda: ParameterDistance([(1, 0)], 0.1), SettingError, "ParameterDistance: bounds is [(1, 0)]"),
    (lambda: ParameterDistance([(0, 1)], 0.1, 1), SettingTypeError, "test_all is 1; give True or"),  # type: ignore[arg-type]
    (lambda: StepSize([(0, 1)]), SettingTypeError, "StepSize: calls is None; give a whole number"),
    (lambda: StepSize([(0, 1)], 0), SettingError, "StepSize: calls is 0"),
    (lambda: StepSize([(0, 1)], 5, -1), SettingError, "StepSize: relative_tol is -1"),
    (lambda: TimeAnnealing(0), SettingError, "TimeAnnealing: crit_ratio is 0; give a finite number greater than 0"),
    (lambda: TimeAnnealing(math.inf), SettingError, "TimeAnnealing: crit_ratio is inf"),
    (lambda: ValueAnnealing(0), SettingError, "ValueAnnealing: med_kill_chance is 0"),
    (lambda: ValueAnnealing(1.01), SettingError, "ValueAnnealing: med_kill_chance is 1.01"),
    (lambda: OptimizerType(int), SettingTypeError, "OptimizerType: opt_type is <class 'int'>"),  # type: ignore[arg-type]
    (lambda: OptimizerType("no name"), SettingTypeError, "OptimizerType: opt_type is 'no name'"),
    (lambda: OptimizerRegime(""), SettingTypeError, "OptimizerRegime: regime is ''; give the name of a regime"),
    (lambda: CatchUp(0), SettingError, "CatchUp: kappa is 0"),
    (lambda: CatchUp(min_evals=-1), SettingError, "CatchUp: min_evals is -1"),
    (lambda: CatchUp(every=0), SettingError, "CatchUp: every is 0"),
    (lambda: CatchUp(every=2.0), SettingTypeError, "CatchUp: every is 2.0"),  # type: ignore[arg-type]
    (lambda: Duplicate(0.5), SettingError, "Duplicate: coverage is 0.5; give a finite number of at least 1"),
    (lambda: Duplicate(checks=0), SettingError, "Duplicate: checks is 0"),
    (lambda: Duplicate(min_evals=0), SettingError, "Duplicate: min_evals is 0"),
    (lambda: Duplicate(every=0), SettingError, "Duplicate: every is 0"),
    (lambda: Horizon(0), SettingError, "Horizon: max_evaluations is 0; give a whole number, 1 or more"),
    (lambda: Horizon(1e4), SettingTypeError, "Horizon: max_evaluations is 10000.0"),  # type: ignore[arg-type]
    (lambda: Horizon(9, factor=0), SettingError, "Horizon: factor is 0"),
    (lambda: Horizon(9, min_evals=0), SettingError, "Horizon: min_evals is 0"),
    (lambda: RungRace(0), SettingError, "RungRace: first is 0"),
    (lambda: RungRace(eta=1), SettingError, "RungRace: eta is 1; give a finite number of at least 1.5"),
    (lambda: RungRace(min_starts=1), SettingError, "RungRace: min_starts is 1"),
]


@pytest.mark.parametrize(("build", "error", "message"), BAD, ids=[message for _, _, message in BAD])
def test_bad_settings_are_named(build: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        build()
    assert message in str(caught.value)


def test_they_combine_and_show_what_each_answered() -> None:
    rule = (MinFuncCalls(100) & BestUnmoving(50)) | ~MaxFuncCalls(10)
    run = race()
    verdict = rule.ask(run.view(), 2)
    assert verdict.fired
    assert [leaf.rule for leaf in verdict.leaves()] == ["MinFuncCalls(min_pts=100)", "BestUnmoving(calls=50, tol=0.0)"]
    assert rule.str_with_result() == (
        "((MinFuncCalls(min_pts=100) = True & BestUnmoving(calls=50, tol=0.0) = True) | "
        "~MaxFuncCalls(max_pts=10) = None)"
    )
    assert [type(leaf) for leaf in rule] == [MinFuncCalls, BestUnmoving, MaxFuncCalls]
    assert rule(run.log(), 1, 2) is True
    assert rule(run.log(), 1, 1) is True  # by the negation
    assert not (MinFuncCalls(100) & BestUnmoving(50)).ask(run.view(), 1).fired


def test_they_combine_by_text() -> None:
    rules = [MinFuncCalls(100), BestUnmoving(50), MaxFuncCalls(10)]
    assert str(combine("1 & 2 | ~3", rules)) == str((rules[0] & rules[1]) | ~rules[2])


def test_another_optimizer_than_the_leader_can_be_compared_with() -> None:
    run = history()
    for f in (1.0, 10.0, 20.0):
        run.evaluate(run.start(), f)
    stopper = ValueAnnealing(1e-9)  # an optimizer that is worse by abs(f_best) is stopped
    assert stopper(run.log(), 2, 3) is True
    assert stopper(run.log(), 3, 2) is False
    with pytest.raises(PolicyError, match="no optimizer 7 to compare with; there are 3"):
        stopper(run.log(), 7, 3)


class Documented(BaseStopper):
    """As users write them."""

    def __init__(self, calls: int) -> None:
        self.calls = calls

    def __call__(self, log: LogView, best_opt_id: int | None, tested_opt_id: int) -> Any:
        values = log.get_history(tested_opt_id, "fx")
        return len(values) > self.calls and log.get_best_iter(best_opt_id)["fx"] < values[-1]


def test_the_documented_form_of_users_works() -> None:
    run = race()
    assert Documented(3).ask(run.view(), 2).fired
    assert not Documented(500).ask(run.view(), 2).fired
    assert str(Documented(3) & MinFuncCalls(1)) == "(Documented(calls=3) & MinFuncCalls(min_pts=1))"
    assert Documented(3).ask(run.view(), 2) == Verdict(
        True, "Documented(calls=3)", "it answered True for optimizer 2", ()
    )


class TestFaultyPoliciesOfUsers:
    def ask(self, call: Callable[..., Any]) -> Verdict:
        stopper = type("Mine", (BaseStopper,), {"__call__": call})()
        return stopper.ask(race().view(), 2)  # type: ignore[no-any-return]

    def test_writing_to_the_log_is_refused(self) -> None:
        def call(self: Any, log: Any, best: int, tested: int) -> bool:
            log.n_optimizers = 5
            return True

        with pytest.raises(PolicyError, match=r"tried to set 'n_optimizers' .* to 5: policies see the run read-only"):
            self.ask(call)

    def test_writing_to_the_values_is_refused(self) -> None:
        def call(self: Any, log: Any, best: int, tested: int) -> bool:
            log.get_history(tested, "fx")[0] = 0
            return True

        with pytest.raises(PolicyError, match=r"Mine\(\) raised ValueError: .*read-only"):
            self.ask(call)

    def test_what_it_raises_is_reported_under_its_name(self) -> None:
        with pytest.raises(PolicyError, match=r"Mine\(\) raised ZeroDivisionError: division by zero; mend it"):
            self.ask(lambda self, log, best, tested: 1 / 0)

    @pytest.mark.parametrize("answer", [None, 1, "yes", np.array([True])])
    def test_an_answer_that_is_neither_yes_nor_no_is_refused(self, answer: Any) -> None:
        with pytest.raises(PolicyError, match=r"Mine\(\) answered .* for optimizer 2; return True or False"):
            self.ask(lambda self, log, best, tested: answer)

    def test_numpy_truth_is_an_answer(self) -> None:
        assert self.ask(lambda self, log, best, tested: np.True_).fired

    def test_a_stopper_without_any_question_is_named(self) -> None:
        class Empty(BaseStopper):
            pass

        with pytest.raises(PolicyError, match="Empty defines neither __call__"):
            Empty().ask(race().view(), 2)

    def test_a_judge_that_gives_no_verdict_is_named(self) -> None:
        class Curt(BaseStopper):
            def judge(self, view: RunView, opt: int | None = None) -> Any:
                return True

        with pytest.raises(PolicyError, match=r"Curt\(\) answered True; judge\(view, opt\) must return a Verdict"):
            Curt().ask(race().view(), 2)

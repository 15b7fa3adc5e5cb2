"""Whole runs on the virtual clock: the engine, the policies and real optimizers, in milliseconds."""

from contextlib import suppress

import numpy as np
import pytest

from glompo.core.state.lifecycle import How, Phase
from glompo.core.state.run_state import RunState
from glompo.core.state.snapshot import same
from glompo.core.views.run_view import RunView
from glompo.errors import PolicyError
from glompo.events import (
    Evaluated,
    Granted,
    IncumbentTaken,
    Paused,
    PauseRequested,
    Resumed,
    ResumeRequested,
    StartRequested,
    Stopped,
    StopRequested,
)
from glompo.events.verdict import Verdict
from glompo.exit_conditions import (
    BaseExitCondition,
    MaxOptimizersConverged,
    MaxOptimizersStarted,
    MaxTotalFunctionCalls,
    TargetFunctionValue,
    TimeLimit,
)
from glompo.generators import BaseGenerator
from glompo.optimizers import CMAOptimizer, FunctionOptimizer, RandomSampling, Scipy
from glompo.selectors import BaseSelector, CycleSelector
from glompo.stoppers import BaseStopper, BestUnmoving, ParameterDistance, ValueAnnealing
from glompo.storage.inbox import Request
from glompo.testing import ScriptedOptimizer, simulate

BOX = [(-5.0, 5.0)] * 5


def replayed(run):
    state = RunState()
    for event in run.events:
        state.apply(event)
    return state


@pytest.mark.parametrize("budget", [1, 2, 7, 100, 1001])
@pytest.mark.parametrize(
    "optimizers",
    [[RandomSampling], [RandomSampling(iters=5)], [CMAOptimizer(workers=4), RandomSampling(iters=3, workers=3)]],
)
def test_budgets_are_exact_with_any_number_of_workers_and_batches(budget, optimizers):
    called = []

    def task(x):
        called.append(1)
        return float(x @ x)

    run = simulate(optimizers, MaxTotalFunctionCalls(budget), task=task, max_jobs=8, seconds=lambda o, x: 0.1 * o)
    assert len(called) == run.view.calls == budget, run.story()
    assert same(replayed(run), run.state)


def test_the_same_simulation_is_the_same_to_the_last_bit():
    def once():
        return simulate(
            [CMAOptimizer(workers=3), Scipy("L-BFGS-B"), RandomSampling],
            MaxTotalFunctionCalls(700),
            stoppers=BestUnmoving(60, 0.01) | ValueAnnealing() & BestUnmoving(20),
            seconds=lambda opt, x: 0.01 + abs(x[0]) * opt,
            max_jobs=7,
            share=True,
        )

    first, second = once(), once()
    assert first.events == second.events
    assert any(isinstance(event, IncumbentTaken) for event in first.events)
    assert any(isinstance(event, StopRequested) and event.by == "stopper" for event in first.events)


def test_looking_only_at_what_has_stirred_changes_no_decision(monkeypatch):
    def once():
        return simulate(
            [RandomSampling(iters=30), CMAOptimizer, RandomSampling],
            MaxTotalFunctionCalls(900),
            stoppers=BestUnmoving(25, 0.1),
            seconds=lambda opt, x: 0.02 + abs(x[1]),
            max_jobs=6,
            share=True,
        )

    hinted = once()
    monkeypatch.setattr(RunView, "changed", property(lambda self: self.alive))
    assert hinted.events == once().events


def test_virtual_time_is_the_time_that_ideal_workers_need():
    run = simulate([RandomSampling], MaxTotalFunctionCalls(100), max_jobs=10, seconds=3600.0)
    assert run.view.now == 10 * 3600.0


def test_eight_evaluations_in_flight_fill_eight_slots():
    box = [(-5, 5)] * 10
    run = simulate([CMAOptimizer(workers=8)], MaxTotalFunctionCalls(801), bounds=box, max_jobs=8, seconds=60.0)
    assert run.view.now == 60.0 * (1 + 800 / 8)  # x0 alone, then full generations


def test_a_time_limit_shorter_than_one_evaluation_ends_after_that_evaluation():
    run = simulate([RandomSampling], TimeLimit(1.0), seconds=10.0, max_jobs=2)
    assert (run.view.calls, run.view.now) == (2, 10.0)


def test_slots_of_the_stopped_are_used_again_only_after_they_stopped():
    run = simulate([ScriptedOptimizer([[1, 1]] * 4)], MaxTotalFunctionCalls(40), max_jobs=3)
    busy = 0
    for event in run.events:
        busy += isinstance(event, StartRequested) - isinstance(event, Stopped)
        assert busy <= 3


def test_a_loop_that_never_looks_at_its_messages_is_cut_inside_the_task():
    deaf = ScriptedOptimizer([[3.0, 3.0]] * 10_000, check_every=0)
    good = ScriptedOptimizer([[0.0, 0.0]] + [[1.0, 1.0]] * 100)
    run = simulate([good, deaf], MaxOptimizersConverged(1), stoppers=BestUnmoving(10), max_jobs=2)
    assert run.view[2].how is How.CUT
    assert run.view[2].calls <= 22


def test_a_loop_that_looks_at_its_messages_is_stopped_and_returns():
    polite = ScriptedOptimizer([[3.0, 3.0]] * 10_000, check_every=1)
    good = ScriptedOptimizer([[0.0, 0.0]] + [[1.0, 1.0]] * 100)
    run = simulate([good, polite], MaxOptimizersConverged(1), stoppers=BestUnmoving(10), max_jobs=2)
    assert run.view[2].how is How.STOPPED


def test_the_owner_of_the_incumbent_is_never_stopped_unless_allowed():
    def end(stop_best):
        options = [ScriptedOptimizer([[0.0, 0.0]] * 100), ScriptedOptimizer([[2.0, 2.0]] * 100)]
        run = simulate(options, MaxOptimizersStarted(4), stoppers=BestUnmoving(10), max_jobs=2, stop_best=stop_best)
        return run.view.stopped_by_rules

    assert 1 not in end(False)
    assert 1 in end(True)


def test_the_incumbent_reaches_the_others_with_its_place_in_their_count():
    leader, follower = ScriptedOptimizer([[0.5, 0.5]] * 50), ScriptedOptimizer([[2.0, 2.0]] * 50)
    run = simulate([leader, follower], MaxOptimizersConverged(2), max_jobs=2, share=True)
    taken = [event for event in run.events if isinstance(event, IncumbentTaken)]
    assert [(event.opt, event.f) for event in taken] == [(2, 0.5)]
    before = sum(len(e.f) for e in run.events[: run.events.index(taken[0])] if isinstance(e, Evaluated) and e.opt == 2)
    assert taken[0].at_k == before


def test_candidates_outside_the_bounds_get_inf_without_an_evaluation():
    run = simulate([ScriptedOptimizer([[9.0, 0.0], [1.0, 1.0], [np.nan, 0.0]])], MaxOptimizersConverged(1), max_jobs=1)
    assert run.view.calls == 1
    assert run.view[1].trajectory.f.tolist() == [np.inf, 2.0, np.inf]
    assert run.view[1].trajectory.status.tolist() == [5, 0, 5]


def test_an_optimizer_that_raises_has_crashed_and_its_evaluations_are_kept():
    run = simulate([ScriptedOptimizer([[1.0, 1.0]], error=RuntimeError("no"))], MaxTotalFunctionCalls(3), max_jobs=1)
    assert (run.view[1].how, run.view[1].note) == (How.CRASHED, "RuntimeError: no")
    assert run.view.calls == 3
    assert "Traceback" in run.view[1].notes[0][1]


def test_six_optimizers_that_die_at_birth_end_the_run_with_their_reasons():
    run = simulate([ScriptedOptimizer([], error=OSError("no licence"))], MaxTotalFunctionCalls(10), max_jobs=1)
    assert run.state.finished.rule == "failing optimizers"
    assert "OSError: no licence" in run.state.finished.why
    assert run.view.n_started == 6


def test_a_task_that_always_fails_ends_the_run_early():
    def task(x):
        raise FileNotFoundError("no such program: lmp")

    run = simulate([RandomSampling], MaxTotalFunctionCalls(10_000), task=task, max_jobs=1)
    assert run.state.finished.rule == "failing task"
    assert "FileNotFoundError: no such program: lmp (20 times)" in run.state.finished.why
    assert run.view.calls == 20


def test_a_task_that_fails_now_and_then_does_not_end_the_run():
    def task(x):
        if x[0] < 0:
            raise ValueError("negative")
        return x[0]

    run = simulate([RandomSampling], MaxTotalFunctionCalls(200), task=task, max_jobs=2)
    assert run.view.calls == 200
    assert 40 < run.view.failures < 160
    assert run.view.best.f >= 0


def test_a_target_ends_the_run():
    run = simulate([CMAOptimizer], TargetFunctionValue(1e-3) | MaxTotalFunctionCalls(5000), max_jobs=2)
    assert run.view.best.f <= 1e-3 + 1e-6
    assert run.view.calls < 5000


def test_credits_of_the_dead_go_to_the_living():
    run = simulate(
        [ScriptedOptimizer([[1, 1]] * 300), RandomSampling], MaxTotalFunctionCalls(2000), max_jobs=2, seconds=1e-4
    )
    assert sum(event.n for event in run.events if isinstance(event, Granted)) > run.view.calls == 2000


def test_thousands_of_workers_run_at_once():
    run = simulate([RandomSampling], MaxTotalFunctionCalls(2000), max_jobs=500, seconds=lambda o, x: 1 + x[0] ** 2)
    assert (run.view.calls, run.view.n_started) == (2000, 500)


class Faulty(BaseStopper):
    def __call__(self, log, best_opt_id, tested_opt_id):
        return log.get_history(tested_opt_id, "fx")[-1] > 1 / 0


def test_a_faulty_policy_ends_the_run_in_order_and_is_named():
    with pytest.raises(PolicyError, match=r"Faulty.*ZeroDivisionError"):
        simulate([RandomSampling], MaxTotalFunctionCalls(500), stoppers=Faulty(), max_jobs=2)


class Outside(BaseGenerator):
    def generate(self, manager):
        return manager.bounds[:, 1] + 1


def test_a_generator_that_leaves_the_bounds_is_named_with_the_value():
    with pytest.raises(PolicyError, match=r"Outside.*parameter 0 is 6.0, bounds \[-5.0, 5.0\]"):
        simulate([RandomSampling], MaxTotalFunctionCalls(5), generator=Outside())


class Counting(BaseExitCondition):
    def __call__(self, manager):
        return manager.f_counter >= 33


def test_a_user_condition_in_the_documented_form_ends_the_run():
    run = simulate([RandomSampling], Counting(), max_jobs=1)
    assert run.view.calls == 33


def test_a_blocking_minimiser_of_anybody_is_stopped_inside_its_function():
    def forever(f, x0, bounds):
        while True:
            with suppress(ValueError):
                f(x0)

    run = simulate([FunctionOptimizer(forever)], MaxTotalFunctionCalls(50), max_jobs=2)
    assert run.view.calls == 50


def test_close_optimizers_are_told_apart_by_distance():
    run = simulate(
        [ScriptedOptimizer([[1.0, 1.0]] * 500), ScriptedOptimizer([[1.01, 1.0]] * 500)],
        MaxOptimizersConverged(1),
        stoppers=ParameterDistance(None, 0.01),
        max_jobs=2,
    )
    assert run.view.stopped_by_rules[0] == 2
    assert run.view[2].how is How.STOPPED


def test_a_run_whose_selector_starts_none_again_ends_when_all_are_done():
    run = simulate(
        CycleSelector(ScriptedOptimizer([[1, 1]] * 3), allow_spawn=lambda manager: manager.o_counter < 2),
        MaxTotalFunctionCalls(1000),
        max_jobs=2,
    )
    assert run.state.finished.rule == "nothing left"
    assert run.view.calls == 6


class FreezeAt:
    """Put every optimizer to rest after `n` evaluations; wake them when `budget` is nearly used."""

    def __init__(self, n, wake_at):
        self.n = n
        self.wake_at = wake_at

    def freeze(self, view, opt):
        return Verdict(self.n <= len(view[opt]) < self.wake_at, "FreezeAt", f"{len(view[opt])} evaluations")

    def thaw(self, view):
        resting = [one for one in view.alive if one.phase is Phase.PAUSED]
        if resting and view.calls >= self.wake_at:
            return min(resting, key=lambda one: one.best).opt, Verdict(True, "FreezeAt", "late enough")
        return None


@pytest.mark.parametrize("kind", [RandomSampling, CMAOptimizer(workers=2), Scipy("Nelder-Mead")])
def test_who_rests_holds_no_slots_and_goes_on_where_it_was(kind):
    run = simulate(
        [kind], MaxTotalFunctionCalls(400), max_jobs=2, freezer=FreezeAt(20, 300), stopper_interval=5, bounds=BOX
    )
    kinds = [type(event) for event in run.events]
    assert kinds.count(PauseRequested) == kinds.count(Paused) >= 3
    assert kinds.count(ResumeRequested) == kinds.count(Resumed) >= 1
    assert run.view.calls == 400
    woken = next(event for event in run.events if isinstance(event, Resumed))
    assert len(run.view[woken.opt]) > woken.at_k
    assert same(replayed(run), run.state)


def test_a_rest_changes_nothing_in_what_the_optimizer_does():
    def path(freezer):
        run = simulate(
            CycleSelector(CMAOptimizer, allow_spawn=lambda manager: manager.o_counter < 1),
            MaxTotalFunctionCalls(200),
            max_jobs=1,
            freezer=freezer,
            bounds=BOX,
        )
        return run.view[1].trajectory.X

    np.testing.assert_array_equal(path(None), path(FreezeAt(50, 150)))


def test_when_all_rest_and_none_may_start_the_best_goes_on():
    once = CycleSelector(ScriptedOptimizer([[1.0, 1.0]] * 60), allow_spawn=lambda manager: manager.o_counter < 2)
    run = simulate(once, MaxTotalFunctionCalls(90), max_jobs=1, freezer=FreezeAt(10, 10_000))
    assert run.view.calls == 90
    assert "all optimizers rest" in next(e for e in run.events if isinstance(e, ResumeRequested)).verdict.why


class Waiting(BaseSelector):
    """Starts two, then none until one of them has made as many evaluations as it waits for."""

    def __init__(self, *options, evaluations):
        super().__init__(*options)
        self.evaluations = evaluations

    def select_optimizer(self, manager, slots_available):
        waits = manager.o_counter >= 2 and max(len(one) for one in manager.view) < self.evaluations
        return None if waits else self.options[0]


def waiting(evaluations, budget, **settings):
    """Return a run in which all are put to rest while the selector waits."""
    return simulate(
        Waiting(RandomSampling, evaluations=evaluations), MaxTotalFunctionCalls(budget), max_jobs=2,
        freezer=FreezeAt(10, 10_000), stopper_interval=5, **settings,
    )  # fmt: skip


def test_a_selector_that_waits_for_an_evaluation_while_all_rest_does_not_wait_for_ever():
    run = waiting(60, 200)
    assert run.view.calls == 200
    assert run.view.n_started > 2
    assert "all optimizers rest" in next(e for e in run.events if isinstance(e, ResumeRequested)).verdict.why


def test_one_held_back_by_the_user_rests_on_and_the_next_best_goes_on():
    run = waiting(1000, 80, asked=[(2.0, Request("pause", "ada", 1))])
    assert run.view.calls == 80
    assert {event.opt for event in run.events if isinstance(event, ResumeRequested)} == {2}


@pytest.mark.parametrize("n_started", [0, 1])
@pytest.mark.parametrize(("answer", "why"), [(False, "starts no more"), (None, "all 4 slots are free")])
def test_a_run_in_which_none_lives_and_none_starts_is_over(n_started, answer, why):
    class Few(BaseSelector):
        def select_optimizer(self, manager, slots_available):
            return self.options[0] if manager.o_counter < n_started else answer

    run = simulate(Few(RandomSampling(iters=5)), MaxTotalFunctionCalls(50))
    assert run.view.calls == 5 * n_started
    assert run.state.finished.rule == "nothing left"
    assert why in run.state.finished.why


@pytest.mark.parametrize("answer", [False, None])
def test_leaving_a_run_whose_selector_starts_none_any_more_does_not_finish_it(answer):
    class Once(BaseSelector):
        def select_optimizer(self, manager, slots_available):
            return self.options[0] if manager.o_counter < 2 else answer

    run = simulate(Once(RandomSampling), MaxTotalFunctionCalls(50), asked=[(5.0, Request("leave", "ada"))])
    assert run.state.finished is None
    assert (run.state.session_reason, run.view.calls) == ("interrupted", 10)


def test_the_paused_end_with_the_run():
    run = simulate([RandomSampling], MaxTotalFunctionCalls(100), max_jobs=1, freezer=FreezeAt(10, 10_000))
    assert {one.how for one in run.view} <= {How.STOPPED, How.CUT}
    assert run.view.n_started == 10


def test_a_small_budget_is_shared_evenly_however_fast_the_task_is():
    run = simulate([RandomSampling], MaxTotalFunctionCalls(400), max_jobs=2, seconds=1e-6)
    assert min(one.calls for one in run.view) >= 100

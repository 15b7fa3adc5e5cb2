"""What the seed's text promises to those who write optimizers, kept by the base class and the worker."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import glompo
from glompo import BaseOptimizer, MinimizeResult
from glompo.core.state.lifecycle import How
from glompo.events import IncumbentSent, IncumbentTaken, PauseRequested, ResumeRequested
from glompo.events.verdict import Verdict
from glompo.exit_conditions import MaxOptimizersConverged, MaxTotalFunctionCalls
from glompo.optimizer import OpenGate
from glompo.selectors import CycleSelector, NOptimizersSpawnStop
from glompo.testing import ScriptedOptimizer, simulate
from glompo.testing.contracts.bench import BenchLink, link_arguments
from glompo.testing.timeout import within
from glompo.wire.messages import DOWN
from glompo.worker.mailbox import Mailbox
from glompo.worker.optimizer_adapter import HoldGate, build

from .written import FromTheSeed, InTheEarlierSpelling

BOX = [(-5.0, 5.0)] * 2
WHY = Verdict(True, "a test")
PAUSE = DOWN.encode(PauseRequested(0.0, 1, "user", WHY))
RESUME = DOWN.encode(ResumeRequested(0.0, 1, "user", WHY))


def once(*options):
    """Return a selector that starts each option once."""
    return CycleSelector(*options, allow_spawn=NOptimizersSpawnStop(len(options)))


class Plain(BaseOptimizer):
    """Does what a test says."""

    def __init__(self, act, **kwargs):
        super().__init__(**kwargs)
        self.act = act
        self.reasons = []

    def minimize(self, function, x0, bounds):
        self.act(self, function, x0, bounds)
        return MinimizeResult(success=True)

    def callstop(self, reason):
        self.reasons.append(reason)


def played(act, **settings):
    """Return the run of one optimizer that does `act(self, function, x0, bounds)`."""
    return simulate(once((Plain, {"act": act})), MaxOptimizersConverged(1), bounds=BOX, max_jobs=1, **settings)


class TestConstruction:
    link = BenchLink(np.random.default_rng(0))

    @pytest.mark.parametrize("cls", [FromTheSeed, InTheEarlierSpelling])
    def test_both_spellings_arrive(self, cls):
        made = build(cls, (), {"step": 0.5}, {**link_arguments(self.link, 3, 2), "_is_log_detailed": True})
        assert (made.opt_id, made.workers, made.is_log_detailed, made.step) == (3, 2, True, 0.5)
        assert made.rng is self.link.rng

    def test_a_constructor_that_takes_nothing_is_seated_all_the_same(self):
        class Bare(FromTheSeed):
            def __init__(self):
                super().__init__()

        made = build(Bare, (), {}, {**link_arguments(self.link, 3, 2), "_is_log_detailed": True})
        assert (made.opt_id, made.workers, made.is_log_detailed) == (3, 2, True)

    def test_the_positional_orders_of_both_editions_mean_the_same(self):
        seed = FromTheSeed(4, None, None, None, True, 2, "threads")
        earlier = InTheEarlierSpelling(4, None, None, None, 2, "threads", True)
        for made in (seed, earlier):
            assert (made.opt_id, made.workers, made.is_log_detailed) == (4, 2, True)

    def test_minimize_kwargs_of_the_earlier_edition_are_handed_on(self):
        heard = []

        def callbacks(x, fx):
            heard.append(fx)
            return len(heard) == 5

        run = simulate(
            once((InTheEarlierSpelling, {}, {"callbacks": callbacks})),
            MaxOptimizersConverged(1),
            bounds=BOX,
            max_jobs=1,
        )
        assert len(heard) == 5
        assert run.view[1].calls == 6


class TestResult:
    def test_defaults_attributes_and_items(self):
        empty = MinimizeResult()
        assert (empty.success, empty.x, empty.fx, empty.stats, empty.origin) == (False, None, float("inf"), None, None)
        full = MinimizeResult(True, np.ones(2), 2.0, {"n": 1}, {"opt": 1})
        assert (full["success"], full["fx"], full.fun, full["stats"], full["origin"]) == (
            True,
            2.0,
            2.0,
            {"n": 1},
            {"opt": 1},
        )


class TestThePauseSignalIsAnEvent:
    def test_without_a_manager(self):
        gate = OpenGate()
        assert gate.wait(0.0) is True
        assert gate.is_set()

    def test_it_is_set_while_the_optimizer_may_go_on(self):
        mailbox = Mailbox(lambda data: None)
        gate = HoldGate(mailbox)
        assert gate.is_set()
        mailbox.put(PAUSE)
        assert not gate.is_set()
        mailbox.put(RESUME)
        assert gate.is_set()

    def test_a_timeout_ends_the_wait_and_says_so(self):
        mailbox = Mailbox(lambda data: None)
        mailbox.put(PAUSE)
        try:
            assert within(1.0, lambda: HoldGate(mailbox).wait(0.001)) is False
        finally:
            mailbox.put(RESUME)


class TestTheFunction:
    def test_it_takes_any_sequence_and_returns_a_float(self):
        values = []
        played(lambda self, function, x0, bounds: values.extend([function([1, 2]), function((1.0, 2.0))]))
        assert values == [5.0, 5.0]
        assert [type(value) for value in values] == [float, float]

    def test_the_caller_may_go_on_using_the_array_that_it_passed(self):
        def act(self, function, x0, bounds):
            x = np.zeros(2)
            for i in range(3):
                x[:] = i
                function(x)

        assert played(act).view[1].trajectory.X.tolist() == [[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]]

    def test_start_and_bounds_are_the_optimizers_own(self):
        def act(self, function, x0, bounds):
            x0[:] = 77
            bounds.clear()
            function(np.zeros(2))

        run = played(act, x0=np.ones(2))
        assert run.view[1].x0.tolist() == [1.0, 1.0]
        assert run.view.bounds.tolist() == [list(pair) for pair in BOX]

    def test_outside_the_bounds_it_is_inf_without_an_evaluation(self):
        called, values = [], []
        played(
            lambda self, function, x0, bounds: values.extend([function([9, 9]), function([0, 0])]),
            task=lambda x: called.append(x.tolist()) or 3.0,
        )
        assert (values, called) == ([float("inf"), 3.0], [[0.0, 0.0]])

    def test_several_threads_of_the_optimizer_may_call_it_at_once(self, tmp_path):
        """The number of workers is that of concurrent calculations "used by the optimizer": it may make them itself."""
        flying, most, lock = [0], [0], threading.Lock()
        together = threading.Barrier(3, timeout=30)

        class Parallel(FromTheSeed):
            def minimize(self, function, x0, bounds):
                with ThreadPoolExecutor(self.workers) as pool:
                    for _ in range(4):
                        points = list(self.rng.uniform(-5, 5, size=(self.workers, 2)))
                        values = list(pool.map(function, points))
                        self.incumbent = {"x": points[int(np.argmin(values))], "fx": min(values)}
                        self.check_messages()
                self.message_manager(0)
                return MinimizeResult(True, **self.incumbent)

        def task(x):
            with lock:
                flying[0] += 1
                most[0] = max(most[0], flying[0])
            together.wait()
            with lock:
                flying[0] -= 1
            return float(x @ x)

        result = within(
            60,
            lambda: glompo.minimize(
                task, BOX, optimizers=Parallel(workers=3), max_jobs=3, working_dir=tmp_path / "run"
            ),
        )
        assert (result.nfev, most) == (12, [3])
        assert result.optimizers[0].how == "converged"

    def test_a_detailed_task_can_be_called_in_detail_by_an_optimizer_that_can_use_that(self):
        """The function is described by the guide to BaseFunction, which offers detailed_call."""

        class Detailed:
            def __call__(self, x):
                return float(x @ x)

            def detailed_call(self, x):
                return float(x @ x), "more"

        answers = []
        run = played(
            lambda self, function, x0, bounds: answers.append(function.detailed_call(np.ones(2))), task=Detailed()
        )
        assert [tuple(answer) for answer in answers] == [(2.0, "more")]
        assert run.view.calls == 1


class TestTheIncumbent:
    def test_a_point_given_to_inject_is_the_optimizers_own(self):
        class Greedy(FromTheSeed):
            def inject(self, x, fx):
                super().inject(x, fx)
                x += 100.0  # it may do with it what it likes

        leader = ScriptedOptimizer([[0.5, 0.5]] * 50)
        run = simulate(
            once(Greedy, leader), MaxTotalFunctionCalls(60), bounds=BOX, x0=np.full(2, 4.0), max_jobs=2, share=True
        )
        assert run.view[1].how is not How.CRASHED, run.view[1].note
        sent = next(event for event in run.events if isinstance(event, IncumbentSent))
        taken = next(event for event in run.events if isinstance(event, IncumbentTaken))
        assert taken.x.tolist() == sent.x.tolist() == [0.5, 0.5]

    def test_a_worse_point_does_not_replace_it(self):
        one = FromTheSeed()
        one.inject(np.ones(2), 3.0)
        one.inject(np.zeros(2), 4.0)
        assert (one.incumbent["x"].tolist(), one.incumbent["fx"]) == ([1.0, 1.0], 3.0)


class TestMessages:
    def test_callstop_gets_the_reason_and_check_messages_the_key(self):
        keys, told = [], []

        def act(self, function, x0, bounds):
            while not self.reasons:
                function(np.ones(2))
                keys.extend(self.check_messages())
            told.extend(self.reasons)

        simulate(once((Plain, {"act": act})), MaxTotalFunctionCalls(5), bounds=BOX, max_jobs=1)
        assert keys == [1]
        assert told == ["MaxTotalFunctionCalls(n=5): 5 of 5 calls used"]

    def test_a_scaler_that_does_not_exist_ends_the_optimizer_and_not_the_run(self):
        class Scaled(FromTheSeed):
            scaler = "upside down"

        run = within(10, lambda: simulate([Scaled], MaxTotalFunctionCalls(10), bounds=BOX, max_jobs=1))
        assert run.state.finished.rule == "failing optimizers"
        assert "scaler is 'upside down'" in run.state.finished.why


class TestSaving:
    def saved(self, tmp_path, one, **names):
        one.checkpoint_save(tmp_path / "one", **names)
        return type(one).checkpoint_load(tmp_path / "one", _opt_id=9, _workers=3)

    def test_public_attributes_that_are_not_callable_come_back(self, tmp_path):
        one = FromTheSeed(step=0.25)
        one.trick, one._secret = print, 5
        again = self.saved(tmp_path, one)
        assert (again.step, again.is_restart, one.is_restart) == (0.25, True, False)
        assert set(vars(again)) & {"trick", "_secret"} == set()

    def test_names_can_be_forced_and_blocked(self, tmp_path):
        one = FromTheSeed(step=0.25)
        one.trick, one._secret = len, 5
        again = self.saved(tmp_path, one, force={"trick", "_secret"}, block={"step"})
        assert (again.trick, again._secret, again.step) == (len, 5, 0.2)

    def test_what_the_manager_supplies_anew_is_not_overwritten_by_what_was_saved(self, tmp_path):
        """The seed: "The manager will resupply multiprocessing parameters when the optimizer is reconstructed"."""
        again = self.saved(tmp_path, FromTheSeed(_workers=1, _is_log_detailed=True))
        assert (again.opt_id, again.workers, again.is_log_detailed) == (9, 3, False)

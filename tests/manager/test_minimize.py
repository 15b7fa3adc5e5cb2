"""Runs from the outside, on real threads and real files."""

import logging
import math
import re
import threading
from pathlib import Path

import numpy as np
import pytest

import glompo
from glompo.core.state.run_state import RunState
from glompo.core.state.snapshot import same
from glompo.errors import LeaseHeldError, OptimizersFailedError, PolicyError, RunExistsError, StoreError
from glompo.events import Evaluated
from glompo.exit_conditions import MaxOptimizersConverged, MaxOptimizersExhausted
from glompo.function import Status
from glompo.generators import SinglePointGenerator
from glompo.optimizers import CMAOptimizer, FunctionOptimizer, RandomSampling, Scipy
from glompo.problems import Rastrigin
from glompo.read import load
from glompo.read.export import to_csv
from glompo.selectors import CycleSelector
from glompo.stoppers import BaseStopper, BestUnmoving
from glompo.storage.journal import Journal
from glompo.storage.lease import Lease
from glompo.storage.reader import read_events

BOX = [(-5, 5)] * 3


def sphere(x):
    return float(x @ x)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_the_shortest_use_gives_a_result_and_a_run_directory():
    result = glompo.minimize(sphere, BOX, max_evaluations=400, rng=1)
    assert result.success
    assert result.nfev == 400
    assert result["fx"] == result.fun == result.fx < 1e-3
    assert result.run_dir.parent.name == "glompo_runs"
    assert (result.run_dir / "run.toml").read_text().startswith("task = ")
    assert result.stats["f_evals"] == 400
    assert {row.how for row in result.optimizers} <= {"converged", "exhausted", "stopped", "cut"}
    assert "400 of 400" in result.message


def test_without_a_budget_the_first_convergence_ends_the_run():
    result = glompo.minimize(sphere, BOX, optimizers=Scipy("L-BFGS-B"), rng=1)
    assert result.stats["opts_conv"] == 1
    assert result.optimizers[0].how == "converged"


def test_optimizers_that_converge_are_replaced_until_the_budget_is_used():
    calls = []

    def task(x):
        calls.append(1)
        return sphere(x)

    result = glompo.minimize(task, BOX, optimizers=RandomSampling(iters=7), max_evaluations=50, max_jobs=2, rng=0)
    assert len(calls) == result.nfev == 50
    assert len(result.optimizers) >= 8


@pytest.mark.parametrize("workers", [1, 3])
def test_budgets_are_exact_on_real_threads_with_batches(workers):
    calls = []

    def task(x):
        calls.append(1)
        return sphere(x)

    options = [CMAOptimizer(workers=workers), RandomSampling(workers=workers), Scipy()]
    result = glompo.minimize(task, BOX, optimizers=options, max_evaluations=501, max_jobs=8, rng=0)
    assert len(calls) == result.nfev == 501


def test_a_journal_read_back_is_the_run():
    result = glompo.minimize(
        Rastrigin(3), BOX, optimizers=[CMAOptimizer(workers=2), RandomSampling], max_evaluations=900, max_jobs=4,
        rng=3, share_best_solutions=True, stoppers=BestUnmoving(100), working_dir="run",
    )  # fmt: skip
    state, again = RunState(), RunState()
    for event in read_events(result.run_dir):
        state.apply(event)
        again.apply(event)
    assert same(state, again)
    assert (state.calls, state.best.f, state.finished is not None) == (900, result.fx, True)
    assert not state.session_open


def test_a_target_ends_the_run_early():
    result = glompo.minimize(sphere, BOX, target=1e-2, max_evaluations=5000, rng=1)
    assert result.fx <= 1e-2 + 1e-6
    assert result.nfev < 5000
    assert result.success


def test_x0_is_evaluated_first_and_in_natural_units():
    seen = []

    def task(x):
        seen.append(x.copy())
        return sphere(x)

    glompo.minimize(task, [(0, 10), (-3, -1)], x0=[2.0, -1.5], max_evaluations=20)
    np.testing.assert_array_equal(seen[0], [2.0, -1.5])


def test_fixed_parameters_reach_the_task_but_no_optimizer():
    seen = []

    def task(x):
        seen.append(x.copy())
        return float(x @ x)

    bounds = [(-5, 5), (2, 2), (-5, 5)]
    options = [CMAOptimizer, Scipy("Powell"), Scipy("L-BFGS-B"), RandomSampling]
    result = glompo.minimize(task, bounds, optimizers=options, max_evaluations=300, max_jobs=4, rng=2)
    assert {x[1] for x in seen} == {2.0}
    assert result.fx == pytest.approx(4.0, abs=1e-2)
    assert len(result.x) == 3


def test_one_dimension_is_enough():
    options = [CMAOptimizer, Scipy("COBYQA"), Scipy("Nelder-Mead"), RandomSampling]
    result = glompo.minimize(sphere, [(-5, 7)], optimizers=options, max_evaluations=400, max_jobs=4, rng=2)
    assert result.fx < 1e-4


def test_the_users_own_objects_are_left_alone():
    options = {"maxiter": 5}
    bounds = [[-1.0, 1.0], [-1.0, 1.0]]
    before = np.random.get_state()[1].tolist()
    handlers = list(logging.getLogger().handlers)
    glompo.minimize(sphere, bounds, optimizers=Scipy("Nelder-Mead", options), max_evaluations=30, rng=1)
    assert options == {"maxiter": 5}
    assert bounds == [[-1.0, 1.0], [-1.0, 1.0]]
    assert np.random.get_state()[1].tolist() == before
    assert logging.getLogger().handlers == handlers


def test_a_task_that_changes_its_argument_does_no_harm():
    def rude(x):
        value = float(x @ x)
        x[:] = 99.0
        return value

    result = glompo.minimize(rude, BOX, max_evaluations=300, rng=1)
    assert result.fx == pytest.approx(sphere(result.x))


@pytest.mark.parametrize(
    ("bad", "status", "reason"),
    [
        (lambda: math.nan, "invalid", "nan"),
        (lambda: -math.inf, "invalid", "-inf"),
        (lambda: None, "invalid", "None, not a number"),
        (lambda: np.zeros(3), "invalid", r"an array of shape \(3,\)"),
        (lambda: "3.0", "invalid", "'3.0'"),
        (lambda: 1 + 2j, "invalid", r"\(1\+2j\)"),
        (lambda: 1 / 0, "failed", "ZeroDivisionError"),
    ],
)
@pytest.mark.parametrize("optimizer", [CMAOptimizer, RandomSampling, Scipy("Nelder-Mead"), Scipy("L-BFGS-B")])
def test_what_is_no_value_is_recorded_with_its_status_and_harms_no_optimizer(bad, status, reason, optimizer):
    def task(x):
        return bad() if x[0] < 0 else sphere(x)

    result = glompo.minimize(task, BOX, optimizers=optimizer, max_evaluations=120, rng=4, working_dir="run")
    assert result.nfev == 120
    assert math.isfinite(result.fx)
    assert result.x[0] >= 0
    batches = [event for event in read_events(result.run_dir) if isinstance(event, Evaluated)]
    reasons = [why for batch in batches for _, why in batch.errors]
    assert reasons
    assert {Status(s) for b in batches for s in b.status} == {Status.OK, Status[status.upper()]}
    assert all(re.search(reason, why) for why in reasons)


def test_values_that_float_takes_are_values():
    for make in (int, np.float32, np.array, lambda v: np.array([v])):
        result = glompo.minimize(lambda x, make=make: make(3.0), BOX, optimizers=RandomSampling, max_evaluations=5)
        assert result.fx == 3.0


def test_infinity_and_huge_values_are_values():
    result = glompo.minimize(
        lambda x: math.inf if x[0] > 0 else 1e308, BOX, optimizers=[CMAOptimizer], max_evaluations=60, rng=1
    )
    assert result.fx == 1e308


def test_a_task_that_always_fails_raises_with_the_collected_reasons():
    def broken(x):
        raise ImportError("no module named lammps")

    with pytest.raises(glompo.TaskFailedError, match=r"(\d+) of \1 .* ImportError: no module named lammps") as caught:
        glompo.minimize(broken, BOX, max_evaluations=5000, max_jobs=1)
    assert 20 <= caught.value.result.nfev < 5000
    assert caught.value.result.run_dir.is_dir()


def test_the_failure_policy_raise_ends_at_the_first_failure():
    def task(x):
        if len(calls) == 7:
            raise ValueError("seven")
        calls.append(1)
        return 1.0

    calls = []
    result = glompo.minimize(
        task, BOX, optimizers=RandomSampling, max_evaluations=500, failure_policy="raise", max_jobs=1
    )
    assert not result.success
    assert "ValueError: seven" in result.message
    assert result.nfev >= 8


def test_worst_seen_hands_the_optimizer_the_worst_valid_value():
    got = []

    def minimiser(f, x0, bounds):
        for v in (1.0, 3.0, -1.0):
            got.append(f(np.full(3, v)))

    def task(x):
        if x[0] < 0:
            raise ValueError("no")
        return float(x[0])

    glompo.minimize(
        task, BOX, optimizers=FunctionOptimizer(minimiser), exit_conditions=MaxOptimizersConverged(1), max_jobs=1,
        failure_policy="worst_seen",
    )  # fmt: skip
    assert got == [1.0, 3.0, 3.0]


@pytest.mark.parametrize("workers", [1, 3])
def test_a_failed_evaluation_is_tried_again_and_every_attempt_is_a_recorded_call(workers):
    calls = {}

    def flaky(x):
        key = x.tobytes()
        calls[key] = calls.get(key, 0) + 1
        if calls[key] <= 2:
            raise OSError("licence server busy")
        return sphere(x)

    result = glompo.minimize(
        flaky, BOX, optimizers=RandomSampling(workers=workers), max_evaluations=30, max_jobs=3, rng=1,
        failure_policy=["retry(2)", "worst_seen"],
    )  # fmt: skip
    batches = [event for event in read_events(result.run_dir) if isinstance(event, Evaluated)]
    statuses = [Status(s) for batch in batches for s in batch.status]
    assert sum(calls.values()) == result.nfev == 30
    assert statuses.count(Status.RETRIED) >= 2 * statuses.count(Status.OK) > 0
    assert Status.FAILED not in statuses


def test_a_penalty_can_be_a_number_of_the_users():
    got = []

    def minimiser(f, x0, bounds):
        got.append(f(x0))

    def task(x):
        raise ValueError("no")

    with pytest.raises(glompo.UserError):
        glompo.minimize(
            task, BOX, optimizers=FunctionOptimizer(minimiser), max_evaluations=30, failure_policy="penalize(1e6)"
        )
    assert set(got) == {1e6}


def test_optimizers_that_cannot_start_end_the_run_with_an_error():
    class Stillborn(RandomSampling):
        def minimize(self, function, x0, bounds):
            raise RuntimeError("out of licences")

    with pytest.raises(OptimizersFailedError, match="out of licences"):
        glompo.minimize(sphere, BOX, optimizers=Stillborn, max_evaluations=100)


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"task": 5}, TypeError, "the task is 5, which cannot be called"),
        ({"task": "nowhere:f"}, ValueError, "'nowhere:f' cannot be imported"),
        ({"task": "math:sinn"}, ValueError, "did you mean 'sin'"),
        ({"task": "math"}, ValueError, "'module:name'"),
        ({"max_evaluations": 0}, ValueError, "max_evaluations is 0"),
        ({"max_evaluations": -5}, ValueError, "max_evaluations is -5"),
        ({"max_evaluations": 2.5}, TypeError, "max_evaluations is 2.5"),
        ({"names": 5}, ValueError, "names are 5"),
        ({"rng": True}, TypeError, "rng is True"),
        ({"max_seconds": 0}, ValueError, "max_seconds is 0"),
        ({"max_seconds": math.nan}, ValueError, "nan"),
        ({"max_jobs": 0}, ValueError, "max_jobs is 0"),
        ({"max_jobs": 1.5}, TypeError, "max_jobs is 1.5"),
        ({"optimizers": dict}, TypeError, "subclass of glompo.BaseOptimizer"),
        ({"optimizers": [RandomSampling, "CMA"]}, ValueError, "there is no optimizer 'CMA'"),
        ({"optimizers": []}, ValueError, "no optimizer"),
        ({"optimizers": glompo.BaseOptimizer}, TypeError, "callstop, minimize"),
        ({"optimizers": CMAOptimizer(workers=9)}, ValueError, r"needs 9 slots .* the run has 2"),
        ({"x0": [9, 9, 9]}, ValueError, "parameter 0 is 9.0"),
        ({"bounds": [(1, 0)] * 3}, ValueError, "reversed"),
        ({"stopers": 1}, TypeError, "did you mean 'stoppers'"),
        ({"hunt_frequency": 1}, TypeError, "'stopper_interval' here"),
        ({"stoppers": 5}, TypeError, "stoppers is 5"),
        ({"exit_conditions": lambda manager: True}, TypeError, "exit_conditions is"),
        ({"x0_generator": RandomSampling}, TypeError, "x0_generator is"),
        ({"rng": -1}, TypeError, "rng is -1"),
        ({"failure_policy": "ignore"}, ValueError, "failure_policy is 'ignore'"),
        ({"failure_policy": "retry"}, ValueError, "'retry'; use 'penalize'"),
        ({"failure_policy": "penalize(nan)"}, ValueError, "must be a number"),
        ({"failure_policy": 3}, TypeError, "failure_policy is 3"),
        ({"max_failure_rate": 0}, ValueError, "max_failure_rate is 0"),
        ({"durability": "sometimes"}, ValueError, "durability is 'sometimes'"),
        ({"backend": "fibres"}, ValueError, "backend is 'fibres'"),
        ({"is_log_detailed": True}, ValueError, "no detailed_call"),
        ({"names": ["a", "a", "b"]}, ValueError, "give 3 different ones"),
        ({"stopper_interval": 0}, ValueError, "stopper_interval is 0"),
        ({"share_best_solutions": 1}, TypeError, "share_best_solutions is 1"),
        ({"progress": "yes"}, TypeError, "progress is 'yes'"),
        ({"working_dir": 5}, TypeError, "working_dir is 5"),
        ({"optimizers": RandomSampling, "opt_selector": RandomSampling}, ValueError, "give one of them"),
        ({"opt_selector": CycleSelector}, TypeError, "the class CycleSelector"),
    ],
)
def test_bad_input_gives_one_clear_sentence_and_writes_nothing(settings, error, message, tmp_path):
    with pytest.raises(error, match=message) as caught:
        glompo.minimize(**{"task": sphere, "bounds": BOX, "max_jobs": 2, "max_evaluations": 10, **settings})
    assert isinstance(caught.value, glompo.UserError)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_directory_with_another_run_is_refused_and_left_alone():
    first = glompo.minimize(sphere, BOX, max_evaluations=20, working_dir="run", rng=1)
    before = [path for path in first.run_dir.rglob("*") if "lease" not in path.parts]
    with pytest.raises(RunExistsError, match="overwrite_existing=True"):
        glompo.minimize(sphere, BOX, max_evaluations=20, working_dir="run")
    assert [path for path in before if not path.exists()] == []
    assert sum(1 for _ in read_events(first.run_dir)) > 0


def test_overwriting_sets_the_earlier_run_aside():
    first = glompo.minimize(sphere, BOX, max_evaluations=20, working_dir="run", rng=1)
    glompo.minimize(sphere, BOX, max_evaluations=30, working_dir="run", rng=1, overwrite_existing=True)
    (past,) = (first.run_dir / "replaced").iterdir()
    states = [RunState(), RunState()]
    for state, place in zip(states, (past, first.run_dir), strict=True):
        for event in read_events(place):
            state.apply(event)
    assert [state.calls for state in states] == [20, 30]


def test_a_directory_held_by_a_living_run_is_refused(tmp_path):
    (tmp_path / "run").mkdir()
    with Lease.acquire(tmp_path / "run"), pytest.raises(LeaseHeldError):
        glompo.minimize(sphere, BOX, max_evaluations=20, working_dir="run")


def test_a_faulty_observer_does_not_disturb_the_run(caplog):
    class Faulty:
        def update(self, view):
            raise RuntimeError("no screen")

        def close(self, view):
            raise RuntimeError("no screen")

    result = glompo.minimize(sphere, BOX, max_evaluations=50, progress=Faulty())
    assert result.nfev == 50
    assert "no screen" in caplog.text


def test_a_detailed_task_is_called_once_per_evaluation_and_recorded_in_order():
    class Task(glompo.BaseFunction):
        calls = 0

        def __call__(self, x):
            raise AssertionError("the original call is intercepted")

        def detailed_call(self, x):
            Task.calls += 1
            return sphere(x), "zeta", float(x[0]), x.copy()

    result = glompo.minimize(
        Task(), BOX, optimizers=RandomSampling, max_evaluations=15, is_log_detailed=True, rng=1, max_jobs=1
    )
    assert Task.calls == 15
    rows = [
        (x, row)
        for event in read_events(result.run_dir)
        if isinstance(event, Evaluated)
        for x, row in zip(event.X, event.extras, strict=True)
    ]
    assert len(rows) == 15
    for x, (word, first, vector) in rows:
        assert (word, first) == ("zeta", x[0])
        np.testing.assert_array_equal(vector, x)


def test_a_manager_in_the_documented_form():
    manager = glompo.GloMPOManager()
    assert not manager.is_initialised
    with pytest.raises(glompo.UserError, match=r"call setup\(\.\.\.\) first"):
        manager.start_manager()
    manager.setup(
        sphere, BOX, CycleSelector(RandomSampling(iters=10)), "run", exit_conditions=MaxOptimizersExhausted(2),
        x0_generator=SinglePointGenerator([1.0, 1.0, 1.0]), max_jobs=1, rng=1, summary_files=1,
    )  # fmt: skip
    assert manager.is_initialised
    with pytest.raises(glompo.UserError, match="set up already"):
        manager.setup(sphere, BOX, RandomSampling)
    result = manager.start_manager()
    assert set(result.stats) >= {"f_evals", "opts_started", "opts_killed", "opts_conv", "end_cond"}
    assert (result.stats["f_evals"], result.stats["opts_started"], result.stats["opts_conv"]) == (20, 2, 0)
    assert set(result.origin) == {"opt_id", "type"}
    assert (result.run_dir / "glompo_manager_log.yml").exists()


def test_the_same_seed_starts_the_same_places():
    def starts(rng):
        result = glompo.minimize(
            sphere, BOX, optimizers=RandomSampling(iters=2), max_evaluations=8, rng=rng, max_jobs=1
        )
        return [row.best_x.tolist() for row in result.optimizers]

    assert starts(5) == starts(5) != starts(6)


def test_a_detailed_log_needs_a_detailed_task_and_names_its_columns():
    class Plain(glompo.BaseFunction):
        def __call__(self, x):
            return sphere(x)

    class Named(Plain):
        def detailed_call(self, x):
            return sphere(x), float(x[0]), "b"

        def headers(self):
            return {"zeta": float, "alpha": str}

    with pytest.raises(glompo.UserError, match="has no detailed_call"):
        glompo.minimize(Plain(), BOX, max_evaluations=5, is_log_detailed=True)
    result = glompo.minimize(Named(), BOX, max_evaluations=5, is_log_detailed=True)
    header = to_csv(result.run_dir, "out.csv").read_text().splitlines()[0]
    assert header.endswith("zeta,alpha")


def test_a_full_disk_ends_the_run_with_an_error_and_keeps_what_was_written(monkeypatch):
    written = Journal.append

    def full(self, events):
        if any(isinstance(event, Evaluated) for event in events) and self.position.offset > 20_000:
            raise StoreError("no space left on the device")
        written(self, events)

    monkeypatch.setattr(Journal, "append", full)
    with pytest.raises(StoreError, match="no space left"):
        glompo.minimize(sphere, BOX, optimizers=RandomSampling, max_evaluations=100_000, working_dir="run", max_jobs=2)
    state = RunState()
    for event in read_events(Path("run")):
        state.apply(event)
    assert state.calls > 0
    assert [t.name for t in threading.enumerate() if t.name.startswith("glompo-optimizer")] == []


@pytest.mark.parametrize("scaler", ["none", "linear", "std", ["log", "linear"]])
def test_records_keep_natural_units_whatever_the_scale(scaler):
    seen = []

    def task(x):
        seen.append(x.copy())
        return float(np.log10(x[0]) ** 2 + (x[1] - 2) ** 2)

    bounds = [(1e-6, 1e4), (-5, 5)]
    result = glompo.minimize(
        task, bounds, optimizers=Scipy("Nelder-Mead"), x0=[1e-3, 0.0], scaler=scaler, max_evaluations=200, max_jobs=1
    )
    np.testing.assert_allclose(seen[0], [1e-3, 0.0], atol=1e-9)
    points = np.vstack([e.X for e in read_events(result.run_dir) if isinstance(e, Evaluated)])
    np.testing.assert_array_equal(points[:200], np.array(seen)[:200])
    if scaler == ["log", "linear"]:
        assert result.fx < 1e-3


class RaisesLate(BaseStopper):
    """A stopper that breaks when an optimizer is no longer young."""

    def __call__(self, log, best_opt_id, tested_opt_id):
        return len(log.get_history(tested_opt_id, "fx")) > 30 and 1 / 0


def test_a_policy_that_raises_ends_the_run_in_order_and_the_error_has_what_was_found():
    with pytest.raises(PolicyError, match=r"RaisesLate\(\) raised ZeroDivisionError.* the records are in ") as raised:
        glompo.minimize(
            sphere, BOX, optimizers=RandomSampling, stoppers=RaisesLate(), stop_best=True, max_evaluations=1_000_000,
            max_jobs=2, rng=1,
        )  # fmt: skip
    result = raised.value.result
    assert 30 < result.nfev == load(result.run_dir).view.calls < 1_000_000
    assert result.fx < 75
    assert not [one for one in result.optimizers if one.how is None]


@pytest.mark.parametrize(
    ("optimizers", "kinds"),
    [
        ("RandomSampling", ["RandomSampling"]),
        ("glompo.optimizers:RandomSampling", ["RandomSampling"]),
        (["RandomSampling", ("GridSampling", {"n": 3}), RandomSampling(iters=3)], ["RandomSampling", "GridSampling"]),
    ],
)
def test_optimizers_may_be_given_by_name(optimizers, kinds, tmp_path):
    result = glompo.minimize(
        lambda x: x @ x, [(-1, 1)], optimizers=optimizers, max_evaluations=9, max_jobs=2, working_dir=tmp_path / "run"
    )
    assert [row.kind for row in result.optimizers][: len(kinds)] == kinds


def test_a_slip_in_the_name_of_an_optimizer_is_told():
    with pytest.raises(glompo.UserError, match="did you mean 'CMAOptimizer'"):
        glompo.minimize(lambda x: x @ x, [(-1, 1)], optimizers=["CMAOptimiser"])

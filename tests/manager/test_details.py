"""More than a value: residuals and extras, wherever they are computed, recorded, exported, watched and replayed."""

import csv
import io
import math
import os
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

import glompo
from glompo.errors import TaskContractError
from glompo.events import Evaluated, Recovered
from glompo.function import Outcome
from glompo.optimizer import BaseOptimizer, MinimizeResult
from glompo.optimizers import CMAOptimizer, LeastSquares, RandomSampling
from glompo.read import load, rows
from glompo.read.export import write_csv
from glompo.stoppers import BaseStopper
from glompo.storage import framing
from glompo.storage.reader import read_events
from glompo.worker import batch as limits

BOX = [(-5.12, 5.12)] * 3


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


class ByMethod:
    """Residuals as a method; the last tells in which process they were computed, and its square is next to nothing."""

    def __call__(self, x):
        r = self.residuals(x)
        return float(r @ r)

    def residuals(self, x):
        return np.array([*(x - 1.0), *np.sin(3 * x), os.getpid() * 1e-12])


class ByHeader:
    def __call__(self, x):
        return self.detailed_call(x)[0]

    def detailed_call(self, x):
        r = np.concatenate([x, np.sin(3 * x)])
        return float(r @ r), float(abs(x[0])), r

    def headers(self):
        return {"fx": float, "validation": float, "residuals": np.ndarray}


class Failing(ByHeader):
    """Raises in one stripe, is infinite in another."""

    def detailed_call(self, x):
        if 0.5 < x[0] < 1.5:
            raise ArithmeticError("no")
        if -1.5 < x[1] < -1.0:
            return math.inf, 0.0, np.full(6, math.inf)
        return super().detailed_call(x)


class Undeclared:
    def __call__(self, x):
        return self.detailed_call(x)[0]

    def detailed_call(self, x):
        return float(x @ x), *x.tolist()


def run(task, name="run", **settings):
    usual = {"optimizers": LeastSquares, "max_jobs": 1, "rng": 7, "stoppers": (), "max_evaluations": 40}
    return glompo.minimize(task, BOX, working_dir=name, **{**usual, **settings})


def batches(name="run"):
    return [event for event in read_events(Path(name)) if isinstance(event, Evaluated)]


def table(name="run"):
    file = io.StringIO()
    write_csv(name, file)
    lines = list(csv.reader(io.StringIO(file.getvalue())))
    assert len(set(lines[0])) == len(lines[0])
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


# where residuals are computed

WHERE = {
    "inline": lambda: {},
    "processes": lambda: {"backend": "processes"},
    "pool": lambda: {"evaluator": "pool"},
    "threads": lambda: {"evaluator": ThreadPoolExecutor(1)},
    "executor": lambda: {"evaluator": ProcessPoolExecutor(1, mp_context=get_context("spawn"))},
}


@pytest.mark.parametrize("where", WHERE)
def test_the_declaration_travels_and_residuals_are_computed_where_all_else_is(where):
    settings = WHERE[where]()
    result = run(ByMethod(), optimizers=LeastSquares(), max_evaluations=12, **settings)
    if not isinstance(settings.get("evaluator", ""), str):
        settings["evaluator"].shutdown()
    vectors = [row[-1] for batch in batches() for row in batch.extras if row]
    assert len(vectors) == result.nfev - len(result.optimizers)  # but the first of each, which is the task's own value
    here = {round(vector[-1] * 1e12) == os.getpid() for vector in vectors}
    assert here == {where in ("inline", "threads")}
    assert set(table()[1]) >= {"residuals"}


def test_others_see_the_task_itself_beside_residuals():
    result = run(ByMethod(), optimizers=[LeastSquares(), RandomSampling()], max_jobs=2, max_evaluations=30)
    assert result.nfev == 30
    by = {batch.opt: any(batch.extras) for batch in batches()}
    assert by[1]
    assert not by[2]


class OneValue:
    """An evaluator of the user's, that gives values only."""

    def evaluate(self, x):
        return Outcome(1.0)

    def submit(self, x):
        future = Future()
        future.set_result(self.evaluate(x))
        return future

    def resize(self, workers):
        pass

    def close(self, kill=False):
        pass


def test_an_evaluator_of_the_user_s_must_give_residuals_itself():
    with pytest.raises(TaskContractError, match="the evaluator gave no residuals"):
        run(ByMethod(), evaluator=OneValue())


@pytest.mark.parametrize("task", [Undeclared(), lambda x: 1.0])
def test_an_undeclared_task_is_refused_before_anything_is_written(task):
    with pytest.raises(glompo.UserError, match="the task declares none; give it a method residuals"):
        run(task)
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(
    ("columns", "message"),
    [(["gone"], "columns of LeastSquares names 'gone', but headers"), ([5], r"detailed_call returns 2 extra values")],
)
def test_columns_that_there_are_not_are_refused_before_anything_is_written(columns, message):
    with pytest.raises(glompo.UserError, match=message):
        run(ByHeader(), optimizers=LeastSquares(columns=columns))
    assert list(Path().iterdir()) == []


def test_half_a_sum_of_squares_ends_the_run_with_the_figures():
    class Half(ByMethod):
        def __call__(self, x):
            return 0.5 * super().__call__(x)

    with pytest.raises(
        TaskContractError, match=r"if it is always 0\.5 times that sum, multiply them by 0\.707107"
    ) as told:
        run(Half())
    assert told.value.result.nfev == 2


# what an optimizer took in is replayed


class Watcher(BaseOptimizer):
    """Goes downhill in an extra value, which it sees by itself, with steps drawn at random."""

    def minimize(self, function, x0, bounds):
        low, high = np.array(bounds).T
        x, seen = np.array(x0), function.detailed_call(x0)
        while not self.stopped:
            y = np.clip(x + self.rng.normal(size=len(x)), low, high)
            rows = [function.detailed_call(y)] if self.workers == 1 else []
            if not rows:
                rows = [(fx, *more) for fx, more in function.map_detailed([y, (low + y) / 2])]
            for row in rows:
                if len(row) > 1 and (len(seen) == 1 or row[1] < seen[1]):
                    x, seen = y, row
            self.check_messages()
        return MinimizeResult(True, x, seen[0])

    stopped = False

    def callstop(self, reason=""):
        self.stopped = True


@pytest.mark.parametrize("failures", ["penalize", "worst_seen"])
@pytest.mark.parametrize(
    "optimizers",
    [
        LeastSquares(),
        LeastSquares(workers=2),
        LeastSquares(columns=["residuals"]),
        LeastSquares(is_log_detailed=True),
        Watcher(),
        Watcher(workers=2),
    ],
    ids=["alone", "side by side", "columns", "logged", "watcher", "watcher side by side"],
)
@pytest.mark.parametrize("task", [ByMethod, Failing])
def test_it_comes_back_by_replay_bit_for_bit_whatever_is_logged(task, optimizers, failures):
    if task is ByMethod and (getattr(optimizers, "columns", True) or optimizers.is_log_detailed):
        optimizers = LeastSquares(workers=3)  # the others need detailed calls
    settings = {
        "optimizers": optimizers, "max_jobs": optimizers.workers, "resume": "auto", "deterministic": True,
        "scaler": "linear", "share_best_solutions": True, "failure_policy": failures, "x0": [-4.0, 4.0, 3.0],
    }  # fmt: skip
    run(task(), "whole", max_evaluations=40, **settings)
    for budget in (17, 40):
        run(task(), "cut", max_evaluations=budget, **settings)
    ways = [event.way for event in read_events(Path("cut")) if isinstance(event, Recovered)]
    assert set(ways) == {"replay"}
    for opt in {batch.opt for batch in batches("whole")}:
        paths = [[(b.X, b.f) for b in batches(name) if b.opt == opt] for name in ("whole", "cut")]
        (X, f), (Y, g) = [(np.vstack([x for x, _ in path]), np.hstack([v for _, v in path])) for path in paths]
        np.testing.assert_array_equal(X, Y)
        np.testing.assert_array_equal(f, g)


def test_extras_are_recorded_only_of_those_who_took_them_in():
    run(ByHeader(), optimizers=[CMAOptimizer(), LeastSquares()], max_jobs=2, max_evaluations=60)
    detailed = {batch.opt for batch in batches() if batch.extras}
    kinds = {row.opt_id: row.kind for row in load("run").result.optimizers}
    assert {kinds[opt] for opt in detailed} == {"LeastSquares"}


# headers and extras


def named(headers, *extras):
    class Task:
        def __init__(self):
            self.calls = 0

        def __call__(self, x):
            return float(x @ x)

        def detailed_call(self, x):
            self.calls += 1
            return (float(x @ x), *(extra(x) if callable(extra) else extra for extra in extras))

        def headers(self):
            return headers() if callable(headers) else headers

    return Task()


def logged(task, **settings):
    given = {"optimizers": RandomSampling(), "max_evaluations": 3, "is_log_detailed": True, **settings}
    return run(task, **given)


@pytest.mark.parametrize(
    ("headers", "extras", "message"),
    [
        ({"a": float}, (1.0, 2.0), r"returned 2 extra values, \(1.0, 2.0\), but headers\(\) names 1, \(a\)"),
        ({"fx": float, "a": float, "b": float}, (1.0,), r"returned 1 extra values, .* names 2, \(a, b\)"),
        ({"a": float, "b": str}, ("text", 1.0), r"returned 'text' for 'a', but headers\(\) says float"),
        ({"a": str}, (1.0,), "says str"),
        ({"a": float}, (np.zeros(3),), r"an array of shape \(3,\) for 'a'"),
        ({"a": np.ndarray}, ("text",), "says ndarray"),
    ],
)
def test_headers_that_do_not_match_end_the_run_at_the_first_evaluation_and_nothing_is_kept(headers, extras, message):
    with pytest.raises(TaskContractError, match=message) as told:
        logged(named(headers, *extras))
    assert told.value.result.nfev == 1
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("settings", [{"evaluator": "pool"}, {"backend": "processes"}])
def test_they_do_so_in_other_processes_and_in_batches(settings):
    optimizer = RandomSampling(workers=2)
    with pytest.raises(TaskContractError, match="returned 2 extra values"):
        logged(named({"a": float}, 1.0, 2.0), optimizers=optimizer, max_jobs=2, max_evaluations=30, **settings)


def test_extras_that_vary_end_the_run():
    class Varies(Undeclared):
        calls = 0

        def detailed_call(self, x):
            self.calls += 1
            return float(x @ x), *x.tolist()[: self.calls]

    with pytest.raises(TaskContractError, match="returned 1 extra values, then 2; let it return as many"):
        logged(Varies())


def test_headers_that_change_are_refused():
    task = named(lambda: {"a" if task.calls == 0 else "b": float}, 1.0)
    with pytest.raises(TaskContractError, match=r"headers\(\) named \(a\) at first, now \(b\)"):
        logged(task)


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        (["a", "a"], "'a' cannot be told from another"),
        ({"a": float, "fx": float}, "'fx' cannot be told"),
        ({1: float, "1": float}, "'1' cannot be told"),
        (5, "raised TypeError"),
        (lambda: 1 / 0, "raised ZeroDivisionError"),
    ],
)
def test_headers_that_cannot_be_meant_are_refused_before_anything_is_written(headers, message):
    with pytest.raises(glompo.UserError, match=message):
        logged(named(headers, 1.0, 2.0))
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("given", [{"fx": float, "a": float}, ["a"], {"a": "float"}, {"a": None}])
def test_forms_of_headers(given):
    logged(named(given, lambda x: x[0]))
    assert [row["a"] for row in table()] == [row["x0"] for row in table()]


def test_no_column_of_an_export_has_the_name_of_another():
    task = named({"time": float, "x0": float, "extra:time": float, "value": float}, 1.0, 2.0, 3.0, 4.0)
    logged(task, names=["x0", "status", "p"])
    (row, *_) = table()
    assert [row[name] for name in ("extra:time", "extra:x0", "extra:extra:time", "extra:value")] == [
        "1.0",
        "2.0",
        "3.0",
        "4.0",
    ]
    assert row["status"] == "ok"
    assert float(row["parameter:status"]) == next(rows("run")).x[1]


def test_failed_evaluations_need_not_have_all_extras():
    class Gives(ByHeader):
        def detailed_call(self, x):
            return (math.inf,) if x[0] > 0 else (math.nan, 5.0) if x[1] > 0 else super().detailed_call(x)

    result = logged(Gives(), max_evaluations=30)
    assert result.nfev == 30
    assert {row["validation"] for row in table() if row["status"] != "ok" or row["value"] == "inf"} == {""}


def test_a_resumed_run_keeps_its_headers():
    logged(named({"a": float}, 1.0))
    with pytest.raises(glompo.UserError, match=r"extra values are called \(a\), this task calls them \(b\)"):
        logged(named({"b": float}, 1.0), resume="must", resume_task="changed", max_evaluations=9)


@pytest.mark.parametrize("extra", [1j, np.array([None, 1], dtype=object), object()])
def test_extras_that_cannot_be_recorded_fail_their_evaluation_and_no_more(extra):
    result = logged(named({"a": None, "b": float}, lambda x: extra if x[0] > 0 else 1.0, 2.0), max_evaluations=20)
    assert result.nfev == 20
    assert {row.status for row in rows("run")} == {"ok", "invalid"}
    assert "cannot be recorded" in batches()[-1].errors[0][1] if batches()[-1].errors else True


# what is logged, and what policies see of it


class Bare(BaseOptimizer):
    """One that always wants its details logged."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.is_log_detailed = True

    def minimize(self, function, x0, bounds):
        values = [function(np.array(x0) * part) for part in (1.0, 0.5, 0.2)]
        assert all(isinstance(value, float) for value in values)
        return MinimizeResult(True, x0, min(values))

    def callstop(self, reason=""):
        pass


@pytest.mark.parametrize(
    ("optimizer", "run_logs", "its_own"),
    [
        (RandomSampling(is_log_detailed=True), False, True),
        (RandomSampling(is_log_detailed=False), True, False),
        (RandomSampling(), True, True),
        (RandomSampling(), False, False),
        (Bare, False, True),
    ],
)
def test_an_optimizer_s_own_setting_of_logging_comes_before_that_of_the_run(optimizer, run_logs, its_own):
    run(ByHeader(), optimizers=optimizer, is_log_detailed=run_logs, max_evaluations=3)
    assert all(bool(batch.extras) is its_own for batch in batches())


def test_logging_of_an_optimizer_needs_a_detailed_call():
    with pytest.raises(glompo.UserError, match="is_log_detailed of RandomSampling is set, but the task"):
        run(lambda x: 1.0, optimizers=RandomSampling(is_log_detailed=True))
    assert list(Path().iterdir()) == []


class Watching(BaseStopper):
    """Stops one whose validation loss is small, and keeps what it saw."""

    seen: ClassVar[dict] = {}

    def __call__(self, log, best_opt_id, tested_opt_id):
        track = log.get_history(tested_opt_id, "validation")
        self.seen["both"] = len(track), log.len(tested_opt_id), track.dtype, log.get_history(tested_opt_id)
        return bool(np.nanmin(track) < 0.5)


def test_a_stopper_can_watch_any_extra_value():
    result = logged(ByHeader(), stoppers=Watching(), stopper_interval=1, stop_best=True, max_evaluations=200)
    stopped = [row for row in result.optimizers if row.how == "stopped"]
    assert stopped
    n, all_n, dtype, everything = Watching.seen["both"]
    assert (n, dtype) == (all_n, np.float64)
    assert set(everything) >= {"call_id", "x", "fx", "validation", "residuals"}
    assert everything["residuals"].dtype == object
    first = [row.extras[0] for row in rows("run") if row.opt == stopped[0].opt_id]
    assert min(first) < 0.5


def test_a_track_of_a_name_of_ours_has_a_prefix():
    logged(named({"time": float}, 7.0))
    log = glompo.core.views.manager_view.LogView(load("run").view)
    assert log.get_history(1, "extra:time").tolist() == [7.0] * 3
    assert log.get_history(1, "time").tolist() != [7.0] * 3
    with pytest.raises(glompo.UserError, match=r"it has call_id, x, .*, extra:time"):
        log.get_history(1, "nothing")


# how large


def test_details_beyond_the_limit_of_a_record_are_split_over_several(monkeypatch):
    monkeypatch.setattr(framing, "LENGTH_LIMIT", 20_000)
    monkeypatch.setattr("glompo.worker.mailbox.BATCH_BYTES", 9_000)
    logged(named({"a": np.ndarray}, np.zeros(1000)), optimizers=RandomSampling(), max_evaluations=12, max_jobs=2)
    assert [len(row.extras[0]) for row in rows("run")] == [1000] * 12


def test_one_evaluation_with_too_many_details_fails_and_no_more(monkeypatch):
    monkeypatch.setattr(limits, "EXTRAS_LIMIT", 5_000)
    result = logged(named({"a": np.ndarray}, lambda x: np.zeros(10 if x[0] > 0 else 1000)), max_evaluations=20)
    assert result.nfev == 20
    reasons = {reason for batch in batches() for _, reason in batch.errors}
    assert len(reasons) == 1
    assert "5000 can be recorded of one evaluation; write what is so large into a file" in reasons.pop()

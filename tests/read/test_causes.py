"""Failures are grouped by cause, stops are counted by rule, and parameters stand with their names."""

from __future__ import annotations

import numpy as np
import pytest

import glompo
from glompo.function import Status, cause_of, kept_in, scratch_of
from glompo.optimizers import RandomSampling
from glompo.read import load, rows
from glompo.read.hdf5 import to_hdf5
from glompo.read.summary import summarize
from glompo.show import formatting
from glompo.stoppers import BestUnmoving, CatchUp, MaxFuncCalls, MinFuncCalls, OptimizerType
from glompo.testing.histories import history

F = Status.FAILED


@pytest.mark.parametrize(
    ("status", "one", "other", "cause"),
    [
        (Status.TIMEOUT, "a was ended at its deadline of 0.3 s; see /tmp/e-1", "over 0.4 s", "timeout"),
        (Status.OUT_OF_MEMORY, "MemoryError: 4 GB", "3 GB are too many", "out of memory"),
        (F, "prog ended with exit code 1; its stderr ends: exit code 7", "p ended with exit code 1", "exit code 1"),
        (F, "CalledProcessError: ... returned non-zero exit status 2.", "x exit status 2.", "exit status 2"),
        (Status.CRASHED, "p was killed by signal 11 (SIGSEGV)", "the task's process was killed by signal 11 (SIGSEGV)",
         "killed by SIGSEGV"),
        (F, "ValueError: k = 0.123 is small", "ValueError: k = -1.7e-05 is small", "ValueError: k = # is small"),
        (F, "KeyError: <object at 0x7f1234>", "KeyError: <object at 0x7fff01>", "KeyError: <object at #>"),
        (Status.INVALID, "the task returned nan", "the task returned nan", "the task returned nan"),
    ],
)  # fmt: skip
def test_what_is_particular_to_one_evaluation_is_no_part_of_its_cause(status, one, other, cause):
    assert cause_of(status, one) == cause_of(status, other) == cause


def test_different_causes_stay_different():
    reasons = [
        "p ended with exit code 1",
        "p ended with exit code 2",
        "HTTPError: 404",
        "HTTPError: 500",
        "KeyError: 'a'",
    ]
    assert len({cause_of(F, reason) for reason in reasons}) == len(reasons)


def test_a_reason_tells_where_files_were_kept():
    assert scratch_of(kept_in("it failed; see above", "/tmp/a b/evaluation-1")) == "/tmp/a b/evaluation-1"
    assert scratch_of("it failed") == ""


def failing(x):
    if x[0] < 0:
        raise ValueError(f"{x[0]} is negative")
    return float("nan") if x[0] > 1 else float(x[0])


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return glompo.minimize(
        failing, [(-1, 2)], names=["k"], optimizers=RandomSampling, max_evaluations=30, max_jobs=1, rng=1,
        working_dir=tmp_path_factory.mktemp("run"),
    )  # fmt: skip


def test_failures_are_grouped_by_cause_in_result_and_status(run):
    assert set(run.failures) == {"ValueError: # is negative", "the task returned nan"}
    most, least = run.failures.items()
    assert most[1] >= least[1]
    told = f"failures: {most[1] + least[1]} of 30 evaluations: {most[1]} {most[0]}, {least[1]} {least[0]}"
    assert told in str(run)
    view = load(run.run_dir).view
    assert dict(view.causes) == dict(run.failures)
    first, *examples = formatting.failures(summarize(view))
    assert first == f"{view.failures} evaluations failed: {most[1]} {most[0]}, {least[1]} {least[0]}"
    assert [line for line in examples if line.startswith("    1 evaluation failed: ValueError: -0.")]


def test_each_failed_row_has_its_reason(run):
    failed = [row for row in rows(run.run_dir) if row.status != "ok"]
    assert len(failed) == sum(run.failures.values())
    assert all(row.reason.endswith("is negative") for row in failed if row.x[0] < 0)


def test_the_best_point_stands_with_the_names_of_parameters(run):
    assert run.params == {"k": run.x[0]}
    assert run["params"] == run.params
    assert f"x: k = {run.x[0]:.8g}" in str(run)


def test_parameters_without_names_are_numbered(tmp_path):
    result = glompo.minimize(abs_sum, [(-1, 1)] * 2, optimizers=RandomSampling, max_evaluations=3, working_dir=tmp_path)
    assert result.params == {"x0": result.x[0], "x1": result.x[1]}


def abs_sum(x):
    return float(np.abs(x).sum())


def test_a_result_without_a_point_has_no_parameters(tmp_path):
    result = glompo.minimize(
        lambda x: float("inf"), [(-1, 1)], optimizers=RandomSampling, max_evaluations=3, working_dir=tmp_path
    )
    assert (result.x, result.params) == (None, {})


def test_it_is_on_record_where_each_optimizer_started(run):
    (row,) = run.optimizers
    assert row.start == "a random point"
    assert np.array_equal(row.x0, load(run.run_dir).view[1].x0)
    assert "a random point" in str(run)


def asked(rule, values):
    course = history()
    course.evaluate(course.start("CMAOptimizer"), values)
    return rule.ask(course.view(), 1)


@pytest.mark.parametrize(
    ("rule", "reason", "rules"),
    [
        (BestUnmoving(5), "BestUnmoving(calls=5): best 3 → 3 in 5 evaluations", ["BestUnmoving"]),
        (BestUnmoving(5, tol=0.1), "BestUnmoving(calls=5, tol=0.1): best 3 → 3 in 5 evaluations", ["BestUnmoving"]),
        (MinFuncCalls(9) & BestUnmoving(5), "BestUnmoving(calls=5): best 3 → 3 in 5 evaluations", ["BestUnmoving"]),
        (OptimizerType("CMAOptimizer") & MaxFuncCalls(9), "MaxFuncCalls(max_pts=9): 12 calls, 9 are allowed",
         ["MaxFuncCalls"]),
        (MinFuncCalls(9), "MinFuncCalls(min_pts=9): 12 calls, at least 9 are asked for", ["MinFuncCalls"]),
        (~BestUnmoving(50), "~BestUnmoving(calls=50): 12 evaluations, more than 50 are needed", ["~BestUnmoving"]),
        (MaxFuncCalls(9) & ~(BestUnmoving(50) | MaxFuncCalls(99)),
         "MaxFuncCalls(max_pts=9): 12 calls, 9 are allowed; "
         "~BestUnmoving(calls=50): 12 evaluations, more than 50 are needed; "
         "~MaxFuncCalls(max_pts=99): 12 calls, 99 are allowed", ["MaxFuncCalls", "~BestUnmoving", "~MaxFuncCalls"]),
    ],
)  # fmt: skip
def test_a_reason_names_what_decided_without_guards_and_usual_settings(rule, reason, rules):
    verdict = asked(rule, [3.0] * 12)
    assert verdict.fired
    assert verdict.reason() == reason
    assert [leaf.name for leaf in verdict.deciding()] == rules


def test_a_rule_with_usual_settings_alone_is_called_by_its_class():
    assert CatchUp().short() == "CatchUp"
    assert CatchUp(kappa=1).short() == "CatchUp(kappa=1.0)"
    assert str(CatchUp()) == "CatchUp(kappa=2.0, min_evals=None, every=None)"


def test_a_negation_is_told_with_what_its_terms_answered():
    rule = ~~(MinFuncCalls(9) & MaxFuncCalls(99))
    asked(rule, [3.0] * 12)
    assert rule.str_with_result() == "~~(MinFuncCalls(min_pts=9) = True & MaxFuncCalls(max_pts=99) = False)"


def test_stops_are_counted_by_rule(tmp_path):
    result = glompo.minimize(
        lambda x: 1.0, [(-1, 1)], optimizers=RandomSampling, stoppers=MinFuncCalls(20) & BestUnmoving(10),
        max_evaluations=100, max_jobs=1, rng=1, working_dir=tmp_path, stop_best=True,
    )  # fmt: skip
    stopped = result.stats["opts_killed"]
    assert stopped > 1
    assert result.stopped_by == {"BestUnmoving": stopped}
    assert f"stopped by: {stopped} BestUnmoving\n" in str(result)


def test_hdf5_holds_labels_starts_and_reasons(run, tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(to_hdf5(run.run_dir, tmp_path / "run.h5")) as file:
        group = file["optimizer_1"]
        assert (group.attrs["label"], group.attrs["regime"]) == ("RandomSampling", "")
        assert group.attrs["x0"].tolist() == run.optimizers[0].x0.tolist()
        reasons = [reason.decode() for reason in group["failures"]["reason"]]
    assert reasons == [row.reason for row in rows(run.run_dir) if row.status != "ok"]


def test_a_run_that_fails_altogether_says_what_its_failures_have_in_common(tmp_path):
    def broken(x):
        raise ValueError(f"{x[0]:.6f} is no temperature")

    with pytest.raises(
        glompo.TaskFailedError, match=r"failed: ValueError: # is no temperature \(\d+ times\), for example"
    ):
        glompo.minimize(broken, [(-1, 1)], optimizers=RandomSampling, max_evaluations=99, working_dir=tmp_path)


class Dying(RandomSampling):
    """Dies with a message of its own each time."""

    def minimize(self, function, x0, bounds):
        function(x0)
        raise RuntimeError(f"step {x0[0]:.6f} failed")


def test_optimizers_that_died_alike_are_counted_together(tmp_path):
    result = glompo.minimize(
        abs_sum, [(-1, 1)], optimizers=[Dying, RandomSampling(iters=3)], max_evaluations=16, max_jobs=1, rng=1,
        working_dir=tmp_path,
    )  # fmt: skip
    died = sum(row.how == "crashed" for row in result.optimizers)
    assert died > 1
    assert f"failed: {died} of {len(result.optimizers)}, Dying: crashed: RuntimeError: step " in str(result)

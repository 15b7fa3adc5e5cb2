from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from glompo.events import Escalated, SessionClosed, Stopped, StopRequested
from glompo.events.verdict import Verdict
from glompo.read import Result, result_of
from glompo.storage.lease_state import Writer
from glompo.testing.histories import History, history

from .runs import SPENT, finish, mixed


def result(run: History) -> Result:
    return result_of(run.view(), Path("somewhere"))


def test_the_best_point_is_the_smallest_valid_value_of_all_optimizers():
    found = result(mixed())
    assert (found.fx, found.fun, found.x.tolist()) == (0.1, 0.1, [0.1 + 0.2, 1 / 3])
    assert found.origin == {"opt_id": 4, "type": "Delta"}
    assert (found.nfev, found.run_dir) == (9, Path("somewhere"))
    assert (found.success, found.status, found.message) == (True, "finished", SPENT.reason())


def test_the_documented_counters_are_there():
    assert result(mixed()).stats == {
        "f_evals": 9,
        "opts_started": 4,
        "opts_killed": 1,
        "opts_conv": 1,
        "end_cond": "MaxTotalFunctionCalls(9): 9 of 9 calls used",
    }


def test_every_attribute_can_be_read_as_an_item():
    found = result(mixed())
    items = dict(found)
    assert all(items[name] is getattr(found, name) for name in found.keys())  # noqa: SIM118
    assert {"x", "fx", "fun", "nfev", "success", "message", "stats", "origin", "optimizers", "run_dir"} <= set(items)


def test_an_unknown_item_is_refused_with_the_names_of_the_others():
    with pytest.raises(KeyError, match="has no 'hess'; it has fun, x, fx, nfev"):
        result(mixed())["hess"]


def test_methods_are_no_items():
    with pytest.raises(KeyError):
        result(mixed())["keys"]


def test_the_point_belongs_to_the_caller():
    run = mixed()
    result(run).x[:] = 99.0
    assert result(run).x.tolist() == [0.1 + 0.2, 1 / 3]


def test_a_finite_value_is_never_hidden_by_nan_or_infinity():
    run = history()
    run.start()
    run.evaluate(1, [np.nan, -np.inf, 3.0, np.inf, np.nan])
    assert (result(run).fx, result(run).nfev) == (3.0, 5)


@pytest.mark.parametrize("values", [[], [np.inf, np.inf], [np.nan]])
def test_without_a_finite_value_there_is_no_point_and_no_success(values):
    run = history()
    run.start()
    if values:
        run.evaluate(1, values)
    found = result(finish(run))
    assert (found.x, found.fx, found.success) == (None, math.inf, False)
    assert found.origin == {"opt_id": None, "type": None}


def one_value() -> History:
    run = history()
    run.start()
    run.evaluate(1, [1.0])
    return run


@pytest.mark.parametrize("rule", ["failing task", "failing optimizers", "faulty policy", "user"])
def test_a_run_that_ended_by_a_fault_or_a_user_is_no_success_and_keeps_its_point(rule):
    found = result(finish(one_value(), Verdict(True, rule, "because")))
    assert (found.success, found.fx, found.message) == (False, 1.0, f"{rule}: because")


def test_an_interrupted_run_is_no_success_and_keeps_its_point():
    run = one_value()
    run.stop(1, by="session")
    run.happen(SessionClosed(run.now, "interrupted"))
    found = result(run)
    assert (found.success, found.status, found.fx) == (False, "left", 1.0)
    assert found.message == "the session ended before the run was over: interrupted"


def test_a_run_that_goes_on_is_no_success_yet():
    found = result(one_value())
    assert (found.success, found.status, found.message) == (False, "running", "the run goes on")


def test_a_killed_run_says_so():
    found = result_of(one_value().view(), writer=Writer.DEAD)
    assert (found.success, found.status) == (False, "killed")
    assert found.message == "the process of the run died before the run was over"


NOTHING_LEFT = Verdict(True, "nothing left", "no optimizer lives and the selector starts no more")


def test_a_run_in_which_nothing_is_left_succeeded_if_anybody_ended_in_order():
    run = one_value()
    run.start()
    run.crash(2)
    run.converge(1)
    assert result(finish(run, NOTHING_LEFT)).success


def test_a_run_in_which_all_optimizers_crashed_did_not_succeed():
    run = one_value()
    run.crash(1)
    assert not result(finish(run, NOTHING_LEFT)).success


def test_the_table_says_how_and_why_each_optimizer_started_and_ended():
    rows = result(mixed()).optimizers
    assert [(row.opt_id, row.kind, row.how, row.stopped_by) for row in rows] == [
        (1, "Alpha", "converged", None),
        (2, "Beta", "stopped", "stopper"),
        (3, "Gamma", "crashed", None),
        (4, "Delta", "stopped", "exit"),
    ]
    assert [row.ending for row in rows] == [
        "converged",
        "stopped: by hand",
        "crashed: ValueError: no luck",
        "stopped: the run ended",
    ]
    assert {row.started_because for row in rows} == {"by hand"}
    assert [(row.evaluations, row.best_f) for row in rows] == [(2, 3.0), (3, 7.0), (1, math.inf), (3, 0.1)]
    assert [(row.started_at, row.ended_at) for row in rows] == [(0.0, 9.0)] * 4
    assert rows[0].best_x.tolist() == [2.0, 0.2]
    assert rows[2].best_x is None


def test_evaluations_of_the_table_add_up_to_those_of_the_run():
    found = result(mixed())
    assert sum(row.evaluations for row in found.optimizers) == found.nfev


def test_the_rules_that_stopped_an_optimizer_are_named_without_their_settings():
    run = one_value()
    parts = (Verdict(True, "MinFuncCalls(1)", "1 >= 1"), Verdict(True, "BestUnmoving(calls=1, tol=0.1)", "0 <= 0.1"))
    verdict = Verdict(True, "MinFuncCalls(1) & BestUnmoving(calls=1, tol=0.1)", "", parts)
    run.happen(StopRequested(run.now, 1, "stopper", verdict))
    run.stop(1)
    (row,) = result(run).optimizers
    assert row.stopped_by_rules == ("MinFuncCalls", "BestUnmoving")
    assert row.ended_because == "MinFuncCalls(1): 1 >= 1; BestUnmoving(calls=1, tol=0.1): 0 <= 0.1"


def test_one_that_has_been_asked_to_stop_and_lives_is_stopping():
    run = one_value()
    assert result(run).optimizers[0].ending == "alive"
    run.request_stop(1)
    assert result(run).optimizers[0].ending == "stopping"


def test_one_whose_process_had_to_be_ended_says_why_it_was_asked_to_stop_and_what_was_done():
    run = one_value()
    run.request_stop(1)
    run.happen(Escalated(run.now, 1, "kill", "no answer for 10 s"))
    run.happen(Stopped(run.now, 1, "died", False, "killed"))
    (row,) = result(run).optimizers
    assert row.ending == "forced: by hand; killed"


def test_printing_it_tells_the_whole_story():
    text = str(result(mixed()))
    for told in (
        "success: True",
        "fx: 0.1",
        "MaxTotalFunctionCalls(9): 9 of 9 calls used",
        "4 started, 1 converged, 2 stopped, 1 crashed",
        "converged",
        "crashed: ValueError: no luck",
        "somewhere",
    ):
        assert told in text
    assert repr(result(mixed())) == text


def test_printing_a_run_of_many_optimizers_stays_short_and_shows_the_winner():
    run = history()
    for opt in range(1, 101):
        run.start(f"Kind{opt}")
        run.evaluate(opt, [200.0 - opt])
        run.converge(opt)
    lines = str(result(run)).splitlines()
    assert len(lines) < 45
    assert any("Kind100" in line for line in lines)
    assert lines[-1].strip() == "and 74 more in result.optimizers"


def test_an_empty_run_can_be_printed():
    assert "x: None" in str(result(history()))

"""Is the run over?"""

import pytest

from glompo.core.decisions.termination import DEAD_IN_A_ROW, termination
from glompo.events import Asked, EndRequested, RunFinished, StopRequested
from glompo.exit_conditions import MaxTotalFunctionCalls
from glompo.function import Status
from glompo.optimizers import RandomSampling
from glompo.selectors import CycleSelector
from glompo.testing import history

from .asking import WHY, answer


def test_a_run_with_work_left_goes_on():
    run = history()
    run.evaluate(run.start(), [1.0])
    assert answer(termination, run) == []


def test_an_exit_condition_that_fires_ends_it():
    run = history()
    run.evaluate(run.start(), [1.0, 2.0])
    (end,) = answer(termination, run, exit=MaxTotalFunctionCalls(2))
    assert isinstance(end, EndRequested)
    assert end.verdict.rule == "MaxTotalFunctionCalls(n=2)"


def test_once_it_ends_every_optimizer_is_asked_to_stop_once():
    run = history()
    first, second = run.start(), run.start()
    run.request_stop(first)
    run.happen(EndRequested(run.now, WHY))
    assert answer(termination, run) == [StopRequested(run.now, second, "exit", WHY)]


def test_it_is_finished_when_the_last_one_has_ended():
    run = history()
    run.happen(EndRequested(run.now, WHY))
    assert answer(termination, run) == [RunFinished(run.now, WHY)]


def test_to_leave_stops_the_optimizers_and_does_not_end_the_run():
    run = history()
    opt = run.start()
    run.happen(Asked(run.now, "leave", "SIGINT"))
    (stop,) = answer(termination, run)
    assert (stop.opt, stop.by) == (opt, "session")


@pytest.mark.parametrize(
    ("happen", "rule"),
    [
        (lambda run: run.happen(Asked(run.now, "end", "ada")), "user"),
        (lambda run: run.evaluate(run.start(), [float("nan")] * 20, status=Status.FAILED), "failing task"),
        (lambda run: [run.crash(run.start()) for _ in range(DEAD_IN_A_ROW + 1)], "failing optimizers"),
    ],
)
def test_what_makes_it_pointless_ends_it(happen, rule):
    run = history()
    happen(run)
    (end,) = answer(termination, run)
    assert end.verdict.rule == rule


def test_where_none_lives_and_none_is_started_nothing_is_left():
    never = CycleSelector(RandomSampling, allow_spawn=lambda manager: False)
    (end,) = answer(termination, history(), selector=never)
    assert end.verdict.rule == "nothing left"

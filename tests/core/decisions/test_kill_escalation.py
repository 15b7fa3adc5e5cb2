"""Which optimizer does not stop?"""

import dataclasses

from glompo.core.decisions.kill_escalation import kill_escalation, next_escalation
from glompo.core.policies.ports import Escalation
from glompo.events import Escalated, Granted, StopRequested
from glompo.testing import history

from .asking import POLICIES, answer

RULES = Escalation(end_timeout=10.0, grace=2.0)


def due(run, rules=RULES):
    return next_escalation(run.view(), dataclasses.replace(POLICIES, escalation=rules))


def test_one_that_was_not_asked_to_stop_has_all_the_time_it_wants():
    run = history()
    run.start()
    run.wait(1e6)
    assert answer(kill_escalation, run, escalation=RULES) == []
    assert due(run) is None


def test_no_process_is_ended_where_the_backend_cannot():
    run = history()
    run.request_stop(run.start())
    run.wait(1e6)
    assert answer(kill_escalation, run) == []


def test_one_that_goes_on_is_terminated_and_then_killed():
    run = history()
    opt = run.start()
    run.request_stop(opt)
    run.wait(9.0)
    assert (answer(kill_escalation, run, escalation=RULES), due(run)) == ([], 10.0)
    run.wait(1.0)
    (gently,) = answer(kill_escalation, run, escalation=RULES)
    assert (gently.at, gently.opt, gently.rung) == (10.0, opt, "terminate")
    run.happen(gently)
    assert (answer(kill_escalation, run, escalation=RULES), due(run)) == ([], 12.0)
    run.wait(2.0)
    (at_once,) = answer(kill_escalation, run, escalation=RULES)
    assert (type(at_once), at_once.rung) == (Escalated, "kill")
    run.happen(at_once)
    run.wait(1e6)
    assert answer(kill_escalation, run, escalation=RULES) == []


def test_one_that_could_evaluate_and_is_silent_is_asked_to_stop():
    run = history()
    opt = run.start()
    run.happen(Granted(run.now, opt, 1))
    run.wait(5.0)
    (stop,) = answer(kill_escalation, run, escalation=Escalation(silence=5.0))
    assert isinstance(stop, StopRequested)
    assert (stop.opt, stop.by) == (opt, "silence")

"""What does the user want of single optimizers?"""

from dataclasses import replace

import pytest

from glompo.core.decisions.decide import decide
from glompo.core.decisions.user_requests import user_requests
from glompo.events import Asked, PauseRequested, ResumeRequested, ReturnedToRest, SessionClosed, SessionOpened
from glompo.events import StopRequested as Stop
from glompo.optimizers import RandomSampling
from glompo.selectors import CycleSelector
from glompo.testing import history

from .asking import POLICIES, answer, rest


def test_nothing_is_done_that_was_not_asked_for():
    run = history()
    run.start()
    assert answer(user_requests, run) == []


@pytest.mark.parametrize(("what", "kind"), [("stop", Stop), ("pause", PauseRequested)])
def test_one_that_works_is_stopped_or_put_to_rest(what, kind):
    run = history()
    opt = run.start()
    run.happen(Asked(run.now, what, "ada", opt))
    (intent,) = answer(user_requests, run)
    assert (type(intent), intent.opt, intent.by) == (kind, opt, "user")
    assert intent.verdict.why.startswith("ada asked to")


def test_one_that_rests_goes_on_once_there_are_slots_for_it():
    run = history(slots=1)
    opt = run.start()
    rest(run, opt)
    other = run.start()
    run.happen(Asked(run.now, "go-on", "ada", opt))
    assert answer(user_requests, run) == []
    run.converge(other)
    (back,) = answer(user_requests, run)
    assert (type(back), back.opt) == (ResumeRequested, opt)


def test_one_that_is_to_stop_is_asked_once():
    run = history()
    opt = run.start()
    run.request_stop(opt)
    run.happen(Asked(run.now, "stop", "ada", opt))
    assert answer(user_requests, run) == []


def test_one_that_the_user_put_to_rest_rests_until_the_user_says_otherwise():
    run = history(slots=1)
    run.happen(Asked(run.now, "pause", "ada", run.start()))
    rest(run, 1, "user")
    run.happen(SessionClosed(run.now, "a test"))
    run.happen(SessionOpened(run.now, 2, "", "", 0))
    run.happen(ReturnedToRest(run.now, 1, "replay", 0))
    none_new = replace(POLICIES, selector=CycleSelector(RandomSampling, allow_spawn=lambda manager: False))
    assert decide(run.view(), none_new) == ()
    run.happen(Asked(run.now, "go-on", "ada", 1))
    (back,) = decide(run.view(), none_new)
    assert (type(back), back.opt, back.by) == (ResumeRequested, 1, "user")

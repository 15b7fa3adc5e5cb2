"""How those come back who lived when a session ended."""

from dataclasses import replace

import pytest

from glompo.allocators import EvenAllocator
from glompo.core.decisions.commands import Restore, Resume
from glompo.core.decisions.decide import decide
from glompo.core.policies.ports import Policies
from glompo.core.state.lifecycle import Phase
from glompo.core.views.run_view import SLOTS
from glompo.errors import IllegalEventError
from glompo.events import (
    Asked,
    Paused,
    PauseRequested,
    Restored,
    ReturnedToRest,
    SessionClosed,
    SessionOpened,
    Started,
    Stopped,
    StopRequested,
)
from glompo.events.verdict import Verdict
from glompo.exit_conditions import MaxTotalFunctionCalls
from glompo.generators import RandomGenerator
from glompo.optimizers import RandomSampling
from glompo.selectors import CycleSelector
from glompo.testing import history

WHY = Verdict(True, "a test", "")
POLICIES = Policies(
    MaxTotalFunctionCalls(100), CycleSelector(RandomSampling), RandomGenerator(), EvenAllocator(), lockstep=True
)


def rest(run, opt, confirmed=True):
    run.happen(PauseRequested(run.now, opt, "freezer", WHY))
    if confirmed:
        run.happen(Paused(run.now, opt, len(run.view()[opt])))


def reopen(run):
    run.happen(SessionClosed(run.now, "a test"))
    run.happen(SessionOpened(run.now, 2, "", "", 0))


@pytest.mark.parametrize("confirmed", [True, False], ids=["it rested", "it was to rest"])
@pytest.mark.parametrize("left", [True, False], ids=["left in order", "killed"])
def test_who_rested_rests_on_and_needs_no_slots(confirmed, left):
    run = history(slots=2)
    first, second = run.start(), run.start()
    rest(run, first, confirmed)
    third = run.start() if confirmed else second
    for opt in {first, second, third} if left else ():
        run.happen(StopRequested(run.now, opt, "session", WHY))
        run.happen(Stopped(run.now, opt, "returned", False, ""))
    reopen(run)
    back = decide(run.view(), POLICIES)
    assert {(command.opt, command.rests) for command in back} == {(first, True), (second, False), (third, False)}
    assert all(isinstance(command, Restore) for command in back)
    run.happen(ReturnedToRest(run.now, first, "replay", 0))
    assert run.view()[first].phase is Phase.PAUSED
    assert (run.view().n_paused, run.view().used_slots, run.view().outstanding) == (1, 0, 0)
    run.happen(Started(run.now, first, "back"))
    assert run.view()[first].phase is Phase.PAUSED


def test_those_who_live_are_in_order_whoever_came_back_first():
    run = history(slots=3)
    for _ in range(3):
        run.start()
    rest(run, 2)
    reopen(run)
    run.happen(Restored(run.now, 3, "replay", 0, 0))
    run.happen(ReturnedToRest(run.now, 2, "replay", 0))
    run.happen(Restored(run.now, 1, "replay", 0, 0))
    assert [one.opt for one in run.view().alive] == [1, 2, 3]


def test_in_a_journal_of_an_earlier_version_whoever_rested_came_back_working():
    run = history()
    run.start()
    rest(run, 1)
    reopen(run)
    run.happen(Restored(run.now, 1, "replay", 0, 0))
    run.happen(Started(run.now, 1, "back"))
    assert (run.view()[1].phase, run.view()[1].rests, run.view().n_paused) == (Phase.RUNNING, False, 0)
    assert run.view()[1].pause_verdict is WHY  # a policy may ask whether it ever rested


def test_nobody_comes_back_from_another_place_than_where_it_was():
    run = history()
    run.evaluate(run.start(), [1.0, 2.0])
    rest(run, 1)
    reopen(run)
    with pytest.raises(IllegalEventError, match="it has 2 evaluations"):
        run.happen(ReturnedToRest(run.now, 1, "replay", 1))


def test_whom_too_few_slots_put_to_rest_goes_on_in_a_session_with_more():
    run = history(slots=2)
    run.start()
    run.happen(PauseRequested(run.now, 1, SLOTS, WHY))
    run.happen(Paused(run.now, 1, 0))
    reopen(run)
    run.happen(ReturnedToRest(run.now, 1, "replay", 0))
    (woken,) = decide(run.view(), POLICIES)
    assert (type(woken), woken.opt, woken.by) == (Resume, 1, SLOTS)


def test_whom_people_put_to_rest_sleeps_on_until_they_say_otherwise():
    run = history(slots=1)
    run.start()
    run.happen(Asked(run.now, "pause", "ada", 1))
    run.happen(PauseRequested(run.now, 1, "user", WHY))
    run.happen(Paused(run.now, 1, 0))
    reopen(run)
    run.happen(ReturnedToRest(run.now, 1, "replay", 0))
    nobody_new = replace(POLICIES, selector=CycleSelector(RandomSampling, allow_spawn=lambda manager: False))
    assert decide(run.view(), nobody_new) == ()
    run.happen(Asked(run.now, "go-on", "ada", 1))
    (woken,) = decide(run.view(), nobody_new)
    assert (type(woken), woken.opt, woken.by) == (Resume, 1, "user")

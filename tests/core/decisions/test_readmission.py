"""Which optimizers go on where an earlier session left off?"""

import pytest

from glompo.core.decisions.readmission import readmission
from glompo.core.state.lifecycle import Phase
from glompo.events import (
    Granted,
    Paused,
    PauseRequested,
    Restored,
    ReturnedToRest,
    Saved,
    SaveRequested,
    SessionClosed,
    SessionOpened,
    Started,
    Stopped,
    StopRequested,
)
from glompo.testing import history

from .asking import WHY, answer, rest


def reopen(run):
    run.happen(SessionClosed(run.now, "a test"))
    run.happen(SessionOpened(run.now, 2, "", "", 0))


def test_in_a_first_session_none_comes_back():
    run = history()
    run.start()
    assert answer(readmission, run) == []


def test_they_come_back_in_order_after_their_evaluations_as_far_as_slots_are_free():
    run = history(slots=3)
    run.start(slots=2)
    run.evaluate(1, [1.0, 2.0])
    rest(run, 1)
    run.start(slots=3)
    run.happen(SessionClosed(run.now, "a test"))
    run.happen(SessionOpened(run.now, 2, "", "", 0, slots=3))
    assert answer(readmission, run) == [
        ReturnedToRest(run.now, 1, "replay", 2),
        Restored(run.now, 2, "replay", 0, 0),
    ]
    run.start()
    assert answer(readmission, run) == [ReturnedToRest(run.now, 1, "replay", 2)]


def test_one_that_has_saved_its_state_loads_it():
    run = history()
    run.start()
    run.happen(SaveRequested(run.now, 1, 1))
    run.happen(Saved(run.now, 1, 1, 0, "blob", 3))
    reopen(run)
    assert answer(readmission, run) == [Restored(run.now, 1, "saved state", 0, 0)]


@pytest.mark.parametrize(("lockstep", "credits"), [(True, 5), (False, 0)])
def test_in_lockstep_it_keeps_the_credits_of_its_block(lockstep, credits):
    run = history()
    run.start()
    run.happen(Granted(run.now, 1, 5))
    reopen(run)
    assert answer(readmission, run, lockstep=lockstep) == [Restored(run.now, 1, "replay", 0, credits)]


@pytest.mark.parametrize("confirmed", [True, False], ids=["it rested", "it was to rest"])
@pytest.mark.parametrize("left", [True, False], ids=["left in order", "killed"])
def test_one_that_rested_rests_on_and_needs_no_slots(confirmed, left):
    run = history(slots=2)
    first, second = run.start(), run.start()
    run.happen(PauseRequested(run.now, first, "freezer", WHY))
    if confirmed:
        run.happen(Paused(run.now, first, 0))
    third = run.start() if confirmed else second
    for opt in {first, second, third} if left else ():
        run.happen(StopRequested(run.now, opt, "session", WHY))
        run.happen(Stopped(run.now, opt, "returned", False, ""))
    reopen(run)
    back = answer(readmission, run)
    assert {(event.opt, type(event)) for event in back} == {
        (first, ReturnedToRest),
        (second, Restored),
        (third, Restored),
    }
    run.happen(ReturnedToRest(run.now, first, "replay", 0))
    assert run.view()[first].phase is Phase.PAUSED
    assert (run.view().n_paused, run.view().used_slots, run.view().outstanding) == (1, 0, 0)
    run.happen(Started(run.now, first, "back"))
    assert run.view()[first].phase is Phase.PAUSED

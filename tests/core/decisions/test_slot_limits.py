"""Which optimizers must rest because slots were taken away, and which fit in again?"""

from glompo.core.decisions.slot_limits import slot_limits
from glompo.events import Asked, PauseRequested, ResumeRequested, ReturnedToRest, SessionClosed, SessionOpened
from glompo.testing import history

from .asking import answer, rest


def test_while_all_fit_nothing_is_done():
    run = history(slots=2)
    run.start(), run.start()
    assert answer(slot_limits, run) == []


def test_the_youngest_rest_when_slots_are_taken_away():
    run = history(slots=3)
    for _ in range(3):
        run.start()
    run.happen(Asked(run.now, "slots", "ada", amount=1))
    assert [(type(one), one.opt, one.by) for one in answer(slot_limits, run)] == [
        (PauseRequested, 3, "slots"),
        (PauseRequested, 2, "slots"),
    ]


def test_those_that_will_free_their_slots_count_as_gone():
    run = history(slots=2)
    run.start(), run.start()
    run.request_stop(1)
    run.happen(Asked(run.now, "slots", "ada", amount=1))
    assert answer(slot_limits, run) == []


def test_another_makes_room_for_one_that_the_user_wants_to_go_on():
    run = history(slots=1)
    rest(run, run.start(), "user")
    run.start()
    run.happen(Asked(run.now, "go-on", "ada", 1))
    assert [(type(one), one.opt) for one in answer(slot_limits, run)] == [(PauseRequested, 2)]


def test_one_that_too_few_slots_put_to_rest_goes_on_in_a_session_with_more():
    run = history(slots=2)
    rest(run, run.start(), "slots")
    run.happen(SessionClosed(run.now, "a test"))
    run.happen(SessionOpened(run.now, 2, "", "", 0))
    run.happen(ReturnedToRest(run.now, 1, "replay", 0))
    (back,) = answer(slot_limits, run)
    assert (type(back), back.opt, back.by) == (ResumeRequested, 1, "slots")

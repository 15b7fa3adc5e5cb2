"""How optimizers come back that lived when a session ended."""

import pytest

from glompo.core.state.lifecycle import Phase
from glompo.errors import IllegalEventError
from glompo.events import (
    Paused,
    PauseRequested,
    Restored,
    ReturnedToRest,
    SessionClosed,
    SessionOpened,
    Started,
)
from glompo.events.verdict import Verdict
from glompo.testing import history

WHY = Verdict(True, "a test", "")


def rest(run, opt, confirmed=True):
    run.happen(PauseRequested(run.now, opt, "freezer", WHY))
    if confirmed:
        run.happen(Paused(run.now, opt, len(run.view()[opt])))


def reopen(run):
    run.happen(SessionClosed(run.now, "a test"))
    run.happen(SessionOpened(run.now, 2, "", "", 0))


def test_optimizers_that_live_are_in_order_whichever_came_back_first():
    run = history(slots=3)
    for _ in range(3):
        run.start()
    rest(run, 2)
    reopen(run)
    run.happen(Restored(run.now, 3, "replay", 0, 0))
    run.happen(ReturnedToRest(run.now, 2, "replay", 0))
    run.happen(Restored(run.now, 1, "replay", 0, 0))
    assert [one.opt for one in run.view().alive] == [1, 2, 3]


def test_in_a_journal_of_an_earlier_version_one_that_rested_came_back_working():
    run = history()
    run.start()
    rest(run, 1)
    reopen(run)
    run.happen(Restored(run.now, 1, "replay", 0, 0))
    run.happen(Started(run.now, 1, "back"))
    assert (run.view()[1].phase, run.view()[1].rests, run.view().n_paused) == (Phase.RUNNING, False, 0)
    assert run.view()[1].pause_verdict is WHY  # a policy may ask whether it ever rested


def test_none_comes_back_from_another_place_than_where_it_was():
    run = history()
    run.evaluate(run.start(), [1.0, 2.0])
    rest(run, 1)
    reopen(run)
    with pytest.raises(IllegalEventError, match="it has 2 evaluations"):
        run.happen(ReturnedToRest(run.now, 1, "replay", 1))

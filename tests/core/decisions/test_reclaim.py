"""Which credits are not used?"""

from dataclasses import replace

from glompo.core.decisions.reclaim import SILENCE, next_reclaim, reclaim
from glompo.events import Granted, ReclaimRequested
from glompo.testing import history

from .asking import POLICIES, answer


def holding(n):
    """Return a run with a budget of 100, in which an optimizer holds `n` credits and is silent."""
    run = history()
    run.happen(Granted(run.now, run.start(), n))
    return run


def test_while_credits_are_left_for_others_none_is_asked_for():
    run = holding(99)
    run.wait(SILENCE)
    assert answer(reclaim, run) == []
    assert next_reclaim(run.view(), POLICIES) is None


def test_one_that_is_silent_for_too_long_is_asked_once():
    run = holding(100)
    assert answer(reclaim, run) == []
    assert next_reclaim(run.view(), POLICIES) == SILENCE
    run.wait(SILENCE)
    (asked,) = answer(reclaim, run)
    assert asked == ReclaimRequested(SILENCE, 1)
    run.happen(asked)
    assert answer(reclaim, run) == []


def test_in_lockstep_the_clock_decides_nothing():
    run = holding(100)
    run.wait(SILENCE)
    assert answer(reclaim, run, lockstep=True) == []
    assert next_reclaim(run.view(), replace(POLICIES, lockstep=True)) is None

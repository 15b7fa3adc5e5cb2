"""Which optimizers are offered the incumbent?"""

import numpy as np

from glompo.core.decisions.incumbent import incumbent
from glompo.events import IncumbentSent
from glompo.testing import history

from .asking import answer, rest


def race():
    run = history()
    run.evaluate(run.start(), [1.0], X=[[0.25]])
    run.evaluate(run.start(), [2.0])
    return run


def test_nothing_is_offered_unless_that_is_wanted():
    assert answer(incumbent, race()) == []


def test_before_there_is_a_value_there_is_nothing_to_offer():
    run = history()
    run.start()
    assert answer(incumbent, run, share=True) == []


def test_one_that_is_worse_is_offered_it_once():
    run = race()
    offer = IncumbentSent(run.now, 2, np.array([0.25]), 1.0, 1)
    assert answer(incumbent, run, share=True) == [offer]
    run.happen(offer)
    assert answer(incumbent, run, share=True) == []


def test_one_that_is_to_stop_or_rests_is_offered_nothing():
    run = race()
    run.request_stop(2)
    assert answer(incumbent, run, share=True) == []
    run = race()
    rest(run, 2)
    assert answer(incumbent, run, share=True) == []

"""Which optimizers will not win, and which should rest?"""

from glompo.core.decisions.stops import stops
from glompo.events import Judged, PauseRequested, StopRequested
from glompo.events.verdict import Verdict
from glompo.testing import history

from .asking import answer

FIRES, SILENT = Verdict(True, "a rule \ud800", "it is so"), Verdict(False, "a rule")


class Says:
    """A stopper and freezer that says the same of all."""

    def __init__(self, verdict):
        self.verdict = verdict

    def ask(self, view, opt):
        return self.verdict

    freeze = ask


def race():
    """Return a run in which optimizer 1 leads and optimizer 2 has made ten evaluations."""
    run = history()
    run.evaluate(run.start(), [1.0] * 5)
    run.evaluate(run.start(), [2.0] * 10)
    return run


def test_without_rules_nothing_is_asked():
    assert answer(stops, race()) == []


def test_before_the_interval_is_over_a_rule_is_not_asked():
    assert answer(stops, race(), stopper=Says(FIRES), stopper_interval=11) == []


def test_one_that_a_stopper_names_is_stopped_for_a_reason_that_can_be_recorded():
    run = race()
    assert answer(stops, run, stopper=Says(FIRES)) == [StopRequested(run.now, 2, "stopper", FIRES.written())]
    assert FIRES.written().rule != FIRES.rule


def test_one_that_a_freezer_names_is_put_to_rest():
    run = race()
    assert answer(stops, run, freezer=Says(FIRES)) == [PauseRequested(run.now, 2, "freezer", FIRES.written())]


def test_that_the_others_were_looked_at_is_recorded_and_they_are_not_asked_again():
    run = race()
    assert answer(stops, run, stopper=Says(SILENT)) == [Judged(run.now, (2,), (10,))]
    run.judge(2)
    assert answer(stops, run, stopper=Says(SILENT)) == []


def test_the_owner_of_the_incumbent_is_stopped_only_if_that_is_wanted():
    run = race()
    asked = {"stopper": Says(FIRES), "stopper_interval": 5}
    assert answer(stops, run, **asked) == [
        StopRequested(run.now, 2, "stopper", FIRES.written()),
        Judged(run.now, (1,), (5,)),
    ]
    assert [event.opt for event in answer(stops, run, stop_best=True, **asked)] == [1, 2]

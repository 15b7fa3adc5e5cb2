"""Which optimizer has rested long enough?"""

from glompo.core.decisions.thaw import thaw
from glompo.events import Asked, ResumeRequested
from glompo.testing import history

from .asking import WHY, answer, rest


class Names:
    """A freezer that names an optimizer to go on."""

    def __init__(self, opt):
        self.opt = opt

    def thaw(self, view):
        return None if self.opt is None else (self.opt, WHY)


def resting(slots=1):
    run = history(slots=slots)
    rest(run, run.start())
    return run


def test_where_none_rests_the_freezer_is_not_asked():
    run = history()
    run.start()
    assert answer(thaw, run, freezer=Names(1)) == []


def test_the_one_that_the_freezer_names_goes_on():
    run = resting()
    assert answer(thaw, run, freezer=Names(None)) == []
    assert answer(thaw, run, freezer=Names(1)) == [ResumeRequested(run.now, 1, "freezer", WHY)]


def test_it_rests_on_while_no_slots_are_free_or_the_user_holds_it_back():
    run = resting()
    run.start()
    assert answer(thaw, run, freezer=Names(1)) == []
    run = resting()
    run.happen(Asked(run.now, "pause", "ada", 1))
    assert answer(thaw, run, freezer=Names(1)) == []


def test_without_the_freezer_that_put_it_to_rest_it_goes_on():
    run = resting()
    (back,) = answer(thaw, run)
    assert (back.opt, back.verdict.rule) == (1, "no freezer")
    run = history()
    rest(run, run.start(), "user")
    assert answer(thaw, run) == []

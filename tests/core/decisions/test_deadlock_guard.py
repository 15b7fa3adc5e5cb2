"""What goes on when all optimizers rest?"""

from glompo.core.decisions.deadlock_guard import deadlock_guard
from glompo.events import Asked
from glompo.testing import history

from .asking import answer, rest


def resting(slots=2):
    run = history(slots=slots)
    for best in (3.0, 1.0):
        opt = run.start()
        run.evaluate(opt, [best])
        rest(run, opt)
    return run


def test_while_one_works_none_is_made_to_go_on():
    run = resting()
    run.start()
    assert answer(deadlock_guard, run) == []
    assert answer(deadlock_guard, history()) == []


def test_the_best_goes_on_when_all_rest():
    (back,) = answer(deadlock_guard, resting())
    assert (back.opt, back.by) == (2, "freezer")


def test_one_that_the_user_holds_back_rests_on():
    run = resting()
    run.happen(Asked(run.now, "pause", "ada", 2))
    (back,) = answer(deadlock_guard, run)
    assert back.opt == 1

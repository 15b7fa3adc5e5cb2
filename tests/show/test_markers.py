from __future__ import annotations

import pytest

from glompo.core.state.lifecycle import How
from glompo.events import Escalated, Paused, PauseRequested, Stopped, StopRequested
from glompo.events.verdict import Verdict
from glompo.read import optimizer_rows
from glompo.show import live
from glompo.show.ends import OVER, SHAPES, end_of, shapes_for

from .pictured import run

CATCH_UP = Verdict(True, "CatchUp(kappa=2)", "3 behind")
SILENT = Verdict(False, "StepSize(0.1)", "it moves")
YOUNG = Verdict(True, "MinFuncCalls(min_pts=20)", "21 calls")


def ended(by, verdict, ending="returned"):
    written = run()
    opt = written.start()
    written.happen(StopRequested(written.now, opt, by, verdict))
    written.happen(Stopped(written.now, opt, ending, False, ""))
    [row] = optimizer_rows(written.view())
    return end_of(row).text


@pytest.mark.parametrize("ending", ["returned", "cut"])
def test_the_legend_names_the_rules_that_fired(ending):
    either = Verdict(True, "(...)", "", (SILENT, Verdict(True, "(...)", "", (YOUNG, CATCH_UP))))
    assert ended("stopper", CATCH_UP, ending) == "stopped by CatchUp"
    assert ended("stopper", either, ending) == "stopped by MinFuncCalls & CatchUp"


def test_the_legend_says_on_whose_behalf_others_were_stopped():
    assert ended("exit", CATCH_UP) == OVER
    assert ended("user", Verdict(True, "user", "")) == "stopped by the user"
    assert ended("session", Verdict(True, "session", "")) == "stopped by the end of the session"


def test_each_end_has_a_shape_of_its_own_and_its_count():
    written = run()
    for _ in range(5):
        written.start()
    written.converge(1)
    written.crash(2)
    written.converge(3)
    written.stop(4)
    shapes = shapes_for(optimizer_rows(written.view()))
    assert [(end.text, count) for end, (_, count) in shapes.items()] == [
        ("converged", 2),
        ("crashed", 1),
        ("stopped by by hand", 1),
        ("alive", 1),
    ]
    assert len({shape for shape, _ in shapes.values()}) == 4


def test_no_end_is_without_a_shape_and_a_sign():
    assert set(How) <= set(SHAPES)
    assert set(How) == set(live.STYLES) == set(live.SIGNS)


def test_the_legend_tells_who_rests_and_who_was_forced():
    written = run()
    for _ in range(2):
        written.start()
    written.happen(PauseRequested(written.now, 1, "freezer", CATCH_UP))
    written.happen(Paused(written.now, 1, 0))
    written.request_stop(2, by="exit")
    written.happen(Escalated(written.now, 2, "kill", "no answer"))
    written.happen(Stopped(written.now, 2, "died", False, ""))
    assert [end.text for end in shapes_for(optimizer_rows(written.view()))] == ["paused", "forced"]

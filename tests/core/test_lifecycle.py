import itertools

import pytest

from glompo.core.state import lifecycle
from glompo.core.state.lifecycle import ENDINGS, TABLE, How, Phase, after, how_ended
from glompo.core.state.run_state import _RULES
from glompo.errors import IllegalEventError
from glompo.events import EVENTS, Evaluated, Granted, Started, StartRequested, Stopped, StopRequested
from glompo.events.verdict import Verdict


def test_every_event_has_a_rule():
    assert set(_RULES) == set(EVENTS)


def test_nothing_leaves_the_end():
    assert [row for row in TABLE if row[0] is Phase.ENDED] == []


def test_every_phase_but_the_end_can_end():
    assert {phase for (phase, event), into in TABLE.items() if into is Phase.ENDED} == {*Phase} - {
        Phase.ENDED,
        Phase.LEFT,
    }


def test_optimizers_asked_to_stop_get_no_credits():
    assert (Phase.STOPPING, Granted) not in TABLE
    assert (Phase.STOPPING, Evaluated) in TABLE  # but what was paid for is recorded


def test_an_event_without_a_row_names_event_and_phase():
    with pytest.raises(IllegalEventError, match="Started cannot happen to an optimizer that is running"):
        after(Phase.RUNNING, Started(0.0, 1, "w"))
    with pytest.raises(IllegalEventError, match="unknown optimizer"):
        after(None, StopRequested(0.0, 1, "exit", Verdict(True, "r")))
    assert StartRequested.__name__ in {event.__name__ for _, event in TABLE}


@pytest.mark.parametrize(
    ("ending", "stop_requested", "said", "how"),
    [
        ("returned", False, False, How.CONVERGED),
        ("returned", True, False, How.STOPPED),
        ("returned", True, True, How.CONVERGED),
        ("cut", True, False, How.CUT),
        ("raised", False, False, How.CRASHED),
        ("raised", True, True, How.CRASHED),
        ("died", False, False, How.LOST),
        ("died", True, False, How.LOST),
    ],
)
def test_the_end_is_read_off_the_path(ending, stop_requested, said, how):
    assert how_ended(Stopped(0.0, 1, ending, said, ""), stop_requested) is how


def test_an_ending_that_cannot_be_is_refused():
    with pytest.raises(IllegalEventError, match="'cut' with condemned=False"):
        how_ended(Stopped(0.0, 1, "cut", False, ""), stop_requested=False)
    possible = set(itertools.product(["returned", "raised", "refused", "died"], [True, False])) | {("cut", True)}
    assert set(ENDINGS) == possible
    assert lifecycle.__doc__.startswith("The life of an optimizer, as a table.")

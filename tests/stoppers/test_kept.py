"""No answer depends on how much of the evaluations is in memory."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from glompo.core.state import retention as keeping
from glompo.exit_conditions import IncumbentPrecision, MaxCost, Unimproved
from glompo.freezers import Freeze
from glompo.stoppers import (
    BestUnmoving,
    CatchUp,
    Duplicate,
    EvaluationsUnmoving,
    Horizon,
    LastPointsInvalid,
    ParameterDistance,
    RungRace,
    StepSize,
)

from .runs import KINDS, stories


def questions():
    """Return new policies, so that none remembers anything."""
    stoppers = [
        BestUnmoving(150, 0.01), CatchUp(), Duplicate(min_evals=40, every=1), EvaluationsUnmoving(90, 0.1),
        Horizon(5000), LastPointsInvalid(60), ParameterDistance(relative_distance=0.2, test_all=True),
        RungRace(first=50, min_starts=2), StepSize(calls=120),
    ]  # fmt: skip
    conditions = [IncumbentPrecision(0.5, 200), IncumbentPrecision(0.5, 20), MaxCost(500), Unimproved(calls=100)]
    return stoppers, conditions, Freeze(0.01, min_evals=20, every=1)


def answers(story):
    stoppers, conditions, freezer = questions()
    heard = []
    for run in story.stages(KINDS):
        view = run.view()
        for one in view.alive:
            heard += [stopper.ask(view, one.opt) for stopper in stoppers if one.phase == "running"]
            heard.append(freezer.freeze(view, one.opt))
        heard += [condition.ask(view) for condition in conditions]
    return heard, sum(one.trajectory.start for one in run.state.optimizers.values())


@settings(max_examples=15)
@given(story=stories)
def test_answers_are_the_same_when_next_to_nothing_is_kept(story):
    expected, nothing = answers(story)
    assert nothing == 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keeping, "LIVING_BYTES", 2000)
        patch.setattr(keeping, "RETIRED_BYTES", 3000)
        patch.setattr(keeping, "FEWEST_ROWS", 25)
        got, _ = answers(story)
    assert got == expected

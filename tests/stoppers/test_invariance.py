"""What every stopper promises that claims to be invariant, on random histories."""

import re

from hypothesis import given, settings

import glompo.stoppers
from glompo.stoppers import (
    BaseStopper,
    BestUnmoving,
    CatchUp,
    Duplicate,
    EvaluationsUnmoving,
    Horizon,
    LastPointsInvalid,
    MaxFuncCalls,
    MinFuncCalls,
    OptimizerRegime,
    OptimizerType,
    Outdated,
    ParameterDistance,
    RungRace,
    StepSize,
    TimeAnnealing,
)
from glompo.testing.histories import History

from .runs import KINDS, Story, offsets, powers, stories

CLAIM = re.compile(r"(?<!not )invariant under\s+f →", re.IGNORECASE)


def claiming() -> list[BaseStopper]:
    """Return new stoppers of every class that claims invariance, eager to fire."""
    return [
        BestUnmoving(20),
        CatchUp(0.5),
        CatchUp(every=1),
        Duplicate(),
        Duplicate(coverage=1, checks=1, min_evals=12, every=3),
        EvaluationsUnmoving(20),
        Horizon(4000),
        Horizon(10_000, factor=0.1, every=1),
        LastPointsInvalid(1),
        MaxFuncCalls(100),
        MinFuncCalls(100),
        OptimizerRegime("base"),
        OptimizerType("Scipy"),
        Outdated(),
        ParameterDistance(relative_distance=0.05, test_all=True),
        RungRace(min_starts=2),
        RungRace(first=5, eta=2, min_starts=3),
        StepSize(calls=20),
        TimeAnnealing(),
    ]


def answers(stoppers: list[BaseStopper], run: History) -> dict[str, list[bool]]:
    view = run.view()
    return {str(stopper): [stopper.ask(view, one.opt).fired for one in view.alive] for stopper in stoppers}


def test_every_class_that_claims_invariance_is_tested() -> None:
    claims = {name for name in glompo.stoppers.__all__ if CLAIM.search(getattr(glompo.stoppers, name).__doc__)}
    tested = {type(stopper).__name__ for stopper in claiming()}
    assert claims | {"BestUnmoving", "EvaluationsUnmoving"} == tested  # these two with a tolerance of 0 only


@settings(max_examples=20)
@given(stories, powers, offsets)
def test_scale_and_offset_change_no_verdict(story: Story, power: int, offset: int) -> None:
    expected = answers(claiming(), story.told(KINDS))
    assert answers(claiming(), story.told(KINDS, scale=2.0**power)) == expected
    assert answers(claiming(), story.told(KINDS, offset=offset)) == expected


@settings(max_examples=20)
@given(stories)
def test_asked_twice_and_whatever_was_asked_before_they_answer_the_same(story: Story) -> None:
    """What a stopper remembers of an earlier stage, or of another run, is a memo only."""
    old = claiming()
    for run in story.stages(KINDS):
        answers(old, run)
    for again in (run, story.told(KINDS), run):
        assert answers(old, again) == answers(claiming(), run)

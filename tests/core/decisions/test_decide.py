"""The questions are asked in order, and the first that has an answer is acted upon."""

from dataclasses import replace

import pytest

from glompo.core.decisions.decide import QUESTIONS, decide
from glompo.core.policies.ports import Checkpointing
from glompo.events import Asked, CheckpointBegun, CheckpointTaken, EndRequested, RunFinished
from glompo.optimizers import RandomSampling
from glompo.selectors import CycleSelector
from glompo.testing import history

from .asking import POLICIES, WHY


def test_each_judgment_is_asked_at_one_place():
    asked = [judgment for question in QUESTIONS for judgment in question.judgments]
    assert len(asked) == len(set(asked)) == 14


def test_an_earlier_question_is_answered_alone():
    run = history()
    run.evaluate(run.start(), [1.0])
    run.happen(Asked(run.now, "stop", "ada", 1))
    (stop,) = decide(run.view(), POLICIES)  # nothing starts and nothing is granted
    assert (stop.opt, stop.by) == (1, "user")


@pytest.mark.parametrize("what", ["end", "leave"])
def test_in_a_run_that_ends_or_is_left_nothing_new_is_wanted(what):
    run = history()
    run.start()
    run.happen(Asked(run.now, what, "ada"))
    for _ in range(3):
        for event in decide(run.view(), POLICIES):
            run.happen(event)
    assert decide(run.view(), POLICIES) == ()
    assert run.view().n_started == 1


def test_it_is_not_finished_before_the_file_of_its_last_checkpoint():
    run, last = history(), replace(POLICIES, checkpointing=Checkpointing(at_end=True))
    run.happen(EndRequested(run.now, WHY))
    for kind in (CheckpointBegun, CheckpointTaken):
        (event,) = decide(run.view(), last)
        assert isinstance(event, kind)
        run.happen(event)
    assert decide(run.view(), last) == ()


def test_it_is_finished_when_nothing_is_awaited():
    run = history()
    run.happen(EndRequested(run.now, WHY))
    assert decide(run.view(), POLICIES) == (RunFinished(run.now, WHY),)


def test_where_nothing_is_to_be_done_nothing_is_wanted():
    run = history()
    run.happen(Asked(run.now, "leave", "ada"))
    never = CycleSelector(RandomSampling, allow_spawn=lambda manager: False)
    assert decide(run.view(), replace(POLICIES, selector=never)) == ()

"""Is it time to save?"""

from dataclasses import replace

import pytest

from glompo.core.decisions.checkpoints import checkpoints, final_checkpoint, next_checkpoint
from glompo.core.policies.ports import Checkpointing
from glompo.events import (
    Asked,
    CheckpointBegun,
    CheckpointClosed,
    CheckpointTaken,
    EndRequested,
    NotSaved,
    Saved,
    SaveRequested,
)
from glompo.testing import history

from .asking import POLICIES, WHY, answer


def begun():
    """Return a run with one optimizer, whose state a checkpoint awaits."""
    run = history()
    run.start()
    run.happen(CheckpointBegun(run.now, 1, "a test", (1,)))
    run.happen(SaveRequested(run.now, 1, 1))
    return run


def test_without_a_plan_nothing_is_saved():
    run = history()
    run.evaluate(run.start(), [1.0] * 50)
    assert answer(checkpoints, run) == []


@pytest.mark.parametrize(
    "plan", [Checkpointing(seconds=9.0), Checkpointing(evaluations=10), Checkpointing(at_start=True)], ids=repr
)
def test_one_is_begun_when_it_is_due_and_the_states_are_asked_for(plan):
    run = history()
    run.evaluate(run.start(), [1.0] * 10)
    begin, save = answer(checkpoints, run, checkpointing=plan)
    assert (type(begin), begin.n, begin.awaited) == (CheckpointBegun, 1, (1,))
    assert save == SaveRequested(run.now, 1, 1)


def test_one_is_begun_when_it_is_asked_for():
    run = history()
    run.happen(Asked(run.now, "checkpoint", "ada"))
    assert answer(checkpoints, run) == [CheckpointBegun(run.now, 1, "ada asked for it", ())]


def test_it_is_taken_when_the_states_have_come_or_the_patience_is_at_its_end():
    run = begun()
    assert answer(checkpoints, run) == []
    run.wait(60.0)
    assert answer(checkpoints, run) == [CheckpointTaken(run.now, 1, (1,))]
    run.happen(Saved(run.now, 1, 1, 0, "blob", 3))
    assert answer(checkpoints, run) == [CheckpointTaken(run.now, 1, ())]


def test_it_is_abandoned_when_an_optimizer_breaks_its_promise_and_ends_the_run_if_that_is_wanted():
    run = begun()
    run.happen(NotSaved(run.now, 1, 1, True, "no disk"))
    (closed,) = answer(checkpoints, run)
    assert closed == CheckpointClosed(run.now, 1, "abandoned", "optimizer 1 was not saved: no disk")
    run.happen(closed)
    (end,) = answer(checkpoints, run, checkpointing=Checkpointing(fatal=True))
    assert (type(end), end.verdict.rule) == (EndRequested, "failing checkpoint")


def test_states_are_asked_for_after_so_many_evaluations():
    run = history()
    run.evaluate(run.start(), [1.0] * 4)
    plan = Checkpointing(states_every=5)
    assert answer(checkpoints, run, checkpointing=plan) == []
    run.evaluate(1, [1.0])
    assert answer(checkpoints, run, checkpointing=plan) == [SaveRequested(run.now, 1, 1)]


def test_a_run_that_ends_makes_a_last_one_if_that_is_wanted():
    run = history()
    run.happen(EndRequested(run.now, WHY))
    assert answer(final_checkpoint, run) == []
    (begin,) = answer(final_checkpoint, run, checkpointing=Checkpointing(at_end=True))
    assert begin == CheckpointBegun(run.now, 1, "the run ends", ())
    run.happen(begin)
    assert answer(final_checkpoint, run) == [CheckpointTaken(run.now, 1, ())]


def test_the_clock_is_told_when_there_is_a_next_step():
    plan = replace(POLICIES, checkpointing=Checkpointing(seconds=30.0, patience=7.0))
    assert next_checkpoint(history().view(), plan) == 30.0
    assert next_checkpoint(begun().view(), plan) == 7.0
    assert next_checkpoint(begun().view(), replace(plan, lockstep=True)) is None

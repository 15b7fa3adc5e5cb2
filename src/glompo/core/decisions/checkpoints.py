"""Is it time to save? No optimizer is made to wait for it: each is asked, and goes on.

A checkpoint is begun, waits for the states of the optimizers that were asked, and is taken: from then on it is a place
in the journal. An optimizer that dies, ends, is asked to stop, or has not answered when the patience is at its end, is
no longer waited for; it comes back by replay. One that should be able to save itself and fails makes the checkpoint
abandoned.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from glompo.core.policies.ports import Checkpointing, Policies
from glompo.core.state.lifecycle import Phase
from glompo.core.state.run_facts import Checkpoints
from glompo.core.views.optimizer_view import OptimizerView
from glompo.core.views.run_view import RunView
from glompo.events import CheckpointBegun, CheckpointClosed, CheckpointTaken, EndRequested, Event, SaveRequested
from glompo.events.enums import CheckpointOutcome, Reason
from glompo.events.verdict import Verdict


def checkpoints(view: RunView, policies: Policies) -> Iterator[Event]:
    """Yield the next steps of the checkpoint under way, or the beginning of one; and saved states that are due."""
    plan, made = policies.checkpointing, view.checkpoints
    if made.failure and plan.fatal:
        yield EndRequested(view.now, Verdict(True, Reason.FAILING_CHECKPOINT, made.failure))
        return
    if made.begun is not None:
        if not made.taken:
            yield from _next_step(view, made.begun, plan)
    elif why := _due(view, made, plan):
        yield from _begin(view, made.count + 1, why, plan)
        return
    if plan.states_every is not None:
        for one in view.changed:
            if len(one) // plan.states_every > one.save_asked_k // plan.states_every and _can_be_asked(one):
                yield _request(view, one)


def final_checkpoint(view: RunView, policies: Policies) -> Iterator[Event]:
    """Yield what it takes to have a checkpoint of a run, or a session, in which all optimizers have ended."""
    made = view.checkpoints
    if made.begun is not None:
        if not made.taken:
            yield CheckpointTaken(view.now, made.begun.n, ())
    elif view.ending and policies.checkpointing.at_end and (not made.count or made.calls != view.calls):
        yield CheckpointBegun(view.now, made.count + 1, "the run ends", ())


def next_checkpoint(view: RunView, policies: Policies) -> float | None:
    """Return the run time in seconds at which there is a step to be made; None if no clock decides.

    In lockstep no clock decides: every step waits until nothing is in flight.
    """
    plan, made = policies.checkpointing, view.checkpoints
    if policies.lockstep or made.taken:
        return None
    due = made.begun.at + plan.patience if made.begun is not None else made.at + plan.seconds
    return due if math.isfinite(due) else None


def _due(view: RunView, made: Checkpoints, plan: Checkpointing) -> str:
    """Return why a checkpoint is due; empty if none is."""
    if made.asked:
        return f"{made.asked} asked for it"
    if plan.at_start and not made.count and view.session == 1:
        return "the run begins"
    if view.now >= made.at + plan.seconds:
        return f"{plan.seconds:g} s have passed"
    if plan.evaluations is not None and view.calls // plan.evaluations > made.calls // plan.evaluations:
        return f"{plan.evaluations} evaluations have been made"
    return ""


def _begin(view: RunView, n: int, why: str, plan: Checkpointing) -> Iterator[Event]:
    asked = [one for one in view.alive if _can_be_asked(one)]
    late = [
        one.opt
        for one in view.alive
        if one.save_request is not None and view.now < one.save_request.at + plan.patience and not one.stop_requested
    ]
    yield CheckpointBegun(view.now, n, why, tuple(sorted([*(one.opt for one in asked), *late])))
    for one in asked:
        yield _request(view, one)


def _next_step(view: RunView, begun: CheckpointBegun, plan: Checkpointing) -> Iterator[Event]:
    for opt in begun.awaited:
        failure = view[opt].save_failure
        if failure is not None and failure.at >= begun.at:
            why = f"optimizer {opt} was not saved: {failure.why}"
            yield CheckpointClosed(view.now, begun.n, CheckpointOutcome.ABANDONED, why)
            return
    if view.now < begun.at + plan.patience and any(_is_awaited(view[opt]) for opt in begun.awaited):
        return
    missing = [one.opt for one in view.alive if one.saved is None or one.saved.at < begun.at]
    yield CheckpointTaken(view.now, begun.n, tuple(missing))


def _request(view: RunView, one: OptimizerView) -> SaveRequested:
    return SaveRequested(view.now, one.opt, one.save_tickets + 1)


def _can_be_asked(one: OptimizerView) -> bool:
    return one.phase is Phase.RUNNING and one.save_request is None


def _is_awaited(one: OptimizerView) -> bool:
    return one.how is None and not one.stop_requested and one.save_request is not None

"""What arrives from workers and from outside, as the events that record it."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from glompo.core.policies.ports import Policies
from glompo.core.state.requests import refusal, refusal_of_point
from glompo.core.state.run_state import RunState
from glompo.core.views.run_view import RunView
from glompo.engine.dispatch import Job
from glompo.engine.ports import CheckpointStore
from glompo.errors import StoreError
from glompo.events import Asked, Event, NotSaved, Saved
from glompo.events.enums import RequestKind
from glompo.read.run_opening import parameter_names
from glompo.storage.inbox import Request
from glompo.wire.messages import UP, Said, StateSaved


def arrivals(received: Iterable[tuple[int, bytes]], at: float, checkpoint_store: CheckpointStore) -> list[Event]:
    """Return the events that workers tell of; saved states are kept by `checkpoint_store`.

    What was logged in their processes is logged here.
    """
    told: list[Event] = []
    for opt, data in received:
        event = UP.decode(data, at, opt)
        if isinstance(event, Said):
            logging.getLogger(event.logger).log(event.level, "%s", event.text)
        else:
            told.append(_kept(event, checkpoint_store) if isinstance(event, StateSaved) else event)
    return told


def _kept(said: StateSaved, checkpoint_store: CheckpointStore) -> Event:
    try:
        return Saved(said.at, said.opt, said.ticket, said.k, checkpoint_store.keep(said.data), len(said.data))
    except StoreError as error:
        return NotSaved(said.at, said.opt, said.ticket, True, str(error))


def asked_of(request: Request, at: float) -> Asked:
    """Return the event that records a request."""
    return Asked(at, request.what, request.who, request.opt, request.amount, x=request.x)


def objection(asked: Asked, state: RunState, policies: Policies, job: Job) -> str:
    """Return why this cannot be asked of the run; empty if it can."""
    bounds = job.context.bounds
    if asked.what == RequestKind.INJECT:
        names = parameter_names(state.settings, len(bounds))
        return refusal_of_point(asked.x, bounds, names, job.context.integrality) or _no_evaluation(state, policies)
    reason = refusal(asked, state.optimizers, bounds)
    if reason:
        return reason
    if asked.what == RequestKind.BUDGET and policies.exit.budget() is None:
        return f"the run has no budget that could be changed; it ends upon {policies.exit}"
    if asked.what == RequestKind.SLOTS:
        widest = max(job.options, key=lambda option: option.slots, default=None)
        if widest is not None and asked.amount < widest.slots:
            return f"slots is {asked.amount}, but {widest.name} needs {widest.slots} (workers); give that or more"
    return ""


def _no_evaluation(state: RunState, policies: Policies) -> str:
    """Return why a point cannot be evaluated any more; empty if it can."""
    if state.ending:
        return f"the run is ending: {state.ending.reason()}"
    limit = RunView(state, state.at).unpromised(policies.exit.budget())
    if limit is not None and limit <= len(state.injections.asked):
        return "all evaluations of the budget are spent, or promised to optimizers; raise the budget first"
    return ""

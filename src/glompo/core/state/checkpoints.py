"""What is known of saved states and checkpoints: a part of the fold.

A saved state belongs to one optimizer; a checkpoint is a place in the journal, together with the saved states that
were there. Neither is needed to go on, for the journal suffices. They bound what going on costs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from glompo.core.state.optimizer_state import Resumption
from glompo.core.state.run_facts import Checkpoints, RunFacts
from glompo.errors import IllegalEventError
from glompo.events import (
    CheckpointBegun,
    CheckpointClosed,
    CheckpointTaken,
    Diverged,
    Event,
    Loaded,
    NotSaved,
    Recovered,
    Saved,
    SaveRequested,
)
from glompo.events.enums import CheckpointOutcome, Way


def _request(state: RunFacts, event: SaveRequested) -> None:
    one = state.known(event)
    back = one.resumption
    if event.ticket != back.tickets + 1:
        raise IllegalEventError(f"{event}: its last request was number {back.tickets}")
    back.asked, back.asked_k, back.tickets = event, len(one.trajectory), event.ticket


def _save(state: RunFacts, event: Saved) -> None:
    one = state.known(event)
    if event.k > len(one.trajectory):
        raise IllegalEventError(f"{event}: it has {len(one.trajectory)} evaluations")
    _answer(one.resumption, event)
    one.resumption.saved, one.resumption.failure = event, None


def _fail(state: RunFacts, event: NotSaved) -> None:
    one = state.known(event)
    _answer(one.resumption, event)
    one.resumption.failure = event if event.failed else None
    if event.failed:
        one.notes.append((event.at, f"its state was not saved: {event.why}"))


def _answer(back: Resumption, event: Saved | NotSaved) -> None:
    if back.asked is not None and back.asked.ticket == event.ticket:
        back.asked = None


def _diverge(state: RunFacts, event: Diverged) -> None:
    one = state.known(event)
    if event.way == Way.SAVED_STATE:
        one.resumption.saved = None
    one.notes.append((event.at, f"{event.way} failed: {event.why}; then {event.then or 'it was given up'}"))


def _recover(state: RunFacts, event: Recovered) -> None:
    one = state.known(event)
    if event.k != len(one.trajectory):
        raise IllegalEventError(f"{event}: it has {len(one.trajectory)} evaluations")
    back = one.resumption
    back.way = event.way
    if event.x0 is not None:
        back.first, back.x0, back.saved = event.k, event.x0, None
        one.taken.clear()


def _begin(state: RunFacts, event: CheckpointBegun) -> None:
    made = state.checkpoints
    if made.begun is not None or event.n != made.count + 1:
        raise IllegalEventError(f"{event} after {made.count}, under way: {made.begun}")
    state.checkpoints = Checkpoints(event.n, event, False, event.at, state.calls, files=made.files)


def _take(state: RunFacts, event: CheckpointTaken) -> None:
    _check_under_way(state, event, event.n)
    if state.checkpoints.taken:
        raise IllegalEventError(f"{event}: it was taken before")
    state.checkpoints = replace(state.checkpoints, taken=True)


def _close(state: RunFacts, event: CheckpointClosed) -> None:
    _check_under_way(state, event, event.n)
    made = state.checkpoints
    if event.outcome == CheckpointOutcome.COMPLETE:
        state.checkpoints = replace(made, begun=None, taken=False, files=(*made.files, event.path))
    else:
        state.checkpoints = replace(made, begun=None, taken=False, failure=event.why)


def _check_under_way(state: RunFacts, event: Event, n: int) -> None:
    begun = state.checkpoints.begun
    if begun is None or begun.n != n:
        raise IllegalEventError(f"{event}: under way is {begun}")


def _load(state: RunFacts, event: Loaded) -> None:
    state.checkpoints = replace(state.checkpoints, files=())  # they belong to the run that this one was split from


SAVING_RULES: dict[type[Event], Callable[[RunFacts, Any], None]] = {
    SaveRequested: _request,
    Saved: _save,
    NotSaved: _fail,
    Diverged: _diverge,
    Recovered: _recover,
    CheckpointBegun: _begin,
    CheckpointTaken: _take,
    CheckpointClosed: _close,
    Loaded: _load,
}
"""What these events change."""

AFTER_THE_END = (CheckpointBegun, CheckpointTaken, CheckpointClosed, Loaded)
"""Those that may happen to a run that is finished."""

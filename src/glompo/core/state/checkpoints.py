"""What is known of saved states and checkpoints: a part of the fold.

A saved state belongs to one optimizer; a checkpoint is a place in the journal, together with the saved states that
were there. Neither is needed to go on, for the journal suffices. They bound what going on costs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

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

if TYPE_CHECKING:
    from glompo.core.state.run_state import RunState


@dataclass(slots=True)
class Resumption:
    """What it takes for one optimizer to go on in another session.

    Attributes
    ----------
    asked : SaveRequested or None
        A request to save that it has not answered.
    asked_k : int
        Evaluations that it had made at its last request.
    tickets : int
        Requests so far.
    saved : Saved or None
        Its last saved state.
    failure : NotSaved or None
        Its last answer, if that was a failure.
    first : int
        Evaluations of earlier searches under its number, before a warm start.
    x0 : ndarray of shape (d,), or None
        Where the present search began, if that was a warm start.
    way : str
        How it last came back; empty if it never had to.
    """

    asked: SaveRequested | None = None
    asked_k: int = 0
    tickets: int = 0
    saved: Saved | None = None
    failure: NotSaved | None = None
    first: int = 0
    x0: NDArray[np.float64] | None = None
    way: str = ""


@dataclass(slots=True)
class Checkpoints:
    """The checkpoints of a run.

    Attributes
    ----------
    count : int
        Checkpoints that were begun.
    begun : CheckpointBegun or None
        The one that is being made.
    taken : bool
        Whether nobody is awaited for it any more.
    at, calls : float, int
        Run time in seconds, and calls of the task, when the last one was begun.
    failure : str
        Why the last one was abandoned; empty if it was not.
    asked : str
        Who asked for another one; empty if nobody did.
    files : list of str
        Those that are complete, in order.
    """

    count: int = 0
    begun: CheckpointBegun | None = None
    taken: bool = False
    at: float = 0.0
    calls: int = 0
    failure: str = ""
    asked: str = ""
    files: list[str] = field(default_factory=list)

    def open_session(self, at: float) -> None:
        """Forget what the session before did not finish."""
        self.begun, self.taken, self.failure, self.asked = None, False, "", ""
        self.at = at


def _request(state: RunState, event: SaveRequested) -> None:
    one = state.known(event)
    back = one.resumption
    if event.ticket != back.tickets + 1:
        raise IllegalEventError(f"{event}: its last request was number {back.tickets}")
    back.asked, back.asked_k, back.tickets = event, len(one.trajectory), event.ticket


def _save(state: RunState, event: Saved) -> None:
    one = state.known(event)
    if event.k > len(one.trajectory):
        raise IllegalEventError(f"{event}: it has {len(one.trajectory)} evaluations")
    _answer(one.resumption, event)
    one.resumption.saved, one.resumption.failure = event, None


def _fail(state: RunState, event: NotSaved) -> None:
    one = state.known(event)
    _answer(one.resumption, event)
    one.resumption.failure = event if event.failed else None
    if event.failed:
        one.notes.append((event.at, f"its state was not saved: {event.why}"))


def _answer(back: Resumption, event: Saved | NotSaved) -> None:
    if back.asked is not None and back.asked.ticket == event.ticket:
        back.asked = None


def _diverge(state: RunState, event: Diverged) -> None:
    one = state.known(event)
    if event.way == Way.SAVED_STATE:
        one.resumption.saved = None
    one.notes.append((event.at, f"{event.way} failed: {event.why}; then {event.then or 'it was given up'}"))


def _recover(state: RunState, event: Recovered) -> None:
    one = state.known(event)
    if event.k != len(one.trajectory):
        raise IllegalEventError(f"{event}: it has {len(one.trajectory)} evaluations")
    back = one.resumption
    back.way = event.way
    if event.x0 is not None:
        back.first, back.x0, back.saved = event.k, event.x0, None
        one.taken.clear()


def _begin(state: RunState, event: CheckpointBegun) -> None:
    made = state.checkpoints
    if made.begun is not None or event.n != made.count + 1:
        raise IllegalEventError(f"{event} after {made.count}, under way: {made.begun}")
    made.begun, made.taken, made.count, made.failure = event, False, event.n, ""
    made.at, made.calls, made.asked = event.at, state.calls, ""


def _take(state: RunState, event: CheckpointTaken) -> None:
    _check_under_way(state, event, event.n)
    if state.checkpoints.taken:
        raise IllegalEventError(f"{event}: it was taken before")
    state.checkpoints.taken = True


def _close(state: RunState, event: CheckpointClosed) -> None:
    _check_under_way(state, event, event.n)
    made = state.checkpoints
    made.begun, made.taken = None, False
    if event.outcome == CheckpointOutcome.COMPLETE:
        made.files.append(event.path)
    else:
        made.failure = event.why


def _check_under_way(state: RunState, event: Event, n: int) -> None:
    begun = state.checkpoints.begun
    if begun is None or begun.n != n:
        raise IllegalEventError(f"{event}: under way is {begun}")


def _load(state: RunState, event: Loaded) -> None:
    state.checkpoints.files.clear()  # they belong to the run that this one was split from


SAVING_RULES: dict[type[Event], Callable[[Any, Any], None]] = {
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

"""From one session to the next: which optimizers go on, and how they come back. A part of the fold.

A new session finds no worker of the one before. Those that lived then, or had been asked to stop only because that
session or the run ended, are left; they come back when there is room for them, to work or, if they rested, to rest on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from glompo.core.state.lifecycle import How, Phase
from glompo.core.state.optimizer_state import OptimizerState
from glompo.core.state.run_facts import RunFacts
from glompo.errors import IllegalEventError
from glompo.events import Event, Restored, ReturnedToRest, SessionOpened

BUDGET = "max_evaluations"
"""Setting that holds the budget, in the settings of a session."""


def _open_session(state: RunFacts, event: SessionOpened) -> None:
    state.session, state.session_at, state.session_wall = event.session, event.at, event.wall
    state.session_slots, state.session_cpus, state.scales = event.slots, event.cpus, event.scales
    state.session_open, state.session_reason, state.asked, state.refused = True, "", None, ""
    state.ending = state.finished = state.sampled = None
    state.in_vain.clear()
    state.checkpoints = state.checkpoints.in_new_session(event.at)
    state.retention.look_back = event.look_back
    if event.spec and event.spec.get(BUDGET) != state.settings.get(BUDGET):
        state.pending.budget = None  # a call that gives another budget is the later word
    state.session_spec = event.spec or state.session_spec
    state.task = event.task or state.task
    for opt, one in state.optimizers.items():
        if one.may_return:
            state.retention.recall(opt)
            _leave(one)
            state.left[opt] = one
        elif one.phase is not Phase.ENDED:  # it was to stop for its own sake, and its worker is gone
            one.how, one.ended_at, one.phase = How.STOPPED, event.at, Phase.ENDED
            state.ended[How.STOPPED] += 1
            state.retention.retire(opt, state.optimizers)
    state.alive.clear()
    state.holders.clear()
    state.used_slots = state.resting = state.stopping = state.outstanding = 0


def _leave(one: OptimizerState) -> None:
    """Turn an optimizer of an earlier session into one that may go on; until it does, its end stays on record."""
    one.phase, one.holds_slots = Phase.LEFT, False
    one.resumption.asked = None
    one.rung, one.silent = "", False


def finish_left(state: RunFacts) -> None:
    """End those that have not gone on when the run finishes, as they had ended before.

    One whose process was killed with its session never said how it ended: it was lost. It may still go on later.
    """
    for opt, one in list(state.left.items()):
        if one.how is not None:
            one.phase = Phase.ENDED
            state.retention.retire(opt, state.optimizers)
            del state.left[opt]
        else:
            one.how, one.ended_at = How.LOST, one.heard_at
            one.note = "its session was killed, and the run finished before it went on"
            state.ended[How.LOST] += 1


def _restore(state: RunFacts, event: Restored) -> None:
    one = _returning(state, event)
    if event.credits < 0:
        raise IllegalEventError(f"{event}: {event.credits} is no number of credits")
    state.check_fit(one.request.held)
    _return(state, one, event)
    one.holds_slots, one.rests = True, False
    one.granted += event.credits
    state.used_slots += one.request.held
    state.outstanding += event.credits


def _return_to_rest(state: RunFacts, event: ReturnedToRest) -> None:
    _return(state, _returning(state, event), event)


def _returning(state: RunFacts, event: Restored | ReturnedToRest) -> OptimizerState:
    one = state.known(event)
    if event.k != len(one.trajectory):
        raise IllegalEventError(f"{event}: it has {len(one.trajectory)} evaluations")
    return one


def _return(state: RunFacts, one: OptimizerState, event: Restored | ReturnedToRest) -> None:
    """Let it live again, without credits and in its place: living optimizers are always in order."""
    state.move(one, event)
    if one.how is not None:
        state.ended[one.how] -= 1
    one.how, one.stop, one.ended_at, one.note = None, None, None, ""
    one.granted = one.calls_before = one.calls
    one.dry_at = state.calls if isinstance(event, Restored) and not event.credits else None
    one.started_at = None
    one.heard_at = event.at
    one.trajectory.keep = state.retention.rows(one.trajectory.dims, state.slots)
    state.alive[event.opt] = state.left.pop(event.opt)
    state.alive = dict(sorted(state.alive.items()))


RETURNING_RULES: dict[type[Event], Callable[[RunFacts, Any], None]] = {
    SessionOpened: _open_session,
    Restored: _restore,
    ReturnedToRest: _return_to_rest,
}
"""What these events change."""

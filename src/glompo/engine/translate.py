"""From what workers say, and from what was decided, to events."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any

from glompo import events
from glompo.core.decisions import commands
from glompo.core.decisions.commands import Command
from glompo.core.state.checkpoints import ABANDONED
from glompo.engine.ports import CheckpointStore
from glompo.errors import InternalError, StoreError
from glompo.events import Event
from glompo.safe_text import writable
from glompo.wire import messages
from glompo.wire.messages import UP, Message

EVALUATOR = "the evaluator"
"""Who asks to leave when evaluations cannot be made."""


def arrivals(received: Iterable[tuple[int, bytes]], at: float, checkpoint_store: CheckpointStore) -> list[Event]:
    """Return the events told by the messages of workers; saved states are kept by `checkpoint_store`.

    What was logged in their processes is logged here.
    """
    told: list[Event] = []
    for opt, message in _decoded(received):
        if isinstance(message, messages.Said):
            logging.getLogger(message.logger).log(message.level, "%s", message.text)
        elif isinstance(message, messages.StateSaved):
            told.append(_kept(opt, message, at, checkpoint_store))
        else:
            told.append(_ARRIVALS[type(message)](opt, message, at))
    return told


def _kept(opt: int, said: messages.StateSaved, at: float, checkpoint_store: CheckpointStore) -> Event:
    try:
        return events.Saved(at, opt, said.ticket, said.k, checkpoint_store.keep(said.data), len(said.data))
    except StoreError as error:
        return events.NotSaved(at, opt, said.ticket, True, str(error))


def _decoded(received: Iterable[tuple[int, bytes]]) -> Iterable[tuple[int, Message]]:
    return ((opt, UP.decode(data)) for opt, data in received)


def intents(decided: Iterable[Command], at: float) -> list[Event]:
    """Return the events that make commands durable before they take effect."""
    return [intent(command, at) for command in decided]


def intent(command: Command, at: float) -> Event:
    """Return the event that records a command."""
    try:
        return _INTENTS[type(command)](command, at)
    except KeyError:
        raise InternalError(f"no event records the command {command}") from None


def _evaluated(opt: int, said: messages.Evaluations, at: float) -> Event:
    return events.Evaluated(
        at, opt, said.k0, said.X, said.f, said.status, said.seconds, said.ages, said.extras, said.errors
    )


_ARRIVALS: dict[type[Message], Callable[[int, Any, float], Event]] = {
    messages.Ready: lambda opt, said, at: events.Started(at, opt, said.worker),
    messages.Evaluations: _evaluated,
    messages.Note: lambda opt, said, at: events.Noted(at, opt, said.text),
    messages.PointTaken: lambda opt, said, at: events.IncumbentTaken(at, opt, said.at_k, said.x, said.f),
    messages.Resting: lambda opt, said, at: events.Paused(at, opt, said.at_k),
    messages.GoingOn: lambda opt, said, at: events.Resumed(at, opt, said.at_k),
    messages.NotSaved: lambda opt, said, at: events.NotSaved(at, opt, said.ticket, said.failed, said.why),
    messages.WentAstray: lambda opt, said, at: events.Diverged(
        at, opt, said.way, said.at_k, said.distance, said.why, said.then
    ),
    messages.BackAgain: lambda opt, said, at: events.Recovered(at, opt, said.way, said.k, said.x0),
    messages.GaveBack: lambda opt, said, at: events.Reclaimed(at, opt, said.n),
    messages.Wanting: lambda opt, said, at: events.Wanted(at, opt),
    messages.EngineLost: lambda opt, said, at: events.Asked(at, "leave", EVALUATOR, why=said.why),
    messages.Ended: lambda opt, said, at: events.Stopped(
        at, opt, said.ending, said.said_converged, said.note, said.gave_up, said.claimed
    ),
}


def _start_requested(start: commands.Start, at: float) -> Event:
    option = start.option
    return events.StartRequested(
        at, start.opt, option.kind, option.describe(), start.x0, option.slots, writable(start.why)
    )


_INTENTS: dict[type[Command], Callable[[Any, float], Event]] = {
    commands.Start: _start_requested,
    commands.Restore: lambda back, at: (
        events.ReturnedToRest(at, back.opt, back.way, back.k)
        if back.rests
        else events.Restored(at, back.opt, back.way, back.k, back.credits)
    ),
    commands.Grant: lambda grant, at: events.Granted(at, grant.opt, grant.n),
    commands.Reclaim: lambda back, at: events.ReclaimRequested(at, back.opt),
    commands.SendIncumbent: lambda sent, at: events.IncumbentSent(at, sent.opt, sent.x, sent.f, sent.source),
    commands.Acquit: lambda acquit, at: events.Judged(at, acquit.opts, acquit.counts),
    commands.Stop: lambda stop, at: events.StopRequested(at, stop.opt, stop.by, stop.verdict.written()),
    commands.Escalate: lambda step, at: events.Escalated(at, step.opt, step.rung, step.why),
    commands.Pause: lambda pause, at: events.PauseRequested(at, pause.opt, pause.by, pause.verdict.written()),
    commands.Resume: lambda back, at: events.ResumeRequested(at, back.opt, back.by, back.verdict.written()),
    commands.Save: lambda save, at: events.SaveRequested(at, save.opt, save.ticket),
    commands.BeginCheckpoint: lambda begin, at: events.CheckpointBegun(at, begin.n, begin.why, begin.awaited),
    commands.TakeCheckpoint: lambda take, at: events.CheckpointTaken(at, take.n, take.missing),
    commands.AbandonCheckpoint: lambda given_up, at: events.CheckpointClosed(at, given_up.n, ABANDONED, given_up.why),
    commands.End: lambda end, at: events.EndRequested(at, end.verdict.written()),
    commands.Finish: lambda finish, at: events.RunFinished(at, finish.verdict.written()),
}

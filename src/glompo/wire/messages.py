"""What engine and worker say to each other: events.

Down go intents, as they were recorded. Up goes what happened, as it will be recorded, and two things that will not be:
saved states and log records. A worker does not know the run time, and by its line the engine knows which optimizer is
heard: the fields `at` and `opt` do not travel upwards, and the engine supplies them when it receives the message.
"""

from __future__ import annotations

from dataclasses import dataclass

from glompo import events
from glompo.events import Event
from glompo.wire.codec import Codec

AT, OPT = 0.0, 0
"""What a worker writes for the fields `at` and `opt`, which the engine supplies."""


@dataclass(frozen=True, slots=True, eq=False)
class StateSaved(Event):
    """The state of the optimizer after `k` of its evaluations, for :mod:`glompo.worker.saved_state` to read.

    `Saved` records it once `data` has been stored.
    """

    opt: int
    ticket: int
    k: int
    data: bytes


@dataclass(frozen=True, slots=True, eq=False)
class Said(Event):
    """Something was logged in the worker's process, for the logger of that name; it is no part of the record."""

    opt: int
    logger: str
    level: int
    text: str


SENT = (
    events.Granted,
    events.ReclaimRequested,
    events.StopRequested,
    events.IncumbentSent,
    events.PauseRequested,
    events.ResumeRequested,
    events.SaveRequested,
)
"""Intents that a worker is told of, word for word."""

DOWN = Codec[Event](SENT, lenient=True)
"""Codec of what the engine says."""

UP = Codec[Event](
    (
        events.Started,
        events.Evaluated,
        events.Noted,
        events.IncumbentTaken,
        events.Paused,
        events.Resumed,
        StateSaved,
        events.NotSaved,
        events.Diverged,
        events.Recovered,
        events.Reclaimed,
        events.Wanted,
        events.Asked,
        events.Stopped,
        Said,
    ),
    lenient=True,
    supplied=("at", "opt"),
)
"""Codec of what a worker says; ``UP.decode(data, at, opt)``."""

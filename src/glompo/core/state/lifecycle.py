"""The life of an optimizer, as a table.

Rule 1: everything that moves an optimizer from one phase to the next stands in :data:`TABLE`. An event that has
no row for the present phase is illegal: applying it raises :class:`~glompo.errors.IllegalEventError` and changes
nothing.

Rule 2: a request is never its own confirmation. `StartRequested` makes an optimizer STARTING and takes its slots;
only the worker's `Started` makes it RUNNING. `StopRequested` makes it STOPPING; only `Stopped` frees its slots.
Between the two it still delivers: every evaluation that was paid for is recorded, also while it stops.

Rule 3: how it ended is read off the path. An optimizer that returns although nothing asked it to has converged, or is
exhausted if it says itself that it had no success; one that returns after a request was stopped; one that had to be
unwound inside the task was cut; one that raised crashed; one whose worker vanished was lost, or forced if the vanishing
was our doing. See :func:`how_ended`.

Rule 4: an optimizer that rests holds no slots. `Paused` frees them, `ResumeRequested` takes them again. Its rest
outlasts a session: `ReturnedToRest` brings it back as one that rests, and while its worker comes back it may be told to
go on.

Rule 5: ENDED is final. There is no row that leaves it. Only when a new session opens, those that had been asked to
stop because the run or the session ended, and not because of themselves, are LEFT, as are all that lived: they may go
on. See :func:`may_return`.
"""

from __future__ import annotations

import enum

from glompo.errors import IllegalEventError
from glompo.events import (
    Diverged,
    Escalated,
    Evaluated,
    Event,
    Granted,
    IncumbentSent,
    IncumbentTaken,
    Judged,
    Noted,
    NotSaved,
    Paused,
    PauseRequested,
    Reclaimed,
    ReclaimRequested,
    Recovered,
    Restored,
    Resumed,
    ResumeRequested,
    ReturnedToRest,
    Saved,
    SaveRequested,
    Started,
    StartRequested,
    Stopped,
    StopRequested,
    Wanted,
)
from glompo.events.enums import By, Ending


class Phase(enum.StrEnum):
    """Where an optimizer stands."""

    STARTING = "starting"
    RUNNING = "running"
    PAUSING = "pausing"
    PAUSED = "paused"
    RESUMING = "resuming"
    STOPPING = "stopping"
    ENDED = "ended"
    LEFT = "left"


class How(enum.StrEnum):
    """How an optimizer ended."""

    CONVERGED = "converged"
    EXHAUSTED = "exhausted"
    STOPPED = "stopped"
    CUT = "cut"
    CRASHED = "crashed"
    LOST = "lost"
    FORCED = "forced"


STAYS: dict[Phase, tuple[type[Event], ...]] = {
    # credits may travel with the start, so that the first evaluation need not wait for a round trip
    Phase.STARTING: (Granted, Noted, ReclaimRequested, Reclaimed, Diverged),
    Phase.RUNNING: (
        Granted, Evaluated, Noted, ReclaimRequested, Reclaimed, Wanted, IncumbentSent, IncumbentTaken, Judged,
        SaveRequested, Saved, NotSaved, Diverged, Recovered,
    ),
    # it rests once it says so: until then it delivers, and gets nothing new
    Phase.PAUSING: (Evaluated, Noted, Reclaimed, Wanted, IncumbentTaken, Saved, NotSaved, Diverged, Recovered),
    Phase.PAUSED: (Started, Noted, Reclaimed, Wanted, Diverged, Recovered),
    Phase.RESUMING: (Granted, Started, Noted, Reclaimed, Wanted, Diverged, Recovered),
    # one that is to stop may still confirm, deliver and write notes, but it gets nothing new
    Phase.STOPPING: (
        Started, Evaluated, Noted, Reclaimed, Wanted, IncumbentTaken, Saved, NotSaved, Diverged, Recovered, Paused,
        Resumed, Escalated,
    ),
}  # fmt: skip
"""Events that leave an optimizer in its phase."""

TABLE: dict[tuple[Phase | None, type[Event]], Phase] = {
    (None, StartRequested): Phase.STARTING,
    (Phase.STARTING, Started): Phase.RUNNING,
    (Phase.STARTING, StopRequested): Phase.STOPPING,
    (Phase.STARTING, Stopped): Phase.ENDED,
    (Phase.RUNNING, StopRequested): Phase.STOPPING,
    (Phase.RUNNING, Stopped): Phase.ENDED,
    (Phase.RUNNING, PauseRequested): Phase.PAUSING,
    (Phase.PAUSING, Paused): Phase.PAUSED,
    (Phase.PAUSING, StopRequested): Phase.STOPPING,
    (Phase.PAUSING, Stopped): Phase.ENDED,
    (Phase.PAUSED, ResumeRequested): Phase.RESUMING,
    (Phase.PAUSED, StopRequested): Phase.STOPPING,
    (Phase.PAUSED, Stopped): Phase.ENDED,
    (Phase.RESUMING, Resumed): Phase.RUNNING,
    (Phase.RESUMING, StopRequested): Phase.STOPPING,
    (Phase.RESUMING, Stopped): Phase.ENDED,
    # between two sessions it neither lives nor is it over
    (Phase.LEFT, Restored): Phase.STARTING,
    (Phase.LEFT, ReturnedToRest): Phase.PAUSED,
    (Phase.STOPPING, Stopped): Phase.ENDED,
    **{(phase, event): phase for phase, events in STAYS.items() for event in events},
}
"""What each event leads to in each phase; there is no other step."""

ENDINGS: dict[tuple[str, bool], How] = {
    # (how the worker left, whether a stop had been requested)
    (Ending.RETURNED, False): How.CONVERGED,
    (Ending.RETURNED, True): How.STOPPED,
    (Ending.CUT, True): How.CUT,
    (Ending.RAISED, False): How.CRASHED,
    (Ending.RAISED, True): How.CRASHED,
    (Ending.REFUSED, False): How.CRASHED,
    (Ending.REFUSED, True): How.CRASHED,
    (Ending.DIED, False): How.LOST,
    (Ending.DIED, True): How.LOST,
}


def after(phase: Phase | None, event: Event) -> Phase:
    """Return the phase that `event` leads to from `phase`.

    Raises
    ------
    IllegalEventError
        If the table has no such row.
    """
    try:
        return TABLE[phase, type(event)]
    except KeyError:
        state = "an unknown optimizer" if phase is None else f"an optimizer that is {phase}"
        raise IllegalEventError(f"{type(event).__name__} cannot happen to {state}: {event}") from None


def how_ended(event: Stopped, stop_requested: bool, escalated: bool = False) -> How:
    """Return how an optimizer ended, given whether it had been asked to stop, and whether its process was ended.

    One that reported its own convergence before it was told to stop has converged. One that was not asked to stop and
    returned without success is exhausted: it ran out of its own iterations, or did not know how to go on.
    """
    if event.ending == Ending.RETURNED and event.said_converged:
        return How.CONVERGED
    if event.ending == Ending.RETURNED and event.gave_up and not stop_requested:
        return How.EXHAUSTED
    if event.ending == Ending.DIED and escalated:
        return How.FORCED
    try:
        return ENDINGS[event.ending, stop_requested]
    except KeyError:
        raise IllegalEventError(
            f"an optimizer cannot end as {event.ending!r} with condemned={stop_requested}"
        ) from None


def may_return(phase: Phase, how: How | None, stop_by: str | None) -> bool:
    """Return whether an optimizer of an earlier session may go on in a new one.

    Not one that ended by itself, or was asked to stop for its own sake.
    """
    if stop_by not in (None, By.EXIT, By.SESSION):
        return False
    return phase is not Phase.ENDED or (stop_by is not None and how not in (How.CONVERGED, How.CRASHED))

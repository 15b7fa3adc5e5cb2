"""What was decided in a run, and the numbers that the rules saw."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from glompo.events import (
    Asked,
    CheckpointClosed,
    EndRequested,
    Escalated,
    Event,
    Noted,
    PauseRequested,
    ResumeRequested,
    RunFinished,
    SessionClosed,
    SessionOpened,
    StartRequested,
    Stopped,
    StopRequested,
)
from glompo.events.verdict import Verdict

KEPT = 20_000
"""Entries that are kept at most: the newest."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Something that was decided, asked for, or said.

    Attributes
    ----------
    at : float
        Run time in seconds.
    opt : int
        Optimizer that it is about; 0 if it is about none.
    what : str
        What: 'start', 'stop', 'pause', 'unpause', 'asked', 'end', and others.
    by : str
        On whose behalf, or who asked; empty where that is not on record.
    why : str
        The reason in one line.
    verdict : Verdict or None
        The answer of the rules with their numbers; None where there was no rule.
    """

    at: float
    opt: int
    what: str
    by: str
    why: str
    verdict: Verdict | None = None

    def lines(self) -> Iterator[str]:
        """Yield the answers of the rules as lines, those that are combined set in."""
        if self.verdict is None:
            yield self.why
        else:
            yield from _tree(self.verdict, 0)


class Decisions:
    """The decisions and the log of a run, as far as the events tell.

    Attributes
    ----------
    count : int
        Entries so far.
    """

    def __init__(self) -> None:
        self.count = 0
        self._entries: deque[Decision] = deque(maxlen=KEPT)

    def take(self, event: Event) -> None:
        """Add what an event tells."""
        self.taken(event)

    def taken(self, event: Event) -> Decision | None:
        """Add what an event tells and return it; None if nothing was decided."""
        entry = _entry(event)
        if entry is not None:
            self._entries.append(entry)
            self.count += 1
        return entry

    def newest(self, most: int, searched: str = "") -> list[Decision]:
        """Return so many entries at most, the newest first, in which `searched` occurs, in whatever case."""
        wanted = searched.casefold().split()
        return list(islice((one for one in reversed(self._entries) if _holds(one, wanted)), most))


def _holds(one: Decision, wanted: list[str]) -> bool:
    if not wanted:
        return True
    text = " ".join((f"optimizer {one.opt}", one.what, one.by, one.why, *one.lines())).casefold()
    return all(word in text for word in wanted)


def _entry(event: Event) -> Decision | None:
    match event:
        case StartRequested():
            return Decision(event.at, event.opt, "start", event.regime, event.why)
        case StopRequested() | PauseRequested() | ResumeRequested():
            return Decision(event.at, event.opt, WHAT[type(event)], event.by, event.verdict.reason(), event.verdict)
        case EndRequested() | RunFinished():
            return Decision(event.at, 0, WHAT[type(event)], "", event.verdict.reason(), event.verdict)
        case Asked():
            amount = f" {event.amount:,}" if event.amount else ""
            return Decision(event.at, event.opt, "asked", event.who, f"{event.what}{amount} {event.why}".strip())
        case Stopped():
            return Decision(
                event.at, event.opt, "ended", "", f"{event.ending}: {event.note}" if event.note else event.ending
            )
        case Noted():
            return Decision(event.at, event.opt, "log", "", event.text)
        case Escalated():
            return Decision(event.at, event.opt, event.rung, "", event.why)
        case CheckpointClosed():
            return Decision(event.at, 0, "checkpoint", "", f"{event.outcome}: {event.why or event.path}")
        case SessionOpened():
            return Decision(event.at, 0, "session", event.host, f"session {event.session} began in process {event.pid}")
        case SessionClosed():
            return Decision(event.at, 0, "session", "", f"the session ended: {event.reason}")
    return None


WHAT: dict[type[Event], str] = {
    StopRequested: "stop",
    PauseRequested: "pause",
    ResumeRequested: "unpause",
    EndRequested: "end",
    RunFinished: "finished",
}


def _tree(verdict: Verdict, depth: int) -> Iterator[str]:
    called = verdict.short or verdict.rule
    yield f"{'    ' * depth}{'yes' if verdict.fired else 'no '} {called}" + (f": {verdict.why}" if verdict.why else "")
    for part in verdict.parts:
        yield from _tree(part, depth + 1)

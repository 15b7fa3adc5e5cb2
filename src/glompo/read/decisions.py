"""What was decided in a run, asked for and said: by which rule, with which numbers; for displays and as JSON lines."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from glompo.events import (
    Asked,
    CheckpointClosed,
    Diverged,
    EndRequested,
    Escalated,
    Event,
    Judged,
    Noted,
    PauseRequested,
    Recovered,
    ResumeRequested,
    RunFinished,
    SessionClosed,
    SessionOpened,
    StartRequested,
    Stopped,
    StopRequested,
)
from glompo.events.verdict import Verdict
from glompo.read.locate import run_directory
from glompo.read.suffixes import refuse_other
from glompo.read.verdict_lines import verdict_lines
from glompo.safe_text import legible
from glompo.storage.files import atomic_write
from glompo.storage.reader import read_events

WHAT: dict[type[Event], str] = {
    StartRequested: "start",
    PauseRequested: "pause",
    ResumeRequested: "unpause",
    StopRequested: "stop",
    Escalated: "force",
    EndRequested: "end the run",
    RunFinished: "finished",
    Asked: "asked",
}
"""What is a decision, and how it is called."""

LOGGED: dict[type[Event], str] = {
    Stopped: "ended",
    Recovered: "came back",
    Diverged: "did not come back",
    Noted: "said",
    CheckpointClosed: "checkpoint",
    SessionOpened: "session begins",
    SessionClosed: "session ends",
}
"""What stands in the log of a run beside its decisions, and how it is called."""

EXPORTED = {**WHAT, Judged: "go on"}
"""What is a decision for programs, which count the questions as well."""


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
        What, one of the words in `WHAT` and `LOGGED`.
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

    @property
    def text(self) -> str:
        """The whole of it in one line that a terminal can show."""
        about = f"optimizer {self.opt}: " if self.opt else ""
        by = f" ({self.by})" if self.by else ""
        return legible(f"{about}{self.what}{by}" + (f": {self.why}" if self.why else ""))

    def lines(self) -> Iterator[str]:
        """Yield the answers of the rules as lines, those that are combined set in."""
        if self.verdict is None:
            yield self.why
        else:
            yield from verdict_lines(self.verdict)


def decision_of(event: Event) -> Decision | None:
    """Return what an event tells of decisions and the log; None if nothing."""
    what = WHAT.get(type(event)) or LOGGED.get(type(event))
    if what is None:
        return None
    opt, by, why, verdict = int(getattr(event, "opt", 0)), "", "", None
    match event:
        case StartRequested():
            by, why = event.regime, event.why if event.called in event.why else f"{event.called}, {event.why}"
        case StopRequested() | PauseRequested() | ResumeRequested():
            by, why, verdict = event.by, event.verdict.reason(), event.verdict
        case EndRequested() | RunFinished():
            why, verdict = event.verdict.reason(), event.verdict
        case Asked():
            by, why = event.who, f"{event.wish} {event.why}".strip()
        case Escalated():
            by, why = event.rung, event.why
        case Stopped():
            how = "converged" if event.said_converged and event.ending == "returned" else event.ending
            why = f"{how}: {event.note}" if event.note else how
        case Recovered():
            why = event.way
        case Diverged():
            why = f"{event.way}: {event.why}"
        case Noted():
            why = event.text
        case CheckpointClosed():
            why = f"{event.outcome}: {event.why or event.path}"
        case SessionOpened():
            by, why = event.host, f"session {event.session}, process {event.pid}"
        case SessionClosed():
            why = event.reason
    return Decision(event.at, opt, what, by, why, verdict)


def decisions(run_dir: str | os.PathLike[str]) -> Iterator[dict[str, Any]]:
    """Yield the decisions of a run, alive or dead, in the order of the record; they are read on the way.

    Each has ``time`` (seconds of run time) and ``what``: 'start', 'go on' (the stoppers were asked and let optimizers
    live), 'pause', 'unpause', 'stop', 'force' (a process that did not stop was ended), 'end the run', 'finished' or
    'asked' (from outside). One about an optimizer has ``optimizer``, its number; 'go on' has ``optimizers`` and
    ``evaluations``, lists that go together. One that a rule made has ``by``, ``rule``, ``why`` in one line, and
    ``verdict``: a tree of ``fired``, ``rule``, ``why`` with the numbers, and ``parts``.

    Parameters
    ----------
    run_dir : path-like
        Working directory of the run.

    Raises
    ------
    UserError
        If it holds no run.
    CorruptJournalError
        When damage before the tail of its journal is reached.
    """
    folder = run_directory(run_dir)
    return (_decision(event) for event in read_events(folder) if type(event) in EXPORTED)


def to_decisions(run_dir: str | os.PathLike[str], path: str | os.PathLike[str]) -> Path:
    """Write the :func:`decisions` of a run as JSON lines, and return the path; the file appears when it is complete.

    Parameters
    ----------
    run_dir : path-like
        Working directory of the run.
    path : path-like
        File to be written; its folder is made if need be.

    Raises
    ------
    UserError
        If `run_dir` holds no run, or the ending of `path` is that of another format.
    StoreError
        If the file cannot be written.
    """
    refuse_other(path, "JSON lines")
    folder, target = run_directory(run_dir), Path(path)
    with atomic_write(target, "give another path") as draft, draft.open("w", encoding="utf-8") as file:
        write_decisions(folder, file)
    return target


def write_decisions(run_dir: str | os.PathLike[str], file: TextIO) -> None:
    """Write what :func:`to_decisions` writes into an open text file."""
    for decision in decisions(run_dir):
        file.write(json.dumps(decision, allow_nan=False, default=str) + "\n")


def _decision(event: Event) -> dict[str, Any]:
    told: dict[str, Any] = {"time": event.at, "what": EXPORTED[type(event)]}
    match event:
        case StartRequested():
            about = {"label": event.called, "regime": event.regime, "slots": event.slots, "x0": event.x0.tolist()}
            return {**told, "optimizer": event.opt, **about, "why": event.why}
        case Judged():
            return {**told, "optimizers": list(event.opts), "evaluations": list(event.counts)}
        case Asked():
            about = {"optimizer": event.opt or None, "amount": event.amount or None, "x": list(event.x) or None}
            return {**told, "request": event.what, "by": event.who, **about, "why": event.why}
    found = decision_of(event)
    assert found is not None
    if found.opt:
        told |= {"optimizer": found.opt, "by": found.by}
    return told | ({"why": found.why} if found.verdict is None else _reasons(found.verdict))


def _reasons(verdict: Verdict) -> dict[str, Any]:
    return {"rule": verdict.rule, "why": verdict.reason(), "verdict": _tree(verdict)}


def _tree(verdict: Verdict) -> dict[str, Any]:
    told = {"fired": verdict.fired, "rule": verdict.rule, "why": verdict.why}
    return {**told, "parts": [_tree(part) for part in verdict.parts]} if verdict.parts else told

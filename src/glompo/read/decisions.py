"""The decisions of a run, one JSON object each: what, about which optimizer, by which rule, with which numbers."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from glompo.events import (
    Asked,
    EndRequested,
    Escalated,
    Event,
    Judged,
    PauseRequested,
    ResumeRequested,
    RunFinished,
    StartRequested,
    StopRequested,
)
from glompo.events.verdict import Verdict
from glompo.read.locate import run_directory
from glompo.read.suffixes import refuse_other
from glompo.storage.files import atomic_write
from glompo.storage.reader import read_events

WHAT: dict[type[Event], str] = {
    StartRequested: "start",
    Judged: "go on",
    PauseRequested: "pause",
    ResumeRequested: "unpause",
    StopRequested: "stop",
    Escalated: "force",
    EndRequested: "end the run",
    RunFinished: "finished",
    Asked: "asked",
}
"""What is a decision, and how it is called."""


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
    return (_decision(event) for event in read_events(folder) if type(event) in WHAT)


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
    told: dict[str, Any] = {"time": event.at, "what": WHAT[type(event)]}
    match event:
        case StartRequested():
            about = {"label": event.called, "regime": event.regime, "slots": event.slots, "x0": event.x0.tolist()}
            return {**told, "optimizer": event.opt, **about, "why": event.why}
        case Judged():
            return {**told, "optimizers": list(event.opts), "evaluations": list(event.counts)}
        case Asked():
            about = {"optimizer": event.opt or None, "amount": event.amount or None}
            return {**told, "request": event.what, "by": event.who, **about, "why": event.why}
        case Escalated():
            return {**told, "optimizer": event.opt, "by": event.rung, "why": event.why}
        case StopRequested() | PauseRequested() | ResumeRequested():
            return {**told, "optimizer": event.opt, "by": event.by, **_reasons(event.verdict)}
        case EndRequested() | RunFinished():
            return told | _reasons(event.verdict)
    raise AssertionError(event)


def _reasons(verdict: Verdict) -> dict[str, Any]:
    return {"rule": verdict.rule, "why": verdict.reason(), "verdict": _tree(verdict)}


def _tree(verdict: Verdict) -> dict[str, Any]:
    told = {"fired": verdict.fired, "rule": verdict.rule, "why": verdict.why}
    return {**told, "parts": [_tree(part) for part in verdict.parts]} if verdict.parts else told

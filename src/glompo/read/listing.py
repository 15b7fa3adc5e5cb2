"""The runs below a directory, one row each."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from glompo.core.views.run_view import RunView
from glompo.errors import GlompoError, UserError
from glompo.read.history import load
from glompo.read.locate import runs_below
from glompo.read.run_opening import opening_of
from glompo.read.summary import summarize
from glompo.storage.directory import holds_run

UNREADABLE = "unreadable"
"""Status of a run that cannot be read."""


@dataclass(frozen=True, slots=True)
class ListedRun:
    """One run in a list.

    Attributes
    ----------
    run_dir : Path
        Its directory.
    status : str
        Value of a :class:`~glompo.read.RunStatus`, or 'unreadable'.
    calls : int
        Calls of the task.
    best : float
        Smallest valid value; +inf if there is none.
    date : str
        When it was begun, in UTC, as in ISO 8601; empty for one that cannot be read.
    called : str
        Its label, or the name of its task; for one that cannot be read, why.
    """

    run_dir: Path
    status: str
    calls: int
    best: float
    date: str
    called: str


def list_runs(folder: str | os.PathLike[str]) -> list[ListedRun]:
    """Return the runs in a directory and up to three levels below it, the oldest first.

    Raises
    ------
    UserError
        If there is no such directory.
    """
    path = Path(folder)
    if not path.is_dir():
        raise UserError(f"{path} is no directory; give one below which there are runs")
    found = [path] if holds_run(path) else runs_below(path)
    return sorted(map(_listed, found), key=lambda one: (one.date, len(str(one.run_dir)), one.run_dir))


def _listed(run_dir: Path) -> ListedRun:
    try:
        history = load(run_dir)
    except GlompoError as error:
        return ListedRun(run_dir, UNREADABLE, 0, float("inf"), "", str(error).splitlines()[0])
    view: RunView = history.view
    summary, opening = summarize(view, history.writer), opening_of(view)
    return ListedRun(
        run_dir, str(summary.standing), summary.calls, summary.best_f, opening.date, opening.label or opening.task
    )

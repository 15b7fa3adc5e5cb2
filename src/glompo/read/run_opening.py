"""How a run and its last session were opened, and where it stands: policies may not depend on it, readers want it."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from glompo.core.views.run_view import RunView


@dataclass(frozen=True, slots=True)
class Opening:
    """Facts about a run that its first events tell.

    Attributes
    ----------
    run_id, date : str
        Identity, and when the run was opened.
    task : str
        Name of the task.
    names : tuple of str
        Names of the d parameters; ``x0, x1, ...`` if the user gave none.
    label : str
        What the user calls the run; empty if that was not said.
    budget : int or None
        Calls of the task that the run may make; None if there is no limit.
    settings : mapping
        All settings in plain data, as the last session that changed them set them.
    versions : mapping
        Versions of the libraries.
    sessions : int
        Number of the present or last session.
    session_open : bool
        Whether that session has not been closed.
    session_reason : str
        Why it was closed; empty while it is open.
    """

    run_id: str
    date: str
    task: str
    names: tuple[str, ...]
    label: str
    budget: int | None
    settings: Mapping[str, Any]
    versions: Mapping[str, str]
    sessions: int
    session_open: bool
    session_reason: str


def opening_of(view: RunView) -> Opening:
    """Return how the run was opened.

    Raises
    ------
    LookupError
        If the history has no beginning yet.
    """
    opened = view.opened
    budget = view.settings.get("max_evaluations")
    return Opening(
        run_id=opened.run_id,
        date=opened.date,
        task=str(view.settings.get("task") or "task"),
        names=parameter_names(view.settings, len(opened.bounds)),
        label=str(view.settings.get("label") or ""),
        budget=view.amended(budget if isinstance(budget, int) else None),
        settings=view.settings,
        versions=opened.versions,
        sessions=view.session,
        session_open=view.session_open,
        session_reason=view.session_reason,
    )


def parameter_names(settings: Mapping[str, Any], dims: int) -> tuple[str, ...]:
    """Return the names of the parameters, made up if the settings hold none."""
    names = settings.get("names")
    if not isinstance(names, (list, tuple)) or len(names) != dims:
        names = ()
    return tuple(map(str, names)) if names else tuple(f"x{i}" for i in range(dims))


class RunStatus(enum.StrEnum):
    """Where a run stands.

    A journal cannot say that its writer was killed: an end is missing, as it is while the writer lives. So the lease is
    looked at, *before* the journal is read: if no process held it then, and the session is still open in what was read
    later, its process is dead.
    """

    RUNNING = "running"
    FINISHED = "finished"
    SUSPENDED = "left"  # programs that read a status know this value
    KILLED = "killed"


def run_status_of(view: RunView, writer_lives: bool = True) -> RunStatus:
    """Return where the run stands.

    Parameters
    ----------
    view : RunView
        The run.
    writer_lives : bool
        What :func:`glompo.storage.lease_state.writer_lives` said before the run was read.
    """
    if view.finished is not None:
        return RunStatus.FINISHED
    if not opening_of(view).session_open:
        return RunStatus.SUSPENDED
    return RunStatus.RUNNING if writer_lives else RunStatus.KILLED

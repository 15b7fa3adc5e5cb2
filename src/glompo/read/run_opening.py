"""How a run and its last session were opened: policies may not depend on it, readers want it."""

from __future__ import annotations

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

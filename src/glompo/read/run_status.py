"""Does anybody still work on the run?

A journal cannot say that its writer was killed: the last word is missing, as it is while the writer lives. So the
lease is looked at, *before* the journal is read: if nobody held it then, and the session is still open in what was
read later, its process is dead.
"""

from __future__ import annotations

import enum

from glompo.core.views.run_view import RunView
from glompo.read.run_opening import opening_of


class RunStatus(enum.StrEnum):
    """Where a run stands."""

    RUNNING = "running"
    FINISHED = "finished"
    LEFT = "left"
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
        return RunStatus.LEFT
    return RunStatus.RUNNING if writer_lives else RunStatus.KILLED

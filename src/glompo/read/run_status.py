"""Where does a run stand, and why? All displays ask here, and say it in the same words."""

from __future__ import annotations

import enum
from pathlib import Path

from glompo.core.state.lifecycle import How
from glompo.core.views.run_view import RunView
from glompo.events.enums import Reason
from glompo.safe_text import PAGE, legible
from glompo.storage.lease_state import Writer

FAILURES = (
    Reason.REFUSED_TASK,
    Reason.FAILING_TASK,
    Reason.FAILING_OPTIMIZERS,
    Reason.FAILING_CHECKPOINT,
    Reason.FAULTY_POLICY,
)
"""Rules that end a run because something failed."""

DIED = (How.CRASHED, How.LOST)
"""Ways to end of optimizers that failed."""


class RunStatus(enum.StrEnum):
    """Where a run stands.

    A journal cannot say that its writer was killed: an end is missing, as it is while the writer lives. So the lease is
    looked at, *before* the journal is read: if no process held it then, and the session is still open in what was read
    later, its process is dead.

    Attributes
    ----------
    RUNNING
        A process works on it.
    FINISHED, FAILED
        It is over. It has failed if that is because the task, the optimizers, a policy or its last checkpoint failed,
        or if it found no value.
    SUSPENDED
        Its process closed the session before the run was over. The value is 'left'.
    KILLED
        Its process died before the run was over.
    COPIED
        The directory is a copy that was made before the run was over. The run may have gone on elsewhere.
    CHECKPOINT
        What is read is a checkpoint file, made before the run was over.
    """

    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    SUSPENDED = "left"  # programs that read a status know this value
    KILLED = "killed"
    COPIED = "copied"
    CHECKPOINT = "checkpoint"

    @property
    def word(self) -> str:
        """What displays call it."""
        return "suspended" if self is RunStatus.SUSPENDED else str(self)

    @property
    def over(self) -> bool:
        """Whether the run has come to its end."""
        return self in (RunStatus.FINISHED, RunStatus.FAILED)


def run_status_of(view: RunView, writer: Writer = Writer.LIVES) -> RunStatus:
    """Return where the run stands.

    Parameters
    ----------
    view : RunView
        The run.
    writer : Writer
        What :func:`glompo.storage.lease_state.writer_of` said before the run was read.
    """
    if view.finished is not None:
        return RunStatus.FAILED if _has_failed(view) else RunStatus.FINISHED
    if not view.session_open:
        return RunStatus.SUSPENDED
    return _OPEN[writer]


_OPEN = {
    Writer.LIVES: RunStatus.RUNNING,
    Writer.DEAD: RunStatus.KILLED,
    Writer.ELSEWHERE: RunStatus.COPIED,
    Writer.CHECKPOINT: RunStatus.CHECKPOINT,
}


def _has_failed(view: RunView) -> bool:
    assert view.finished is not None
    return view.finished.rule in FAILURES or _found_nothing(view) or all_failed(view)


def _found_nothing(view: RunView) -> bool:
    return view.best is None and view.calls > 0


def all_failed(view: RunView) -> bool:
    """Return whether optimizers crashed or were lost, and no other found a finite value."""
    if not any(view.ended[how] for how in DIED):
        return False
    return not any(one.ended_as not in DIED and one.best_x is not None for one in view)


def end_message(view: RunView, status: RunStatus) -> str:
    """Return in one sentence why the run, or its last session, ended."""
    if view.finished is not None:
        plain = view.finished.rule not in FAILURES and not all_failed(view)
        return view.finished.reason() + (
            "; no evaluation gave a finite value" if plain and _found_nothing(view) else ""
        )
    match status:
        case RunStatus.SUSPENDED:
            return f"the session ended before the run was over: {view.session_reason}"
        case RunStatus.KILLED:
            return "the process of the run died before the run was over"
        case RunStatus.COPIED:
            return "this directory is a copy, made before the run was over; the run itself may have gone on since"
        case RunStatus.CHECKPOINT:
            return f"the run as it was when checkpoint {view.checkpoints.count} was made; it may have gone on since"
    return "the run is ending: " + view.ending.reason() if view.ending is not None else "the run goes on"


def nothing_recorded(run_dir: Path, writer: Writer) -> str:
    """Return what is said of a run of which nothing has been recorded."""
    where = legible(run_dir, PAGE)
    if writer is Writer.LIVES:
        return f"the run in {where} is about to begin; nothing has been recorded yet"
    return f"nothing has been recorded of the run in {where}, and no process works on it; start it anew"

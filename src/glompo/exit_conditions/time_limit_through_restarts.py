"""End the run when all its sessions together have taken their time."""

from __future__ import annotations

from glompo.core.settings import number
from glompo.core.verdict import Verdict
from glompo.core.views import RunView
from glompo.exit_conditions.base import BaseExitCondition


class TimeLimitThroughRestarts(BaseExitCondition):
    """All sessions of the run together have lasted long enough; pauses between them do not count.

    Parameters
    ----------
    seconds : float
        Wall-clock time of all sessions, above 0.
    """

    per_evaluation = False

    def __init__(self, seconds: float) -> None:
        self.seconds = number(self, "seconds", seconds, 0, above=True)

    def judge(self, view: RunView, opt: int | None = None) -> Verdict:
        """Answer for the run."""
        return self.verdict(view.now >= self.seconds, f"{view.now:.6g} of {self.seconds:.6g} s in all sessions")

    def deadline(self, view: RunView) -> float | None:
        """Return when the time is up; None if it is."""
        return self.seconds if view.now < self.seconds else None

"""End the run when all its sessions together have taken their time."""

from __future__ import annotations

import math

from glompo.core.views.run_view import RunView
from glompo.events.verdict import Verdict
from glompo.exit_conditions.base import BaseExitCondition
from glompo.validation import limit


class TimeLimitThroughRestarts(BaseExitCondition):
    """All sessions of the run together have lasted long enough; pauses between them do not count.

    Parameters
    ----------
    seconds : float
        Wall-clock time of all sessions, above 0; inf for no limit.
    """

    per_evaluation = False

    def __init__(self, seconds: float) -> None:
        self.seconds = limit(self, "seconds", seconds)

    def judge(self, view: RunView, opt: int | None = None) -> Verdict:
        """Answer for the run."""
        return self.verdict(view.now >= self.seconds, f"{view.now:.6g} of {self.seconds:.6g} s in all sessions")

    def deadline(self, view: RunView) -> float | None:
        """Return when the time is up; None if it is, or never will be."""
        return self.seconds if view.now < self.seconds < math.inf else None

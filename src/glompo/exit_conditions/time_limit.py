"""End the run when the present session has taken its time."""

from __future__ import annotations

import math

from glompo.core.views.run_view import RunView
from glompo.events.verdict import Verdict
from glompo.exit_conditions.base import BaseExitCondition
from glompo.validation import limit


class TimeLimit(BaseExitCondition):
    """The session has lasted long enough; a resumed run begins to count anew.

    Parameters
    ----------
    seconds : float
        Wall-clock time of the session, above 0; inf for no limit.
    """

    per_evaluation = False

    def __init__(self, seconds: float) -> None:
        self.seconds = limit(self, "seconds", seconds)

    def judge(self, view: RunView, opt: int | None = None) -> Verdict:
        """Answer for the run."""
        return self.verdict(
            view.now >= self._end(view), f"{view.now - view.session_at:.6g} of {self.seconds:.6g} s this session"
        )

    def deadline(self, view: RunView) -> float | None:
        """Return when the time is up; None if it is, or never will be."""
        return self._end(view) if view.now < self._end(view) < math.inf else None

    def _end(self, view: RunView) -> float:
        # the one expression of both answers: an engine that wakes at the deadline must find that it has passed
        return view.session_at + self.seconds

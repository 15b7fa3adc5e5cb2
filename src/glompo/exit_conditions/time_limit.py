"""End the run when the present session has taken its time."""

from __future__ import annotations

from glompo.core.settings import number
from glompo.core.verdict import Verdict
from glompo.core.views import RunView
from glompo.exit_conditions.base import BaseExitCondition


class TimeLimit(BaseExitCondition):
    """The session has lasted long enough; a resumed run begins to count anew.

    Parameters
    ----------
    seconds : float
        Wall-clock time of the session, above 0.
    """

    per_evaluation = False

    def __init__(self, seconds: float) -> None:
        self.seconds = number(self, "seconds", seconds, 0, above=True)

    def judge(self, view: RunView, opt: int | None = None) -> Verdict:
        """Answer for the run."""
        return self.verdict(
            view.now >= self._end(view), f"{view.session_seconds:.6g} of {self.seconds:.6g} s this session"
        )

    def deadline(self, view: RunView) -> float | None:
        """Return when the time is up; None if it is."""
        return self._end(view) if view.now < self._end(view) else None

    def _end(self, view: RunView) -> float:
        # the one expression of both answers: whoever wakes at the deadline must find that it has passed
        return view.session_at + self.seconds

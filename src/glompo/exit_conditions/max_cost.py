"""End the run when its evaluations have taken enough time of the machines."""

from __future__ import annotations

from glompo.core.evaluations.trajectory import TICKS
from glompo.core.views.optimizer_tracker import OptimizerTracker
from glompo.core.views.run_view import RunView
from glompo.events.verdict import Verdict
from glompo.exit_conditions.base import BaseExitCondition
from glompo.validation import limit


class MaxCost(BaseExitCondition):
    """The evaluations of the run have taken so many seconds, added up over all optimizers and sessions.

    This is what a machine is billed for: with eight slots it grows eight times as fast as the run time. It is known of
    an evaluation when that has ended, so the sum may exceed the limit by what was in flight. The answer does not
    depend on the values of the task. A question costs the same however long the history is.

    Parameters
    ----------
    seconds : float
        Seconds of evaluations, above 0; inf for no limit.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = limit(self, "seconds", seconds)
        self._bill = Bill()

    def judge(self, view: RunView, opt: int | None = None) -> Verdict:
        """Answer for the run."""
        spent = self._bill.seconds(view)
        return self.verdict(spent >= self.seconds, f"{spent:.6g} of {self.seconds:.6g} s of evaluations")


class Bill:
    """Seconds of all evaluations of a run, brought up to date from the last look.

    It is a memo only: the answer follows from the view, and a new bill gives the same.
    """

    def __init__(self) -> None:
        self._tracker = OptimizerTracker()
        self._closed = 0

    def seconds(self, view: RunView) -> float:
        """Return what all evaluations so far have taken, in seconds."""
        news = self._tracker.call(view)
        closed = 0 if news.reset else self._closed
        self._closed = closed + sum(view[opt].trajectory.ticks for opt in news.ended)
        return (self._closed + sum(view[opt].trajectory.ticks for opt in self._tracker.living)) / TICKS

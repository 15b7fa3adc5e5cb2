"""Bound the calls of one optimizer."""

from __future__ import annotations

from glompo.core.views.run_view import RunView
from glompo.events.verdict import Verdict
from glompo.stoppers.base import BaseStopper
from glompo.validation import whole_number


class MaxFuncCalls(BaseStopper):
    """The optimizer has called the task more than a given number of times.

    Not exact: stoppers are asked at intervals, and a batch that was begun is finished. The exit condition
    :class:`~glompo.exit_conditions.MaxTotalFunctionCalls`, for the run, is.

    Invariant under f → a·f + b.

    Parameters
    ----------
    max_pts : int
        Calls of the task that it may make, 1 or more.
    """

    def __init__(self, max_pts: int) -> None:
        self.max_pts = whole_number(self, "max_pts", max_pts, 1)

    def judge(self, view: RunView, opt: int | None = None) -> Verdict:
        """Answer for optimizer `opt`."""
        calls = self.subject(view, opt).calls
        return self.verdict(calls > self.max_pts, f"{calls} calls, {self.max_pts} are allowed")

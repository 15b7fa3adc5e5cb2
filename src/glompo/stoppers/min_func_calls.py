"""Protect the young."""

from __future__ import annotations

from glompo.core.views.run_view import RunView
from glompo.events.verdict import Verdict
from glompo.stoppers.base import BaseStopper
from glompo.validation import whole_number


class MinFuncCalls(BaseStopper):
    """The optimizer has called the task often enough to be judged by others.

    Joined with ``&`` it protects the young: ``MinFuncCalls(1000) & BestUnmoving(200)``. Points outside the bounds
    are refused without calling the task and do not count.

    Invariant under f → a·f + b.

    Parameters
    ----------
    min_pts : int
        Calls of the task that it must have made, 1 or more.
    """

    guard = True

    def __init__(self, min_pts: int) -> None:
        self.min_pts = whole_number(self, "min_pts", min_pts, 1)

    def judge(self, view: RunView, opt: int | None = None) -> Verdict:
        """Answer for optimizer `opt`."""
        calls = self.subject(view, opt).calls
        return self.verdict(calls >= self.min_pts, f"{calls} calls, at least {self.min_pts} are asked for")

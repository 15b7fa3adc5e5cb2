"""End the run when its budget is spent."""

from __future__ import annotations

import math

from glompo.core.views.run_view import RunView
from glompo.events.verdict import Verdict
from glompo.exit_conditions.base import BaseExitCondition
from glompo.validation import whole_limit


class MaxTotalFunctionCalls(BaseExitCondition):
    """The task has been called a given number of times, over all sessions of the run.

    Exact: it is a budget, and no more calls than that are ever granted, whatever the number of workers. Points
    outside the bounds are refused without a call and do not count. Calls that a worker was granted and did not report
    before it died do count, for it is not known whether they took place.

    Parameters
    ----------
    n : int or inf
        Calls of the task, 1 or more; inf for no limit.
    """

    per_evaluation = False

    def __init__(self, n: int | float) -> None:
        self.n = whole_limit(self, "n", n)
        self._calls = int(self.n) if self.n < math.inf else None

    def judge(self, view: RunView, opt: int | None = None) -> Verdict:
        """Answer for the run."""
        lost = view.spent - view.calls
        n = view.amended(self._calls) or self.n
        used = f"{view.spent} of {n} calls used" if view.spent <= n else f"{view.spent} calls used, {n} are permitted"
        why = used + (f", {lost} of them by workers that died" if lost else "")
        return self.verdict(view.spent >= n, why)

    def budget(self) -> int | None:
        """Return the calls of the task that may be made; None if any number."""
        return self._calls

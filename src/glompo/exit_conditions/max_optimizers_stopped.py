"""End the run when enough optimizers have been stopped."""

from __future__ import annotations

from glompo.core.views.run_view import RunView
from glompo.events.verdict import Verdict
from glompo.exit_conditions.base import BaseExitCondition
from glompo.validation import whole_limit


class MaxOptimizersStopped(BaseExitCondition):
    """The stoppers have asked enough optimizers to stop, over all sessions of the run.

    Parameters
    ----------
    n : int or inf
        Optimizers that must have been asked to stop, 1 or more; inf for no limit.
    """

    per_evaluation = False

    def __init__(self, n: int | float) -> None:
        self.n = whole_limit(self, "n", n)

    def judge(self, view: RunView, opt: int | None = None) -> Verdict:
        """Answer for the run."""
        stopped = len(view.stopped_by_rules)
        return self.verdict(stopped >= self.n, f"{stopped} of {self.n} stopped")

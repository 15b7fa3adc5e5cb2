"""End the run when enough optimizers have converged."""

from __future__ import annotations

from glompo.core.views.run_view import RunView
from glompo.events.verdict import Verdict
from glompo.exit_conditions.base import BaseExitCondition
from glompo.validation import whole_limit


class MaxOptimizersConverged(BaseExitCondition):
    """Enough optimizers have converged, over all sessions of the run; the exhausted are not counted.

    Parameters
    ----------
    n : int or inf
        Optimizers that must have converged, 1 or more; inf for no limit.
    """

    per_evaluation = False

    def __init__(self, n: int | float) -> None:
        self.n = whole_limit(self, "n", n)

    def judge(self, view: RunView, opt: int | None = None) -> Verdict:
        """Answer for the run."""
        converged = view.n_converged
        return self.verdict(converged >= self.n, f"{converged} of {self.n} converged")

"""End the run when enough optimizers have run out of their own iterations."""

from __future__ import annotations

from glompo.core.state.lifecycle import How
from glompo.core.views.run_view import RunView
from glompo.events.verdict import Verdict
from glompo.exit_conditions.base import BaseExitCondition
from glompo.validation import whole_number


class MaxOptimizersExhausted(BaseExitCondition):
    """Enough optimizers have ended by themselves without having converged, over all sessions of the run.

    A run that ends for this reason alone is no success.

    Parameters
    ----------
    n : int
        Optimizers that must be exhausted, 1 or more.
    """

    per_evaluation = False

    def __init__(self, n: int) -> None:
        self.n = whole_number(self, "n", n, 1)

    def judge(self, view: RunView, opt: int | None = None) -> Verdict:
        """Answer for the run."""
        exhausted = view.ended[How.EXHAUSTED]
        return self.verdict(exhausted >= self.n, f"{exhausted} of {self.n} exhausted")

"""End the run when enough optimizers have been started."""

from __future__ import annotations

from glompo.core.views.run_view import RunView
from glompo.events.verdict import Verdict
from glompo.exit_conditions.base import BaseExitCondition
from glompo.validation import whole_limit


class MaxOptimizersStarted(BaseExitCondition):
    """Enough optimizers have been started, over all sessions of the run.

    It holds as soon as the last of them starts, so alone it does not let that one search; join it with another
    condition by ``&``, or end spawning instead with :class:`~glompo.selectors.NOptimizersSpawnStop`.

    Parameters
    ----------
    n : int or inf
        Optimizers that must have been started, 1 or more; inf for no limit.
    """

    per_evaluation = False

    def __init__(self, n: int | float) -> None:
        self.n = whole_limit(self, "n", n)

    def judge(self, view: RunView, opt: int | None = None) -> Verdict:
        """Answer for the run."""
        return self.verdict(view.n_searches >= self.n, f"{view.n_searches} of {self.n} started")

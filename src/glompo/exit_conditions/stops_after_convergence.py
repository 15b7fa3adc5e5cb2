"""End the run when convergence is followed by nothing but failures."""

from __future__ import annotations

from glompo.core.state.lifecycle import How
from glompo.core.views.run_view import RunView
from glompo.events.enums import By
from glompo.events.verdict import Verdict
from glompo.exit_conditions.base import BaseExitCondition
from glompo.validation import whole_number


class StopsAfterConvergence(BaseExitCondition):
    """Enough optimizers have converged, and enough were stopped after that.

    True when `n_stopped` optimizers that stoppers had asked to stop ended after the `n_converged`-th convergence. Those
    that converge later do not set the count back.

    Parameters
    ----------
    n_stopped : int
        Optimizers that must have been stopped since then, 0 or more.
    n_converged : int
        Optimizers that must have converged, 1 or more.
    """

    per_evaluation = False

    def __init__(self, n_stopped: int = 0, n_converged: int = 1) -> None:
        self.n_stopped = whole_number(self, "n_stopped", n_stopped, 0)
        self.n_converged = whole_number(self, "n_converged", n_converged, 1)

    def judge(self, view: RunView, opt: int | None = None) -> Verdict:
        """Answer for the run."""
        if view.n_converged < self.n_converged:
            return self.verdict(False, f"{view.n_converged} of {self.n_converged} converged")
        stopped = self._stopped_since(view)
        return self.verdict(
            stopped >= self.n_stopped,
            f"{view.n_converged} converged, {stopped} of {self.n_stopped} stopped after number {self.n_converged} did",
        )

    def _stopped_since(self, view: RunView) -> int:
        """Count the stopped after the decisive convergence; ends at the very same time count as after it."""
        if view.n_converged == self.n_converged:
            return view.stops_since_convergence
        ends = [(one.ended_at, one.how, one.stop_by) for one in view if one.ended_at is not None]
        decisive = sorted(at for at, how, _ in ends if how is How.CONVERGED)[self.n_converged - 1]
        return sum(at >= decisive for at, how, by in ends if by == By.STOPPER and how is not How.CONVERGED)

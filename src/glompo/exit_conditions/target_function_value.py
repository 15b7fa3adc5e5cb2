"""End the run when the value aimed at is reached."""

from __future__ import annotations

from glompo.core.views.run_view import RunView
from glompo.events.verdict import Verdict
from glompo.exit_conditions.base import BaseExitCondition
from glompo.validation import number


class TargetFunctionValue(BaseExitCondition):
    """The incumbent is as low as a target, or lower.

    Parameters
    ----------
    target : float
        Value to reach.
    atol : float
        How far above it counts as reached, 0 or more.
    """

    def __init__(self, target: float, atol: float = 1e-6) -> None:
        self.target = number(self, "target", target)
        self.atol = number(self, "atol", atol, 0)

    def judge(self, view: RunView, opt: int | None = None) -> Verdict:
        """Answer for the run."""
        if view.best is None:
            return self.verdict(False, "there is no valid value yet")
        return self.verdict(view.best.f <= self.target + self.atol, f"best {view.best.f:.9g}, target {self.target:.9g}")

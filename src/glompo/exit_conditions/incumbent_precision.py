"""End the run when the incumbent does not change by more than matters."""

from __future__ import annotations

import numpy as np

from glompo.core.optimizer_view import OptimizerView
from glompo.core.settings import number, whole_number
from glompo.core.verdict import Verdict
from glompo.core.views import RunView
from glompo.exit_conditions.base import BaseExitCondition


class IncumbentPrecision(BaseExitCondition):
    """The best value of the run has improved by no more than a precision in its last evaluations.

    :class:`~glompo.exit_conditions.Unimproved` is reset by any improvement, however small; this one by those that
    matter. A run in which nothing valid was found, now or before these evaluations, goes on.

    The precision is a difference of values: a constant added to the task changes nothing, a factor does. What a
    question costs grows with the number of optimizers, not with their evaluations.

    Parameters
    ----------
    precision : float
        Improvement that does not matter, in units of the task, 0 or more.
    calls : int
        Evaluations of the whole run to look back, 1 or more; candidates outside the bounds count.
    """

    def __init__(self, precision: float, calls: int) -> None:
        self.precision = number(self, "precision", precision, 0)
        self.calls = whole_number(self, "calls", calls, 1)

    def judge(self, view: RunView, opt: int | None = None) -> Verdict:
        """Answer for the run."""
        if view.best is None:
            return self.verdict(False, "there is no valid value yet")
        if view.candidates <= self.calls:
            return self.verdict(False, f"{view.candidates} evaluations, more than {self.calls} are needed")
        now, until = view.best.f, view.candidates - self.calls
        before = min(_best_of_first(one, until) for one in view)
        gained = 0.0 if before == now else before - now
        return self.verdict(gained <= self.precision, f"{gained:.6g} gained in {self.calls} evaluations")


def _best_of_first(one: OptimizerView, evaluations: int) -> float:
    """Return the best value of an optimizer among the first so many evaluations of the run; inf if it has none."""
    path = one.trajectory
    made = int(np.searchsorted(path.order, evaluations))
    return float(path.best_f[made - 1]) if made else np.inf

"""End the run when the incumbent does not change by more than matters."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from glompo.core.views.optimizer_view import OptimizerView
from glompo.core.views.run_view import RunView
from glompo.events import RunOpened
from glompo.events.verdict import Verdict
from glompo.exit_conditions.base import BaseExitCondition
from glompo.validation import number, whole_number


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
        self._run: RunOpened | None = None
        self._stairs: dict[int, tuple[NDArray[np.int64], NDArray[np.float64]]] = {}  # a memo only

    def judge(self, view: RunView, opt: int | None = None) -> Verdict:
        """Answer for the run."""
        if view.best is None:
            return self.verdict(False, "there is no valid value yet")
        if view.candidates <= self.calls:
            return self.verdict(False, f"{view.candidates} evaluations, more than {self.calls} are needed")
        now, until = view.best.f, view.candidates - self.calls
        before = min(self._best_of_first(view, one, until) for one in view)
        gained = 0.0 if before == now else before - now
        return self.verdict(gained <= self.precision, f"{gained:.6g} gained in {self.calls} evaluations")

    def looks_back(self) -> int:
        """Return how many of the last evaluations of an optimizer it looks at."""
        return self.calls + 1

    def _best_of_first(self, view: RunView, one: OptimizerView, evaluations: int) -> float:
        """Return the best value of an optimizer among the first so many of the run; inf if it has none."""
        path = one.trajectory
        if not len(path) or path.first_order >= evaluations:
            return np.inf
        if path.last(1).order[0] < evaluations:
            return one.best
        recent = path.recent
        if one.how is None or len(recent) == len(path) or recent.order[0] < evaluations:
            rows = recent if recent.order[0] < evaluations else path.rows()
            return float(rows.best_f[np.searchsorted(rows.order, evaluations) - 1])
        orders, bests = self._stairs_of(view, one)
        return float(bests[np.searchsorted(orders, evaluations) - 1])

    def _stairs_of(self, view: RunView, one: OptimizerView) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return where the best value of an optimizer changed that has ended and is no longer in memory."""
        if view.opened is not self._run:
            self._run, self._stairs = view.opened, {}
        if one.opt not in self._stairs:
            rows = one.trajectory.rows()
            steps = np.flatnonzero(np.diff(rows.best_f, prepend=np.nan))
            self._stairs[one.opt] = rows.order[steps], rows.best_f[steps]
        return self._stairs[one.opt]

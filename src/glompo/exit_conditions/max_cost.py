"""End the run when its evaluations have taken enough time of the machines."""

from __future__ import annotations

import numpy as np

from glompo.core.settings import number
from glompo.core.trajectory import Trajectory
from glompo.core.verdict import Verdict
from glompo.core.views import RunView
from glompo.exit_conditions.base import BaseExitCondition

TICKS = 1_000_000
"""Parts of a second in which costs are added up: sums of whole numbers do not depend on their order."""


class MaxCost(BaseExitCondition):
    """The evaluations of the run have taken so many seconds, added up over all optimizers and sessions.

    This is what a machine is billed for: with eight slots it grows eight times as fast as the run time. It is known of
    an evaluation when that has ended, so the sum may exceed the limit by what was in flight. The answer does not
    depend on the values of the task. A question costs the same however long the history is.

    Parameters
    ----------
    seconds : float
        Seconds of evaluations, above 0.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = number(self, "seconds", seconds, 0, above=True)
        self._bill = Bill()

    def judge(self, view: RunView, opt: int | None = None) -> Verdict:
        """Answer for the run."""
        spent = self._bill.seconds(view)
        return self.verdict(spent >= self.seconds, f"{spent:.6g} of {self.seconds:.6g} s of evaluations")


class Bill:
    """Seconds of all evaluations of a run, brought up to date from the last look.

    It is a memo only: the answer follows from the view, and a new bill gives the same.
    """

    def __init__(self) -> None:
        self._first: Trajectory | None = None
        self._seen = 0
        self._ticks = 0
        self._counted: dict[int, int] = {}

    def seconds(self, view: RunView) -> float:
        """Return what all evaluations so far have taken, in seconds."""
        first = view[1].trajectory if view.n_started else None
        if first is not self._first:
            self._forget(first)
        for opt in range(self._seen + 1, view.n_started + 1):
            self._counted[opt] = 0
        self._seen = view.n_started
        for opt, counted in list(self._counted.items()):
            one = view[opt]
            self._ticks += _ticks(one.trajectory, counted)
            self._counted[opt] = len(one)
            if one.how is not None:  # nothing will be added
                del self._counted[opt]
        return self._ticks / TICKS

    def _forget(self, first: Trajectory | None) -> None:
        """Begin with the run whose first optimizer has this trajectory."""
        self._first, self._seen, self._ticks, self._counted = first, 0, 0, {}


def _ticks(path: Trajectory, counted: int) -> int:
    """Return what the evaluations behind the first `counted` have taken."""
    return int(np.rint(path.seconds[counted:].astype(np.float64) * TICKS).sum())

"""Stop an optimizer whose values have settled."""

from __future__ import annotations

import numpy as np

from glompo.core.views.run_view import RunView
from glompo.events.verdict import Verdict
from glompo.stoppers.base import BaseStopper
from glompo.validation import number, whole_number


class EvaluationsUnmoving(BaseStopper):
    """The latest values of the optimizer spread by no more than a fraction of the last one.

    True when the standard deviation of the finite values among the last `calls` evaluations is at most
    ``tol * abs(last finite value)``. A shorter history, and fewer than two finite values in the window, are no
    evidence.

    With ``tol=0`` (all values equal) the answer does not depend on the scale or offset of the task. With another
    tolerance it is not invariant under f → a·f + b: a constant added to the task changes it.

    Parameters
    ----------
    calls : int
        Evaluations in the window, 2 or more.
    tol : float
        Fraction of the last value, from 0 to 1.
    """

    def __init__(self, calls: int, tol: float = 0.0) -> None:
        self.calls = whole_number(self, "calls", calls, 2)
        self.tol = number(self, "tol", tol, 0, 1)

    def looks_back(self) -> int:
        """Return how many of the last evaluations of an optimizer it looks at."""
        return self.calls

    def judge(self, view: RunView, opt: int | None = None) -> Verdict:
        """Answer for optimizer `opt`."""
        one = self.subject(view, opt)
        if len(one) < self.calls:
            return self.verdict(False, f"{len(one)} evaluations, {self.calls} are needed")
        latest = one.trajectory.last(self.calls)
        values = latest.f[latest.valid]
        if len(values) < 2:
            return self.verdict(False, f"{len(values)} finite values among the last {self.calls}")
        last = float(values[-1])
        # from the last value rather than from zero: equal values then spread by exactly nothing
        with np.errstate(over="ignore", invalid="ignore"):
            spread = float(np.std(values - last))
        return self.verdict(
            spread <= self.tol * abs(last), f"spread {spread:.6g} around {last:.6g} in {self.calls} evaluations"
        )

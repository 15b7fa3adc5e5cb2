"""Stop an optimizer whose best value does not move."""

from __future__ import annotations

from glompo.core.views.run_view import RunView
from glompo.events.verdict import Verdict
from glompo.stoppers.base import BaseStopper
from glompo.validation import number, whole_number


class BestUnmoving(BaseStopper):
    """The best value of the optimizer has not changed by more than a fraction in its last evaluations.

    True after more than `calls` evaluations when ``abs(best - before) <= tol * abs(before)``, with `before` the best
    value `calls` evaluations ago. An optimizer that had found nothing valid then, and still has not, did not move.

    With ``tol=0`` the answer does not depend on the scale or offset of the task. With another tolerance it is not
    invariant under f → a·f + b: the fraction is one of ``abs(before)``, so a constant added to the task changes it,
    and near zero it permits no change at all.

    Parameters
    ----------
    calls : int
        Evaluations to look back, 1 or more.
    tol : float
        Fraction of the earlier best value, from 0 to 1.
    """

    def __init__(self, calls: int, tol: float = 0.0) -> None:
        self.calls = whole_number(self, "calls", calls, 1)
        self.tol = number(self, "tol", tol, 0, 1)

    def looks_back(self) -> int:
        """Return how many of the last evaluations of an optimizer it looks at."""
        return self.calls + 1

    def judge(self, view: RunView, opt: int | None = None) -> Verdict:
        """Answer for optimizer `opt`."""
        one = self.subject(view, opt)
        n = len(one)
        if n <= self.calls:
            return self.verdict(False, f"{n} evaluations, more than {self.calls} are needed")
        now, before = one.best, float(one.trajectory.rows(n - 1 - self.calls, n - self.calls).best_f[0])
        # inf - inf is nan: two equal values are asked about first, and the first valid value is a move
        fired = now == before or abs(now - before) <= self.tol * abs(before) < float("inf")
        return self.verdict(fired, f"best {before:.6g} → {now:.6g} in {self.calls} evaluations")

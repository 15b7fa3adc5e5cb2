"""Let the old make room."""

from __future__ import annotations

from glompo.core.views.run_view import RunView
from glompo.events.verdict import Verdict
from glompo.stoppers.base import BaseStopper
from glompo.validation import number


class TimeAnnealing(BaseStopper):
    """A coin decides, the more often against the optimizer the more it has called the task.

    True when ``u > best / tested``, with u drawn uniformly from 0 to `crit_ratio`, and `best` and `tested` the calls
    of the task made by the owner of the incumbent and by the optimizer. With ``crit_ratio=1`` none is stopped that
    has called the task less often than the owner of the incumbent. Without an incumbent, or without a call, it is
    false.

    Invariant under f → a·f + b. The draw belongs to the number of evaluations: asked again before the next one,
    the answer is the same.

    Parameters
    ----------
    crit_ratio : float
        Upper end of the draw, above 0.
    """

    def __init__(self, crit_ratio: float = 1.0) -> None:
        self.crit_ratio = number(self, "crit_ratio", crit_ratio, 0, above=True)

    def judge(self, view: RunView, opt: int | None = None) -> Verdict:
        """Answer for optimizer `opt`."""
        one = self.subject(view, opt)
        if view.best is None or not one.calls:
            return self.verdict(False, "there is nothing to compare")
        best = view[view.best.opt].calls
        draw = float(self.rng(view, one).uniform(0, self.crit_ratio))
        return self.verdict(
            draw * one.calls > best, f"drew {draw:.4g}, {best} calls of the best / {one.calls} of this one"
        )

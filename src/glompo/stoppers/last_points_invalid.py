"""Stop an optimizer that finds nothing valid."""

from __future__ import annotations

from glompo.core.views.run_view import RunView
from glompo.events.verdict import Verdict
from glompo.stoppers.base import BaseStopper
from glompo.validation import whole_number


class LastPointsInvalid(BaseStopper):
    """None of the last evaluations of the optimizer gave a finite value.

    An evaluation that failed counts as invalid whatever value the optimizer was handed in its place; so does a
    point outside the bounds. A shorter history is no evidence.

    Invariant under f → a·f + b.

    Parameters
    ----------
    n_iters : int
        Evaluations to look back, 1 or more.
    """

    def __init__(self, n_iters: int = 1) -> None:
        self.n_iters = whole_number(self, "n_iters", n_iters, 1)

    def looks_back(self) -> int:
        """Return how many of the last evaluations of an optimizer it looks at."""
        return self.n_iters

    def judge(self, view: RunView, opt: int | None = None) -> Verdict:
        """Answer for optimizer `opt`."""
        one = self.subject(view, opt)
        if len(one) < self.n_iters:
            return self.verdict(False, f"{len(one)} evaluations, {self.n_iters} are needed")
        valid = int(one.trajectory.last(self.n_iters).valid.sum())
        return self.verdict(valid == 0, f"{valid} of the last {self.n_iters} values are finite")

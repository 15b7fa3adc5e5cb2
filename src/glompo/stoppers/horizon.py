"""Stop an optimizer that the budget does not carry to the incumbent."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from glompo.core.policies.defaults import budget_of
from glompo.core.views.curve import block_of, mean_of, recent_blocks
from glompo.core.views.optimizer_view import OptimizerView
from glompo.core.views.run_view import RunView
from glompo.events.verdict import Verdict
from glompo.stoppers.base import ForeseeingStopper
from glompo.validation import number, whole_number_or_none

STRETCHES = 4
"""Parts into which the recent curve is cut; the steepest way from one to the next is the best recent rate."""


class Horizon(ForeseeingStopper):
    """At its best recent speed the optimizer reaches the incumbent only after the budget is spent.

    True when ``best - incumbent > factor * rate * left``: `left` are the evaluations that the budget still holds,
    all of which the optimizer might get, and `rate` is the steepest recent decrease per evaluation, of its best value
    or of its block medians, between any two neighbouring quarters of the part of the curve that
    :class:`~glompo.stoppers.CatchUp` looks at. Where CatchUp asks whether an optimizer will ever get there, this
    asks whether it can in time. The owner of the incumbent is never stopped; a short history is no evidence.

    Invariant under f → a·f + b with a > 0 (up to rounding); it draws no random number. A question costs the same
    however long the history is.

    Parameters
    ----------
    max_evaluations : int, optional
        Budget of the run: calls of the task. By default the one that its exit conditions set.
    factor : float
        How many times the best rate is granted, above 0.
    min_evals : int, optional
        Evaluations before the first judgment; 20·D if None.
    every : int, optional
        Evaluations between two judgments; 5·D, or a generation if that is more, if None. Asked in between, the answer
        is false.
    """

    def __init__(
        self,
        max_evaluations: int | None = None,
        factor: float = 2.0,
        min_evals: int | None = None,
        every: int | None = None,
    ) -> None:
        self.max_evaluations = whole_number_or_none(self, "max_evaluations", max_evaluations, 1)
        self.factor = number(self, "factor", factor, 0, above=True)
        super().__init__(min_evals, every)

    def foresee(self, view: RunView, one: OptimizerView, incumbent: float, dims: int) -> Verdict:
        """Answer for an optimizer that is behind the value `incumbent`; `dims` parameters are free."""
        budget = budget_of(self, self.max_evaluations, view)
        size = block_of(one, dims)
        medians, _, bests = recent_blocks(one.trajectory, incumbent, dims, size)
        fall = _steepest_fall(medians, bests, size)
        if fall is None:
            return self.verdict(False, "its curve does not tell yet how fast it is")
        left = max(0, budget - view.calls)
        gap = one.best - incumbent
        reach = self.factor * fall * left
        return self.verdict(gap > reach, f"{gap:.6g} behind the incumbent, {left} evaluations reach {reach:.6g}")


def _steepest_fall(medians: NDArray[np.float64], bests: NDArray[np.float64], size: int) -> float | None:
    """Return the greatest decrease per evaluation between neighbouring stretches; None if nothing is known."""
    if not len(medians):
        return None
    edges = np.linspace(0, len(medians), STRETCHES + 1).astype(int)
    with np.errstate(over="ignore", invalid="ignore"):
        steps = np.diff(bests[edges]) / np.diff(edges)
        levels = np.array([mean_of(medians[a:b]) for a, b in pairwise(edges)])
        middles = np.diff((edges[:-1] + edges[1:]) / 2)
        falls = -np.concatenate([steps, np.diff(levels) / middles]) / size
    known = falls[np.isfinite(falls)]
    return max(0.0, float(known.max())) if known.size else None

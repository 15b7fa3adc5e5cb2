"""Stop an optimizer that hardly moves."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from glompo.core.policies.defaults import measured_in
from glompo.core.views.run_view import RunView
from glompo.events.verdict import Verdict
from glompo.stoppers.base import BaseStopper
from glompo.validation import box, number, whole_number


class StepSize(BaseStopper):
    """The latest steps of the optimizer are short.

    A step leads from one evaluated point to the next, also inside one generation of a population. True when the
    mean length of the steps among the last `calls` evaluations is at most a fraction of the diagonal of the box, both
    measured in natural units, or on the scales of the parameters if the run has any (`scaler`). A shorter history, and
    a single point, are no evidence.

    Invariant under f → a·f + b, since only points are compared.

    Parameters
    ----------
    bounds : sequence of (min, max), optional
        The box; the bounds of the run if None.
    calls : int
        Evaluations in the window, 1 or more; with 1 it holds two, between which there is a step. It must be given.
    relative_tol : float
        Fraction of the diagonal, from 0 to 1.
    """

    def __init__(self, bounds: ArrayLike | None = None, calls: int | None = None, relative_tol: float = 0.05) -> None:
        self._bounds = None if bounds is None else box(self, "bounds", bounds)
        self.bounds = None if self._bounds is None else self._bounds.tolist()
        self.calls = whole_number(self, "calls", calls, 1)
        self.relative_tol = number(self, "relative_tol", relative_tol, 0, 1)

    def looks_back(self) -> int:
        """Return how many of the last evaluations of an optimizer it looks at."""
        return max(2, self.calls)

    def judge(self, view: RunView, opt: int | None = None) -> Verdict:
        """Answer for optimizer `opt`."""
        one = self.subject(view, opt)
        box = measured_in(self, self._bounds, view)
        limit = self.relative_tol * box.diagonal
        window = self.looks_back()
        if len(one) < window:
            return self.verdict(False, f"{len(one)} evaluations, {window} are needed")
        steps = np.diff(box.coordinates(one.trajectory.last(window).X), axis=0)
        mean = float(np.linalg.norm(steps, axis=1).mean())
        return self.verdict(mean <= limit, f"mean of {len(steps)} steps {mean:.6g}, limit {limit:.6g}")

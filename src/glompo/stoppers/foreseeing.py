"""What stoppers have in common that look at where an optimizer's course leads."""

from __future__ import annotations

from abc import abstractmethod

from glompo.core.views.curve import due, interval_of
from glompo.core.views.optimizer_view import OptimizerView
from glompo.core.views.run_view import RunView
from glompo.events.verdict import Verdict
from glompo.stoppers.base import BaseStopper
from glompo.validation import whole_number_or_none


class ForeseeingStopper(BaseStopper):
    """Judge the course of an optimizer that is behind, once it is long enough, and now and then.

    Parameters
    ----------
    min_evals : int or None
        Evaluations before the first judgment; 20·D if None.
    every : int or None
        Evaluations between two judgments; 5·D, or a generation if that is more, if None.
    """

    def __init__(self, min_evals: int | None, every: int | None) -> None:
        self.min_evals = whole_number_or_none(self, "min_evals", min_evals, 1)
        self.every = whole_number_or_none(self, "every", every, 1)

    def judge(self, view: RunView, opt: int | None = None) -> Verdict:
        """Answer for optimizer `opt`."""
        one = self.subject(view, opt)
        if view.best is None or view.best.opt == one.opt:
            return self.verdict(False, "no other optimizer is ahead of it")
        dims = view.free_parameters
        least, every = self.min_evals or 20 * dims, interval_of(one, self.every, dims)
        if len(one) < least:
            return self.verdict(False, f"{len(one)} evaluations, {least} are needed")
        if not due(one, every):
            return self.verdict(False, f"it is judged every {every} evaluations")
        return self.foresee(view, one, float(view.best.f), dims)

    @abstractmethod
    def foresee(self, view: RunView, one: OptimizerView, incumbent: float, dims: int) -> Verdict:
        """Answer for an optimizer that is behind the value `incumbent`; `dims` parameters are free."""

"""Let an optimizer rest that has little left to gain, and finish the best one at the end."""

from __future__ import annotations

import math
from itertools import islice
from statistics import median

import numpy as np

from glompo.core.evaluations.blocks import SHORTEST_BLOCK
from glompo.core.state.lifecycle import Phase
from glompo.core.views.curve import block_of, due, interval_of, predict, recent_blocks
from glompo.core.views.optimizer_view import OptimizerView
from glompo.core.views.run_view import RunView
from glompo.events.verdict import Verdict
from glompo.freezers.base import BaseFreezer
from glompo.validation import number, whole_number_or_none

FIRST_STARTS = 16
"""Optimizers whose first values give the scale of the task: it bounds the cost of a question."""


class Freeze(BaseFreezer):
    """An optimizer rests when what it has left to gain is small on the scale of the task; the best one is finished.

    What is left is the distance from its best value down to where its curve settles, extrapolated as
    :class:`~glompo.stoppers.CatchUp` does, or the present spread of its values if that is more. It rests when that is
    less than ``ftol * S``; the scale S is the median, over the first optimizers of the run, of the median of their
    first block, less the incumbent: about how much there was to gain at the beginning. The owner of the incumbent may
    rest as well, for most of its evaluations go into digits that do not decide where the minimum is.

    In the last part of the budget the best of those that rest goes on, unless a better one works. If its slots are
    not free, the worst of those that work rests in its place; for other reasons none is put to rest any more.
    Without a budget it rests until no other works or may start.

    Invariant under f → a·f + b with a > 0 (up to rounding); it draws no random number. A question costs the same
    however long the history is.

    Parameters
    ----------
    ftol : float
        What may be left, as a fraction of S, above 0 and at most 1.
    max_evaluations : int, optional
        Budget of the run: calls of the task. By default the one that its exit conditions set, if they do.
    last : float
        Part of the budget at its end that belongs to finishing, from 0 to 1.
    min_evals : int, optional
        Evaluations before an optimizer may rest; 20·D if None, with D the number of parameters that are not fixed.
    every : int, optional
        Evaluations between two judgments; 5·D, or a generation if that is more, if None.
    """

    def __init__(
        self,
        ftol: float,
        max_evaluations: int | None = None,
        last: float = 0.15,
        min_evals: int | None = None,
        every: int | None = None,
    ) -> None:
        self.ftol = number(self, "ftol", ftol, 0, 1, above=True)
        self.max_evaluations = whole_number_or_none(self, "max_evaluations", max_evaluations, 1)
        self.last = number(self, "last", last, 0, 1)
        self.min_evals = whole_number_or_none(self, "min_evals", min_evals, 1)
        self.every = whole_number_or_none(self, "every", every, 1)

    def freeze(self, view: RunView, opt: int) -> Verdict:
        """Answer for the running optimizer `opt`."""
        one, dims = view[opt], view.free_parameters
        least, every = self.min_evals or 20 * dims, interval_of(one, self.every, dims)
        if view.best is None or len(one) < least:
            return self.verdict(False, f"{len(one)} evaluations, {least} and a valid value are needed")
        if self._finishing(view):
            return self._make_room(view, one)
        if not due(one, every):
            return self.verdict(False, f"it is judged every {every} evaluations")
        incumbent = float(view.best.f)
        medians, minima, _ = recent_blocks(one.trajectory, incumbent, dims, block_of(one, dims))
        settles = predict(medians, one.best - incumbent)
        scale = _scale(view, max(SHORTEST_BLOCK, dims), incumbent)
        if settles is None or scale is None:
            return self.verdict(False, "its curve does not tell yet where it leads")
        known = ~np.isnan(medians)
        left = max(one.best - incumbent - settles, float(medians[known][-1] - minima[known][-1]))
        return self.verdict(left < self.ftol * scale, f"{left:.6g} left to gain, scale {scale:.6g}")

    def thaw(self, view: RunView) -> tuple[int, Verdict] | None:
        """Return the best of those that rest in the last part of the budget, unless a better one works."""
        best = self._to_finish(view) if self._finishing(view) else None
        if best is None:
            return None
        return best.opt, self.verdict(True, f"{view.calls} of {self._budget(view)} calls used, it is to be finished")

    def _to_finish(self, view: RunView) -> OptimizerView | None:
        """Return the best of those that rest, unless a better one works."""
        resting = [one for one in view.alive if one.phase is Phase.PAUSED and not view.held(one.opt)]
        best = min(resting, key=lambda one: (one.best, one.opt), default=None)
        if best is None or any(one.best < best.best for one in view.alive if one.may_evaluate):
            return None
        return best

    def _make_room(self, view: RunView, one: OptimizerView) -> Verdict:
        """Answer whether the optimizer should rest so that the best one can be finished."""
        best = self._to_finish(view)
        if best is None:
            return self.verdict(False, "the last part of the budget is for finishing")
        coming = sum(other.slots for other in view.alive if other.phase in (Phase.PAUSING, Phase.STOPPING))
        worst = max((other for other in view.alive if other.may_evaluate), key=lambda other: (other.best, other.opt))
        fired = view.free_slots + coming < best.slots and worst.opt == one.opt
        return self.verdict(fired, f"optimizer {best.opt} is to be finished, it makes room if it is the worst one")

    def _finishing(self, view: RunView) -> bool:
        budget = self._budget(view)
        return budget is not None and view.calls >= (1 - self.last) * budget

    def _budget(self, view: RunView) -> int | None:
        return view.budget if self.max_evaluations is None else self.max_evaluations


def _scale(view: RunView, block: int, incumbent: float) -> float | None:
    """Return how much there was to gain at the beginning; None if nothing tells."""
    firsts = [_first_median(one, block, incumbent) for one in islice(view, FIRST_STARTS)]
    scale = median([first for first in firsts if first is not None] or [math.nan])
    return scale if 0 < scale < math.inf else None


def _first_median(one: OptimizerView, block: int, incumbent: float) -> float | None:
    """Return the median of the valid values in the first block, above the incumbent."""
    valid = [value - incumbent for value in one.trajectory.first[:block].tolist() if not math.isnan(value)]
    return median(valid) if valid and len(one) >= block else None

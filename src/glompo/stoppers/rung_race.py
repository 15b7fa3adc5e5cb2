"""Stop an optimizer that is not among the best at a rung."""

from __future__ import annotations

import math

from glompo.core.views.optimizer_view import OptimizerView
from glompo.core.views.run_view import RunView
from glompo.events import RunOpened
from glompo.events.verdict import Verdict
from glompo.stoppers.base import BaseStopper
from glompo.validation import number, whole_number, whole_number_or_none


class RungRace(BaseStopper):
    """At a rung the optimizer is not among the best `1/eta` of all that have reached it: ASHA's rank cuts.

    The rungs are ``first``, ``first·eta``, ``first·eta²``, … evaluations. When an optimizer has passed one, its best
    value up to there is ranked among those of all optimizers that have come as far, also of those that have ended.
    True when ceil(n/eta) of these n are better. None waits at a rung: the first to arrive pass it.

    Early ranks say little about optimizers whose curves cross, such as CMA-ES; this race is for many cheap starts,
    and with fewer than `min_starts` the answer is false.

    Only ranks are used: invariant under f → a·f + b with a > 0, and under any other rising transformation. It draws
    no random number.

    L. Li et al., A System for Massively Parallel Hyperparameter Tuning, MLSys 2020, arXiv:1810.05934.

    Parameters
    ----------
    first : int, optional
        Evaluations up to the first rung, 1 or more; 20·D if None, with D the number of parameters that are not fixed.
    eta : float
        By how much a rung lies above the one before, and how many compete for a place, 1.5 or more.
    min_starts : int
        Optimizers that must have been started, 2 or more.
    """

    def __init__(self, first: int | None = None, eta: float = 3.0, min_starts: int = 16) -> None:
        self.first = whole_number_or_none(self, "first", first, 1)
        self.eta = number(self, "eta", eta, 1.5)
        self.min_starts = whole_number(self, "min_starts", min_starts, 2)
        self._run: RunOpened | None = None
        self._passed: dict[tuple[int, int], float] = {}  # a memo only: the answer follows from the view

    def judge(self, view: RunView, opt: int | None = None) -> Verdict:
        """Answer for optimizer `opt`."""
        one = self.subject(view, opt)
        if view.n_searches < self.min_starts:
            return self.verdict(False, f"{view.n_searches} optimizers started, {self.min_starts} are needed")
        rung = self._rung(len(one), self.first or 20 * view.free_parameters)
        if rung <= one.judged_at or not rung:
            return self.verdict(False, f"it has passed no rung since {one.judged_at} evaluations")
        own = self._best_at(view, one, rung)
        rivals = [self._best_at(view, other, rung) for other in view if len(other) >= rung]
        better = sum(value < own for value in rivals)
        places = math.ceil(len(rivals) / self.eta)
        return self.verdict(
            better >= places, f"{better} of {len(rivals)} were better after {rung} evaluations, {places} pass"
        )

    def _best_at(self, view: RunView, one: OptimizerView, rung: int) -> float:
        """Return the best value of an optimizer up to a rung, which it has reached."""
        if view.opened is not self._run:
            self._run, self._passed = view.opened, {}
        if (one.opt, rung) not in self._passed:
            self._passed[one.opt, rung] = float(one.trajectory.rows(rung - 1, rung).best_f[0])
        return self._passed[one.opt, rung]

    def _rung(self, n: int, first: int) -> int:
        """Return the highest rung that `n` evaluations have reached; 0 if there is none."""
        reached, k = 0, 0
        while (rung := math.ceil(first * self.eta**k)) <= n:
            reached, k = rung, k + 1
        return reached

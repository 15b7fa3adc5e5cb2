"""Stop an optimizer that comes to where another one has ended."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from glompo.core.views.curve import due, interval_of
from glompo.core.views.run_view import RunView
from glompo.events.verdict import Verdict
from glompo.stoppers.archive import Archive, Place, covariance, extent, latest, window_of
from glompo.stoppers.base import BaseStopper
from glompo.validation import number, whole_number, whole_number_or_none


class Duplicate(BaseStopper):
    """The optimizer narrows down on a place where another one has ended with a better value.

    The optimizers that ended by themselves or by a stopper leave an archive of places: the best point, its value, the
    shape of the last population, and how many ended there, n_i. Around each lies an ellipsoid of that shape with
    the radius ``r_i = Γ(D/2 + 1)^(1/D) / sqrt(π) · (n_i / (c Σ n))^(1/D)`` in units of the ranges of the D parameters
    that are not fixed: all of them together hold 1/c of the volume of the box. That is for an optimizer that has its
    first extent; as it contracts the radii shrink with it, so that one that merely passes by, or goes on to a
    neighbouring minimum, is left alone. True when the mean of its latest points lay within the radius of a place with
    a lower value than its own at `checks` successive judgments.

    Made for optimizers with a population, such as CMA-ES. Values are only compared with each other: invariant under
    f → a·f + b with a > 0, and under any other rising transformation. It draws no random number and evaluates
    nothing. A question costs the same however long the history is.

    The radius is that of the repelling restarts of J. de Nobel et al., Avoiding Redundant Restarts in Multimodal
    Global Optimization, arXiv:2405.01226, in units of the box and of the first extent of the optimizer.

    Parameters
    ----------
    coverage : float
        The c above, 1 or more: the larger, the smaller the places.
    checks : int
        Successive judgments at which it must be near, 1 or more.
    min_evals : int, optional
        Evaluations before the first judgment, also of those that ended; 20·D if None.
    every : int, optional
        Evaluations between two judgments; 5·D, or a generation if that is more, if None. Asked in between, the answer
        is false.
    """

    def __init__(
        self, coverage: float = 20.0, checks: int = 3, min_evals: int | None = None, every: int | None = None
    ) -> None:
        self.coverage = number(self, "coverage", coverage, 1)
        self.checks = whole_number(self, "checks", checks, 1)
        self.min_evals = whole_number_or_none(self, "min_evals", min_evals, 1)
        self.every = whole_number_or_none(self, "every", every, 1)
        self._archive = Archive()

    def judge(self, view: RunView, opt: int | None = None) -> Verdict:
        """Answer for optimizer `opt`."""
        one = self.subject(view, opt)
        dims = view.free_parameters
        least, every = self.min_evals or 20 * dims, interval_of(one, self.every, dims)
        counts = [len(one) - i * every for i in range(self.checks)]
        least_now = max(least, window_of(one, view.box) + (self.checks - 1) * every)
        if len(one) < least_now:
            return self.verdict(False, f"{len(one)} evaluations, {least_now} are needed")
        if not due(one, every):
            return self.verdict(False, f"it is judged every {every} evaluations")
        places = self._archive.places(view, least)
        better = [place for place in places if place.f < one.best]
        if not better:
            return self.verdict(False, "nobody has ended better than it")
        first = self._archive.first_extent(view, one.opt)
        total = sum(place.count for place in places)
        for n in counts:
            points = latest(one, n, view.box)
            shrink = min(1.0, extent(covariance(points)) / first) if first > 0 else 0.0
            apart = _apart(points.mean(axis=0), better, self.coverage * total)
            if not apart < shrink:
                return self.verdict(False, f"{apart:.3g} radii from the nearest end, below {shrink:.3g} is too close")
        return self.verdict(True, f"{apart:.3g} radii from the nearest end, below {shrink:.3g} is too close")


def _apart(at: NDArray[np.float64], places: list[Place], share: float) -> float:
    """Return the distance from the nearest place, in units of its radius when it is largest."""
    dims = len(at)
    ball = math.exp(math.lgamma(dims / 2 + 1) / dims) / math.sqrt(math.pi)
    with np.errstate(invalid="ignore", over="ignore"):  # an optimizer may propose anything
        distances = [
            np.linalg.norm(place.metric @ (at - place.x)) / (ball * (place.count / share) ** (1 / dims))
            for place in places
        ]
    return float(min(distances))

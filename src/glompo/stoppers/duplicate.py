"""Stop an optimizer that comes to where another one has ended."""

from __future__ import annotations

import math
from dataclasses import dataclass
from heapq import nsmallest

import numpy as np
from numpy.typing import NDArray

from glompo.box import Box, free_parameters
from glompo.core.evaluations.blocks import population
from glompo.core.state.lifecycle import How
from glompo.core.views.curve import due, interval_of
from glompo.core.views.optimizer_tracker import OptimizerTracker
from glompo.core.views.optimizer_view import OptimizerView
from glompo.core.views.run_view import RunView
from glompo.events.verdict import Verdict
from glompo.stoppers.base import BaseStopper
from glompo.validation import number, whole_number, whole_number_or_none

KEPT = 256
"""Ends that are remembered at most, the best ones: it bounds the cost of a question."""

SAME_PLACE = 0.01
"""Root mean square of the differences, per parameter and in units of its range, below which two ends are one place."""

ROUNDING = 1e-13
"""Extent, in units of the ranges, below which it cannot be told from that of one point."""


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
            return self.verdict(False, "no optimizer has ended better than it")
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


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Where one or several optimizers ended.

    Attributes
    ----------
    x : ndarray of shape (D,)
        The best point found there, in units of the ranges of the parameters that are not fixed.
    f : float
        Its value.
    metric : ndarray of shape (D, D)
        The length of ``metric @ (y - x)`` is the distance of y; it preserves volumes.
    count : int
        Optimizers that ended there.
    """

    x: NDArray[np.float64]
    f: float
    metric: NDArray[np.float64]
    count: int


class Archive:
    """The ends of a run, brought up to date from the last look.

    It is a memo only: the answer follows from the view, and a new archive gives the same.
    """

    def __init__(self) -> None:
        self._tracker = OptimizerTracker()
        self._ends: dict[int, Place] = {}
        self._places: list[Place] | None = None
        self._extents: dict[int, float] = {}

    def places(self, view: RunView, least: int) -> list[Place]:
        """Return the places, best first, of optimizers that ended by themselves or by a stopper.

        Parameters
        ----------
        view : RunView
            The run.
        least : int
            Evaluations that an optimizer must have made to count.
        """
        news = self._tracker.call(view)
        if news.reset:
            self._ends, self._places, self._extents = {}, None, {}
        for opt in news.ended:
            one = view[opt]
            if len(one) >= least and one.best_x is not None and _came_to_its_end(one):
                self._ends[opt] = _end(one, view.box)
                self._places = None
        if self._places is None:
            self._places = _merged(list(self._ends.values()))
        return self._places

    def first_extent(self, view: RunView, opt: int) -> float:
        """Return the extent of the first points of an optimizer, as many as :func:`window_of` says, or more."""
        if opt not in self._extents:
            one = view[opt]
            self._extents[opt] = extent(covariance(latest(one, window_of(one, view.box), view.box)))
        return self._extents[opt]


def latest(one: OptimizerView, n: int, box: Box) -> NDArray[np.float64]:
    """Return the last points of the first `n` evaluations, a population at least, shape (m, D)."""
    return box.unit(one.trajectory.rows(max(0, n - window_of(one, box)), n).X)[:, box.free]


def window_of(one: OptimizerView, box: Box) -> int:
    """Return how many points show where an optimizer is: a generation, and 10 and 2·D at least."""
    return max(population(one.config) or 0, 10, 2 * free_parameters(box.bounds))


def covariance(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the covariance of points, shape (m, D), drawn towards a ball as far as they are few."""
    m, dims = points.shape
    with np.errstate(invalid="ignore", over="ignore"):  # an optimizer may propose anything
        around = points - points.mean(axis=0)
        sample = around.T @ around / m
        trust = m / (m + dims)
        return np.asarray(trust * sample + (1 - trust) * np.trace(sample) / dims * np.eye(dims))


def extent(shape: NDArray[np.float64]) -> float:
    """Return the radius of a covariance, shape (D, D): the geometric mean of its standard deviations.

    0 if it is less than the rounding of points in the unit cube.
    """
    if not np.isfinite(shape).all():
        return 0.0
    sign, log = np.linalg.slogdet(shape)
    radius = float(np.exp(log / (2 * len(shape)))) if sign > 0 else 0.0
    return radius if radius > ROUNDING else 0.0


def _came_to_its_end(one: OptimizerView) -> bool:
    return one.how is How.CONVERGED or (one.how in (How.STOPPED, How.CUT) and one.stop_by == "stopper")


def _end(one: OptimizerView, box: Box) -> Place:
    shape = covariance(latest(one, len(one), box))
    size, metric = extent(shape), np.eye(len(shape))
    if size > 0:
        metric = np.linalg.inv(np.linalg.cholesky(shape / size**2))
    return Place(box.unit(np.asarray(one.best_x))[box.free], one.best, metric, 1)


def _merged(ends: list[Place]) -> list[Place]:
    """Return the places of these ends, best first; the best end of a place gives its point and its shape."""
    # a stable order: ends come by number, so equal values keep it
    rest = nsmallest(KEPT, ends, key=lambda end: end.f)
    places = []
    while rest:
        best = rest[0]
        apart = np.sqrt(np.mean((np.array([end.x for end in rest]) - best.x) ** 2, axis=1))
        near = apart < SAME_PLACE
        near[0] = True
        places.append(Place(best.x, best.f, best.metric, int(near.sum())))
        rest = [end for end, together in zip(rest, near, strict=True) if not together]
    return places

"""The points that samplers have left for others to start from."""

from __future__ import annotations

import heapq

import numpy as np
from numpy.typing import NDArray

from glompo.core.views.optimizer_tracker import OptimizerTracker
from glompo.core.views.optimizer_view import OptimizerView
from glompo.core.views.run_view import RunView

MOST = 1000
"""Points of one sampler, the best ones: it bounds the memory."""


class Pool:
    """The valid points of the samplers that have ended and from which nobody else has started, best first.

    It is a memo only: the answer follows from the view, and a new pool gives the same.

    Parameters
    ----------
    sampler : str
        Name of the class whose points are used.
    """

    def __init__(self, sampler: str) -> None:
        self._sampler = sampler
        self._tracker = OptimizerTracker()
        self._used: set[bytes] = set()
        self._points: list[tuple[float, int, int, bytes]] = []

    def best(self, view: RunView) -> tuple[int, NDArray[np.float64]] | None:
        """Return the number of a sampler and its point, shape (d,); None if there is none."""
        news = self._tracker.call(view)
        if news.reset:
            self._used, self._points = set(), []
        self._used.update(view[opt].x0.tobytes() for opt in news.started if view[opt].kind != self._sampler)
        for opt in news.ended:
            if view[opt].kind == self._sampler:
                self._add(view[opt])
        while self._points and self._points[0][3] in self._used:
            heapq.heappop(self._points)
        if not self._points:
            return None
        _, opt, _, point = self._points[0]
        return opt, np.frombuffer(point)

    def _add(self, one: OptimizerView) -> None:
        path = one.trajectory.rows()
        values, valid = path.f, np.flatnonzero(path.valid)
        for k in valid[np.argsort(values[valid], kind="stable")[:MOST]]:
            heapq.heappush(self._points, (float(values[k]), one.opt, int(k), path.X[k].tobytes()))

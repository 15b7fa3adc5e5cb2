"""Start at the best point that a sampler has left."""

from __future__ import annotations

import heapq

import numpy as np
from numpy.typing import NDArray

from glompo.core.views.manager_view import ManagerView
from glompo.core.views.optimizer_tracker import OptimizerTracker
from glompo.core.views.optimizer_view import OptimizerView
from glompo.core.views.run_view import RunView
from glompo.errors import SettingTypeError
from glompo.generators.base import BaseGenerator, uniform

MOST = 1000
"""Points of one sampler, the best ones: it bounds the memory."""


class BestSampledGenerator(BaseGenerator):
    """Every start is the best point that optimizers of one class have sampled and from which none has started yet.

    The sampled points form a pool, to which each sampler that has ended adds its own, the best 1000 at most. While
    there is no valid unused point the start is drawn uniformly from the bounds.

    Invariant under f → a·f + b with a > 0: values are only compared with each other.

    Parameters
    ----------
    sampler : str or class
        The class whose points are used, or its name.
    """

    def __init__(self, sampler: str | type = "RandomSampling") -> None:
        if not isinstance(sampler, (str, type)):
            raise SettingTypeError(
                f"BestSampledGenerator: sampler is {sampler!r}; give a class of optimizers or its name"
            )
        self.sampler = sampler if isinstance(sampler, str) else sampler.__name__
        self._pool = Pool(self.sampler)

    def generate(self, manager: ManagerView) -> NDArray[np.float64]:
        """Return the point, shape (d,)."""
        found = self._best(manager)
        return uniform(self.rng(manager), manager) if found is None else found[1]

    def explain(self, manager: ManagerView) -> str:
        """Say where the point comes from."""
        found = self._best(manager)
        return "a random point, the pool is empty" if found is None else f"a point sampled by optimizer {found[0]}"

    def _best(self, manager: ManagerView) -> tuple[int, NDArray[np.float64]] | None:
        """Return the best unused point and the number of the sampler that found it."""
        return self._pool.best(manager.view)


class Pool:
    """The valid points of the samplers that have ended and from which no other optimizer has started, best first.

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

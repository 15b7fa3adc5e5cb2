"""Uniform random points: the baseline that every search must beat."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.errors import SettingError
from glompo.optimizer import MinimizeResult, evaluate_all
from glompo.optimizers.bundled import BundledOptimizer


class RandomSampling(BundledOptimizer):
    """Evaluate x0, then points drawn uniformly from the box.

    Parameters
    ----------
    iters : int, optional
        Evaluations after which it has converged; without it, it goes on until it is stopped.
    **kwargs
        See :class:`~glompo.optimizer.BaseOptimizer`; with ``workers=k``, k points are evaluated at a time.
    """

    def __init__(self, iters: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if iters is not None and (isinstance(iters, bool) or not isinstance(iters, int) or iters < 1):
            raise SettingError(f"RandomSampling: iters is {iters!r}; give a whole number of 1 or more, or None")
        self.iters = iters
        self.done = 0

    def minimize(
        self, function: Callable[[NDArray[np.float64]], float], x0: NDArray[np.float64], bounds: Any
    ) -> MinimizeResult:
        """Sample until `iters` evaluations are done or the manager stops it."""
        low, high = np.array(bounds, dtype=float).T
        points = [np.array(x0, dtype=float)]
        while True:
            for x, fx in zip(points, evaluate_all(function, points), strict=True):
                self.note_best(x, fx)
            self.done += len(points)
            if self.iters is not None and self.done >= self.iters:
                return self.ended(f"{self.done} points sampled")
            if self.heed():
                return self.ended()
            n = self.workers if self.iters is None else min(self.workers, self.iters - self.done)
            points = list(self.rng.uniform(low, high, size=(n, len(low))))

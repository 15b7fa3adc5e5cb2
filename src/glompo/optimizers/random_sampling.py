"""Uniform random points: the baseline that every search must beat."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.optimizers.capabilities import Capabilities
from glompo.optimizers.stepper import Stepper, StepperOptimizer
from glompo.validation import whole_number_or_none


class RandomSampling(StepperOptimizer):
    """Evaluate x0, then points drawn uniformly from the box.

    Parameters
    ----------
    iters : int, optional
        Evaluations after which it is exhausted; without it, it goes on until it is stopped.
    **kwargs
        See :class:`~glompo.optimizer.BaseOptimizer`; with ``workers=k``, k points are evaluated at a time.

    Notes
    -----
    Failed evaluations count, and change nothing.
    """

    capabilities = Capabilities(batch=True, flow=True, noise=True, resumes=True)

    def __init__(self, iters: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.iters = whole_number_or_none(self, "iters", iters, 1)

    def stepper(self, x0: NDArray[np.float64], bounds: NDArray[np.float64]) -> Stepper:
        """Return the sampler."""
        return _Sampler(x0, bounds, self.iters, self.rng)


class _Sampler(Stepper):
    def __init__(
        self, x0: NDArray[np.float64], bounds: NDArray[np.float64], iters: int | None, rng: np.random.Generator
    ) -> None:
        self._x0 = x0
        self._low, self._high = bounds.T
        self._iters = iters
        self._rng = rng
        self._asked = 0

    def ask(self, n: int) -> NDArray[np.float64]:
        if not self._asked:
            points = self._x0[np.newaxis]
        else:
            n = n if self._iters is None else min(n, self._iters - self._asked)
            points = self._rng.uniform(self._low, self._high, size=(n, len(self._low)))
        self._asked += len(points)
        return points

    def tell(self, points: NDArray[np.float64], values: NDArray[np.float64]) -> None:
        pass  # nothing is learned from them

    def exhausted(self) -> str | None:
        done = self._iters is not None and self._asked >= self._iters
        return f"{self._asked} points sampled" if done else None

"""Uniform random points: the baseline that every search must beat."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.optimizers.capabilities import Capabilities
from glompo.optimizers.stepper import Stepper, StepperOptimizer
from glompo.validation import whole_number_or_none

AHEAD = 64
"""Points that are drawn beyond those that are needed."""


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
    _drawn: NDArray[np.float64] | None = None  # points of the stream that have not been asked for

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
            points = self._next(n)
        self._asked += len(points)
        return points

    def _next(self, n: int) -> NDArray[np.float64]:
        """Return the next `n` points of the stream, which is the same however many are drawn at a time."""
        drawn = np.empty((0, len(self._low))) if self._drawn is None else self._drawn
        if len(drawn) < n:
            # to draw lets go of the interpreter lock, and each time whatever waits for it is woken
            more = self._rng.uniform(self._low, self._high, size=(n + AHEAD, len(self._low)))
            drawn = np.concatenate([drawn, more])
        self._drawn = drawn[n:]
        return drawn[:n]

    def tell(self, points: NDArray[np.float64], values: NDArray[np.float64]) -> None:
        pass  # nothing is learned from them

    def exhausted(self) -> str | None:
        done = self._iters is not None and self._asked >= self._iters
        return f"{self._asked} points sampled" if done else None

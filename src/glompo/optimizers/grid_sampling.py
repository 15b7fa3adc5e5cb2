"""Every point of a regular grid."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.errors import SettingError
from glompo.optimizers.capabilities import Capabilities
from glompo.optimizers.stepper import Stepper, StepperOptimizer
from glompo.validation import whole_number

MOST = 10_000_000
"""Points of the largest grid."""


class GridSampling(StepperOptimizer):
    """Evaluate every point of a regular grid, in random order, and no other point.

    Along each parameter the grid has `n` equally spaced values, the bounds among them; a single one lies in the middle.
    In random order any part of the grid covers the whole box, so that a search which ends early has looked everywhere.
    The order is drawn from the optimizer's own stream: another start on the same grid has another order.

    Parameters
    ----------
    n : int
        Values per parameter; d parameters make n**d evaluations, after which it is exhausted. More than ten million
        are refused.
    **kwargs
        See :class:`~glompo.optimizer.BaseOptimizer`; with ``workers=k``, k points are evaluated at a time.

    Notes
    -----
    The starting point is not evaluated, unless it lies on the grid. Failed evaluations count, and change nothing.
    """

    capabilities = Capabilities(batch=True, flow=True, noise=True, resumes=True)

    def __init__(self, n: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.n = whole_number(self, "n", n, 1)
        if self.n > 1:
            self.capabilities = replace(self.capabilities, most_dims=int(math.log(MOST) / math.log(self.n) + 1e-9))

    def stepper(self, x0: NDArray[np.float64], bounds: NDArray[np.float64]) -> Stepper:
        """Return the grid."""
        dims = len(bounds)
        if self.n**dims > MOST:
            raise SettingError(
                f"GridSampling: n is {self.n}, which is {float(self.n) ** dims:.3g} points in {dims} dimensions, more "
                f"than {MOST:,}; lower n, fix parameters, or use RandomSampling"
            )
        return _Grid(bounds, self.n, self.rng)


class _Grid(Stepper):
    def __init__(self, bounds: NDArray[np.float64], n: int, rng: np.random.Generator) -> None:
        low, high = bounds.T
        self._axes = np.linspace(low, high, n) if n > 1 else (low + (high - low) / 2)[np.newaxis]
        self._shape = (n,) * len(bounds)
        self._order = rng.permutation(np.arange(n ** len(bounds), dtype=np.int32))
        self._asked = 0

    def ask(self, n: int) -> NDArray[np.float64]:
        places = np.unravel_index(self._order[self._asked : self._asked + n], self._shape)
        self._asked += len(places[0])
        return np.stack([self._axes[place, i] for i, place in enumerate(places)], axis=1)

    def tell(self, points: NDArray[np.float64], values: NDArray[np.float64]) -> None:
        pass  # nothing is learned from them

    def exhausted(self) -> str | None:
        return f"all {self._asked} points of the grid evaluated" if self._asked == len(self._order) else None

"""The box as the unit cube."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


class Box:
    """Maps between a box and the unit cube, so that one step size fits parameters of any size.

    Parameters
    ----------
    bounds : sequence of (min, max)
        d pairs.
    """

    def __init__(self, bounds: Any) -> None:
        self.low, self.high = np.array(bounds, dtype=float).T
        self._range = self.high - self.low

    @property
    def dims(self) -> int:
        """Number of parameters, d."""
        return len(self.low)

    def unit(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the point of the cube for `x`, shape (d,) or (n, d); what lies outside comes onto its surface."""
        return np.asarray(np.clip((x - self.low) / self._range, 0.0, 1.0))

    def natural(self, u: Any) -> NDArray[np.float64]:
        """Return `x` for a point of the cube, shape (d,) or (n, d); rounding never leads outside."""
        return np.asarray(np.clip(self.low + np.asarray(u) * self._range, self.low, self.high))

"""The task of the optimizer contract: a bowl in a box whose sides differ."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

RANGES = ((-5.0, 5.0), (100.0, 300.0), (0.0, 0.02))
"""Bounds of the parameters, in turn."""


class Bowl:
    """The squared distance to a point inside the box, in units of its sides.

    Parameters
    ----------
    dims : int
        Number of parameters d.
    fixed : bool
        Whether a further parameter is added, with equal bounds, as the second one.

    Attributes
    ----------
    bounds : ndarray, shape (d, 2)
        Natural units.
    minimum, x0 : ndarray, shape (d,)
        Where the value is 0, and a start far from it.
    """

    def __init__(self, dims: int, fixed: bool = False) -> None:
        bounds = [RANGES[i % len(RANGES)] for i in range(dims)]
        if fixed:
            bounds.insert(1, (7.0, 7.0))
        self.bounds = np.array(bounds)
        low, high = self.bounds.T
        self._range = np.where(high > low, high - low, 1.0)
        part = 0.3 + 0.05 * (np.arange(len(bounds)) % 3)
        self.minimum: NDArray[np.float64] = low + part * (high - low)
        self.x0: NDArray[np.float64] = low + 0.9 * (high - low)

    def __call__(self, x: NDArray[np.float64]) -> float:
        """Return the value at `x`, shape (d,)."""
        return float((self.residuals(x) ** 2).sum())

    def detailed_call(self, x: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Return the value at `x`, shape (d,), and the residuals, whose squares it is the sum of, shape (d,)."""
        return Bowl.__call__(self, x), self.residuals(x)

    def headers(self) -> dict[str, type]:
        """Return the name and type of what `detailed_call` returns after the value."""
        return {"residuals": np.ndarray}

    def residuals(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the distances to the minimum, in units of the sides, shape (d,)."""
        return np.asarray((x - self.minimum) / self._range)

    def contains(self, x: Any) -> bool:
        """Return whether `x`, shape (d,), lies in the box."""
        low, high = self.bounds.T
        return bool(((x >= low) & (x <= high)).all())


class DetailedBowl(Bowl):
    """A bowl whose plain call is a mistake."""

    def __call__(self, x: NDArray[np.float64]) -> float:
        """Complain."""
        raise AssertionError("the task was called plainly although detailed_call was asked for")

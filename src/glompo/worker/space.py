"""Between the units of the task and those in which an optimizer searches."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SCALES: dict[str, tuple[float, float]] = {"linear": (0.0, 1.0), "std": (-1.0, 1.0)}
"""Interval onto which each scaler maps a parameter's range; 'none' keeps natural units."""


class Space:
    """The box as an optimizer sees it: without fixed parameters, and scaled if it needs that.

    Parameters
    ----------
    bounds : ndarray, shape (d, 2)
        Natural units. Parameters with equal bounds are fixed.
    scaler : {None, 'none', 'linear', 'std'}
        Natural units, [0, 1] or [-1, 1].
    """

    def __init__(self, bounds: NDArray[np.float64], scaler: str | None = None) -> None:
        if scaler is not None and scaler != "none" and scaler not in SCALES:
            raise ValueError(f"scaler is {scaler!r}; use 'none' or one of {', '.join(map(repr, SCALES))}")
        self._low, self._high = np.ascontiguousarray(bounds.T)
        self._free = np.flatnonzero(self._low < self._high)
        self._plain = len(self._free) == len(bounds) and scaler not in SCALES
        self._whole = len(self._free) == len(bounds)
        low, high = self._low[self._free], self._high[self._free]
        self._bottom, self._top = SCALES.get(scaler or "none", (low, high))
        self._range = high - low
        self._span = self._top - self._bottom

    @property
    def dims(self) -> int:
        """Number of parameters that the optimizer sees, m."""
        return len(self._free)

    @property
    def pairs(self) -> list[tuple[float, float]]:
        """Bounds that the optimizer sees, m pairs."""
        lows, highs = (np.broadcast_to(side, len(self._free)) for side in (self._bottom, self._top))
        return [(float(low), float(high)) for low, high in zip(lows, highs, strict=True)]

    def natural(self, u: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the point of shape (d,) in natural units that the optimizer calls `u`, shape (m,).

        A point on the optimizer's bounds lies on the natural ones exactly, whatever the rounding.
        """
        if self._plain:
            return u
        low, high = self._low[self._free], self._high[self._free]
        x: NDArray[np.float64] = low + (u - self._bottom) / self._span * self._range
        x = np.where((u >= self._bottom) & (u <= self._top), np.clip(x, low, high), x)
        if self._whole:
            return x
        full: NDArray[np.float64] = self._low.copy()
        full[self._free] = x
        return full

    def seen(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what the optimizer calls the natural point `x`, shape (d,)."""
        if self._plain:
            return x
        part = x[self._free]
        u: NDArray[np.float64] = self._bottom + (part - self._low[self._free]) / self._range * self._span
        return np.asarray(np.clip(u, self._bottom, self._top)) if self._inside(x) else u

    def _inside(self, x: NDArray[np.float64]) -> bool:
        return bool(((x >= self._low) & (x <= self._high)).all())

"""Between the units of the task and those in which an optimizer searches."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SCALES: dict[str, tuple[float, float]] = {"linear": (0.0, 1.0), "std": (-1.0, 1.0), "log": (0.0, 1.0)}
"""Interval onto which each scaler maps a parameter's range; 'none' keeps natural units."""


class Space:
    """The box as an optimizer sees it: without fixed parameters, and scaled if it needs that.

    Parameters
    ----------
    bounds : ndarray, shape (d, 2)
        Natural units. Parameters with equal bounds are fixed.
    scaler : {None, 'none', 'linear', 'std', 'log'}
        Natural units; [0, 1]; [-1, 1]; or [0, 1] of the logarithm for parameters whose range is positive, and of the
        parameter itself for the others.
    """

    def __init__(self, bounds: NDArray[np.float64], scaler: str | None = None) -> None:
        if scaler is not None and scaler != "none" and scaler not in SCALES:
            raise ValueError(f"scaler is {scaler!r}; use 'none' or one of {', '.join(map(repr, SCALES))}")
        self._all_low, self._all_high = np.ascontiguousarray(bounds.T)
        self._free = np.flatnonzero(self._all_low < self._all_high)
        self._whole = len(self._free) == len(bounds)
        self._scaled = scaler in SCALES
        self._low, self._high = self._all_low[self._free], self._all_high[self._free]
        self._log = (self._low > 0) & (scaler == "log")
        self._bottom, self._top = SCALES.get(scaler or "none", (0.0, 0.0))
        self._base = np.where(self._log, np.log(np.where(self._log, self._low, 1.0)), self._low)
        top = np.where(self._log, np.log(np.where(self._log, self._high, 1.0)), self._high)
        self._range = top - self._base

    @property
    def dims(self) -> int:
        """Number of parameters that the optimizer sees, m."""
        return len(self._free)

    @property
    def pairs(self) -> list[tuple[float, float]]:
        """Bounds that the optimizer sees, m pairs."""
        if self._scaled:
            return [(self._bottom, self._top)] * self.dims
        return list(zip(self._low.tolist(), self._high.tolist(), strict=True))

    def natural(self, u: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the point of shape (d,) in natural units that the optimizer calls `u`, shape (m,).

        A point on the optimizer's bounds lies on the natural ones exactly, whatever the rounding.
        """
        part = self._unscaled(u) if self._scaled else u
        if self._whole:
            return part
        full: NDArray[np.float64] = self._all_low.copy()
        full[self._free] = part
        return full

    def seen(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what the optimizer calls the natural point `x`, shape (d,), inside the bounds."""
        part = x[self._free]
        if not self._scaled:
            return part
        share = (np.where(self._log, np.log(np.where(self._log, part, 1.0)), part) - self._base) / self._range
        return np.asarray(np.clip(self._bottom + share * (self._top - self._bottom), self._bottom, self._top))

    def _unscaled(self, u: NDArray[np.float64]) -> NDArray[np.float64]:
        value = self._base + (u - self._bottom) / (self._top - self._bottom) * self._range
        value = np.where(self._log, np.exp(np.where(self._log, value, 0.0)), value)
        value = np.where(u == self._bottom, self._low, np.where(u == self._top, self._high, value))
        inside = (u >= self._bottom) & (u <= self._top)
        return np.asarray(np.where(inside, np.clip(value, self._low, self._high), value))

"""Between the units of the task and those in which an optimizer searches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.box import Box

SCALES: dict[str, tuple[float, float]] = {"linear": (0.0, 1.0), "std": (-1.0, 1.0), "log": (0.0, 1.0)}
"""Interval onto which each scaler maps a parameter's range; 'none' keeps natural units."""


class Space:
    """The box as an optimizer sees it: without fixed parameters, and scaled if it needs that.

    Parameters
    ----------
    bounds : ndarray, shape (d, 2)
        Natural units. Parameters with equal bounds are fixed.
    scaler : {None, 'none', 'linear', 'std', 'log'} or a sequence of d of them
        Of all parameters, or of each: natural units; [0, 1]; [-1, 1]; or [0, 1] of the logarithm.
    integrality : sequence of d bool
        Which parameters are rounded to whole numbers; empty if none is. An optimizer sees them without steps.

    Raises
    ------
    ValueError
        If there is no such scaler, or a logarithm of a range that is not positive.
    """

    def __init__(
        self,
        bounds: NDArray[np.float64],
        scaler: str | Sequence[str] | None = None,
        integrality: Sequence[bool] = (),
    ) -> None:
        names = [scaler or "none"] * len(bounds) if scaler is None or isinstance(scaler, str) else list(scaler)
        for name in names:
            if name != "none" and name not in SCALES:
                raise ValueError(f"scaler is {name!r}; use 'none' or one of {', '.join(map(repr, SCALES))}")
        whole = Box(bounds, names)
        self._fixed_at = whole.low
        self._free = np.flatnonzero(whole.free)
        self._whole = len(self._free) == len(bounds)
        seen = [names[i] for i in self._free]
        self._box = Box(bounds[self._free], seen)
        self._scaled = np.array([name in SCALES for name in seen])
        self._any = bool(self._scaled.any())
        self._rounded = np.flatnonzero(np.array(integrality, dtype=bool))
        self._bounds = bounds[self._rounded].T
        ends = [SCALES.get(name, pair) for name, pair in zip(seen, self._box.bounds.tolist(), strict=True)]
        self._bottom, self._top = np.array(ends).T
        self._length = np.where(self._scaled, self._top - self._bottom, 1.0)

    @property
    def dims(self) -> int:
        """Number of parameters that the optimizer sees, m."""
        return len(self._free)

    @property
    def pairs(self) -> list[tuple[float, float]]:
        """Bounds that the optimizer sees, m pairs."""
        return list(zip(self._bottom.tolist(), self._top.tolist(), strict=True))

    def natural(self, u: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the point of shape (d,) in natural units that the optimizer calls `u`, shape (m,).

        A point on the optimizer's bounds lies on the natural ones exactly, whatever the rounding; one outside of them
        outside.
        """
        part = self._unscaled(u) if self._any else u
        full: NDArray[np.float64] = part
        if not self._whole:
            full = self._fixed_at.copy()
            full[self._free] = part
        return self._stepped(full) if self._rounded.size else full

    def generation(self, X: Any) -> NDArray[np.float64] | None:
        """Return all points of a list in natural units, as one array of our own, shape (n, d).

        None if they are to be converted one by one: because the units differ, or they are not all arrays of that shape.
        """
        shape = self._fixed_at.shape
        if not self._whole or self._any or self._rounded.size or type(X) is not list or not X:
            return None
        plain = all(type(x) is np.ndarray and x.dtype == np.float64 and x.shape == shape for x in X)
        return np.array(X) if plain else None

    def _stepped(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the point with whole numbers where these are wanted; what lies outside the bounds stays there."""
        raw, (low, high) = x[self._rounded], self._bounds
        stepped = x.copy()
        nearest = np.clip(np.floor(raw + 0.5), np.ceil(low), np.floor(high))
        stepped[self._rounded] = np.where((low <= raw) & (raw <= high), nearest, raw)
        return stepped

    def seen(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what the optimizer calls the natural point `x`, shape (d,), inside the bounds."""
        part = x[self._free]
        if not self._any:
            return part
        inside = np.clip(self._bottom + self._box.unit(part) * self._length, self._bottom, self._top)
        return np.asarray(np.where(self._scaled, inside, part))

    def gradient(self, x: NDArray[np.float64], slopes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return a gradient at the natural point `x`, both of shape (d,), in the optimizer's units, shape (m,)."""
        part = slopes[self._free]
        if not self._any:
            return part
        return np.asarray(np.where(self._scaled, part * self._box.slope(x[self._free]) / self._length, part))

    def _unscaled(self, u: NDArray[np.float64]) -> NDArray[np.float64]:
        share = np.where(u == self._top, 1.0, (u - self._bottom) / self._length)
        return np.asarray(np.where(self._scaled, self._box.extended(np.where(self._scaled, share, 0.0)), u))

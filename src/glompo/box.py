"""The box of a run with the scale of each parameter, and what follows from its number of free parameters.

This is the one place where a share of a range is computed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

SCALES = ("none", "linear", "std", "log")
"""Scales of a parameter: natural units; [0, 1]; [-1, 1]; [0, 1] of the logarithm."""


def free_parameters(bounds: NDArray[np.float64]) -> int:
    """Return the number of parameters that bounds of shape (d, 2) do not fix, 1 at least: it divides, and has a log."""
    return max(1, int(np.count_nonzero(bounds[:, 1] > bounds[:, 0])))


def usual_population(dims: int, workers: int = 1) -> int:
    """Return the points in a generation of CMA-ES, 4 + ⌊3 ln d⌋, rounded up to a multiple of `workers`.

    N. Hansen, The CMA Evolution Strategy: A Tutorial, arXiv:1604.00772, table 1.
    """
    return math.ceil((4 + int(3 * math.log(dims))) / workers) * workers


class Box:
    """Maps between natural units and the unit cube, each parameter on its own scale.

    Parameters
    ----------
    bounds : array-like, shape (d, 2)
        Lower and upper bounds in natural units, their distances finite. Equal ones fix a parameter: 0 in the cube.
    scales : sequence of {'none', 'linear', 'std', 'log'}, optional
        Scale of each parameter; ``'none'`` for all by default. With ``'log'`` equal shares of the cube are equal
        factors; the others are linear.

    Raises
    ------
    ValueError
        If a parameter that is not fixed has the scale ``'log'`` and a lower bound of 0 or less.
    """

    def __init__(self, bounds: Sequence[tuple[float, float]] | NDArray[np.float64], scales: Sequence[str] = ()) -> None:
        self.bounds = np.array(bounds, dtype=np.float64)
        self.low, self.high = np.ascontiguousarray(self.bounds.T)
        self.scales = tuple(scales) or ("none",) * len(self.low)
        self.free: NDArray[np.bool_] = self.low < self.high
        self.log: NDArray[np.bool_] = (np.array(self.scales) == "log") & self.free
        for i in np.flatnonzero(self.log & (self.low <= 0.0)).tolist():
            low, high = self.bounds[i].tolist()
            raise ValueError(f"bounds of parameter {i} are ({low}, {high}); a logarithm needs positive ones")
        self._any_log = bool(self.log.any())
        self._length = np.where(self.free, self.high - self.low, 1.0)
        if self._any_log:
            self._origin = np.where(self.log, self.low, 1.0)
            self._length = np.where(self.log, self._logarithm(self.high), self._length)

    def __repr__(self) -> str:
        scales = "" if all(scale == "none" for scale in self.scales) else f", scales={self.scales!r}"
        return f"Box([{', '.join(f'({low:g}, {high:g})' for low, high in self.bounds)}]{scales})"

    @property
    def dims(self) -> int:
        """Number of parameters d."""
        return len(self.low)

    def unit(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the points of the cube for `x`, shape (..., d); what lies outside comes onto its surface."""
        x = np.clip(x, self.low, self.high)
        with np.errstate(invalid="ignore"):
            share = (x - self.low) / self._length
            if self._any_log:
                share = np.where(self.log, self._logarithm(x) / self._length, share)
        return np.asarray(np.where(x >= self.high, np.where(self.free, 1.0, 0.0), np.clip(share, 0.0, 1.0)))

    def natural(self, u: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the points in natural units for `u`, shape (..., d).

        What lies outside comes onto the surface; the surface of the cube is that of the box, whatever the rounding.
        """
        return np.clip(self.extended(u), self.low, self.high)

    def extended(self, u: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what :meth:`natural` returns, but points outside for those that lie outside of the cube."""
        u = np.asarray(u, dtype=np.float64)
        with np.errstate(over="ignore", invalid="ignore"):
            x = self.low * (1.0 - u) + self.high * u
            if self._any_log:
                x = np.where(self.log, self._exponential(u * self._length), x)
        x = np.where((u >= 0.0) & (u <= 1.0), np.clip(x, self.low, self.high), x)
        return np.asarray(np.where((u == 1.0) | ~self.free, self.high, np.where(u == 0.0, self.low, x)))

    def between(
        self, x: NDArray[np.float64], y: NDArray[np.float64], share: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return what lies at a `share`, from 0 to 1, of the way from `x` to `y`, shape (d,); exact at the ends."""
        u = (1.0 - share) * self.unit(x) + share * self.unit(y)
        inside = np.clip(self.natural(u), np.minimum(x, y), np.maximum(x, y))
        return np.asarray(np.where(share == 0.0, x, np.where(share == 1.0, y, inside)))

    def deviations(self, x: NDArray[np.float64], lengths: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return natural `lengths`, shape (d,), of steps up from `x` as lengths in the cube, inf beyond all numbers."""
        with np.errstate(over="ignore"):
            own = np.where(self.log, np.log1p(lengths / np.where(self.log, x, 1.0)), lengths)
            return np.asarray(own / self._length)

    def slope(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how fast `x`, shape (d,), moves with its place in the cube: the derivative of each parameter."""
        return np.asarray(np.where(self.log, x * self._length, self._length))

    def coordinates(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the points `x`, shape (..., d), as distances are measured between them.

        Without any scale that is in natural units, times a power of two so that no distance overflows or vanishes;
        else in the cube.
        """
        if self._natural_distances:
            with np.errstate(over="ignore", invalid="ignore"):
                return np.asarray(np.ldexp(np.asarray(x, dtype=np.float64), -self._exponent))
        return self.unit(x)

    @cached_property
    def diagonal(self) -> float:
        """Distance of the two corners, as :meth:`coordinates` measures it."""
        return float(np.linalg.norm(self.coordinates(self.high) - self.coordinates(self.low)))

    @cached_property
    def _natural_distances(self) -> bool:
        return all(scale == "none" for scale in self.scales)

    @cached_property
    def _exponent(self) -> int:
        longest = float((self.high - self.low).max())
        return int(np.frexp(longest)[1]) if not 1e-100 < longest < 1e100 else 0

    def _logarithm(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return log(x / low), precise for ranges of a few ulps as well as for those of many decades."""
        near = x < 2.0 * self._origin
        rise = np.divide(x - self._origin, self._origin, out=np.zeros(np.shape(x)), where=near & self.log)
        return np.where(near, np.log1p(rise), np.log(np.where(self.log, x, 1.0)) - np.log(self._origin))

    def _exponential(self, length: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return low·exp(length), the inverse of that."""
        near = length < 0.7
        rise = np.expm1(np.where(near, length, 0.0))
        far = np.exp(np.log(self._origin) + length)
        return np.where(near, self._origin + self._origin * rise, far)

"""Losses: what becomes of the weighted residuals of a calibration, one number that is minimised."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glompo.errors import SettingError

Vector = NDArray[np.float64]

SUM = "sum:"
"""How the header begins under which a run records what a group adds to the loss."""

HUBER_EDGE = 1.345
"""Residual, in units of sigma, up to which `huber` is quadratic: 95 % efficiency for normal errors (Huber 1964)."""


@dataclass(frozen=True, slots=True)
class Loss:
    """One way of making a number of residuals.

    Attributes
    ----------
    name : str
        How it is chosen.
    shares : callable
        Takes residuals, shape (n,), and returns what each adds, shape (n,), 0 or more.
    total : callable
        Takes these shares and returns the loss.
    squares : bool
        Whether the loss is the sum of the squares of vectors that are smooth where residuals are; only then can least
        squares use it. With ``q = sign(r) · sqrt(shares)``, the loss is q·q.
    """

    name: str
    shares: Callable[[Vector], Vector]
    total: Callable[[Vector], float]
    squares: bool

    def roots(self, residuals: Vector) -> Vector:
        """Return the vector of which the sum of squares is the loss, shape (n,)."""
        if self.name == "sse":
            return residuals
        return np.asarray(np.copysign(np.sqrt(self.shares(residuals)), residuals))

    def unrooted(self, recorded: Vector) -> Vector:
        """Return the weighted residuals that were recorded, shape (n,), as :meth:`roots` if the loss has these."""
        size = np.abs(recorded)
        if self.name != "huber":
            return recorded
        far = (recorded * recorded / HUBER_EDGE + HUBER_EDGE) / 2.0
        return np.asarray(np.where(size <= HUBER_EDGE, recorded, np.copysign(far, recorded)))

    def __call__(self, residuals: Vector) -> float:
        """Return the loss of weighted residuals, shape (n,)."""
        return self.total(self.shares(residuals))


def _huber(r: Vector) -> Vector:
    size = np.abs(r)
    return np.where(size <= HUBER_EDGE, r * r, HUBER_EDGE * (2.0 * size - HUBER_EDGE))


def _sum(shares: Vector) -> float:
    return float(shares.sum())


LOSSES = {
    one.name: one
    for one in (
        Loss("sse", np.square, _sum, squares=True),
        Loss("sae", np.abs, _sum, squares=False),
        Loss("rmse", np.square, lambda shares: float(np.sqrt(shares.mean())), squares=False),
        Loss("huber", _huber, _sum, squares=True),
    )
}
"""Sum of squares, sum of absolute values, root of the mean square, and squares that go over into absolute values."""


def loss_of(name: object) -> Loss:
    """Return the loss of that name; SettingError if there is none."""
    if not isinstance(name, str) or name not in LOSSES:
        raise SettingError(f"loss is {name!r}; use one of {', '.join(map(repr, LOSSES))}")
    return LOSSES[name]

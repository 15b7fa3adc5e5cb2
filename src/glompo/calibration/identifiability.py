"""Which parameters the data determine: a Jacobian by differences, its rank, and linearised errors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glompo.box import Box

Vector = NDArray[np.float64]

STEP = 1e-4
"""Length of a difference, as a share of a parameter's range on its scale."""

RANK = 1e-8
"""Singular values below this share of the largest count as 0."""

SILENT = 1e-9
"""Derivatives below this share of the largest count as no influence."""


@dataclass(frozen=True, slots=True)
class Identifiability:
    """What a linear model of the residuals says of d parameters.

    Attributes
    ----------
    rank : int
        Combinations of parameters that the data determine.
    errors : ndarray of shape (d,)
        Standard error of each as a share of its range on its scale; +inf for one that the data do not determine.
    influence : ndarray of shape (d,)
        Root of the sum of squares of the derivatives of the residuals, for a change by a whole range; nan if it could
        not be computed.
    evaluations : int
        Calls of the residuals.
    """

    rank: int
    errors: Vector
    influence: Vector
    evaluations: int

    @property
    def silent(self) -> NDArray[np.bool_]:
        """Which parameters have no influence, shape (d,)."""
        largest = float(np.nanmax(self.influence, initial=0.0))
        return np.asarray(self.influence <= SILENT * largest)


def identifiability(residuals: Callable[[Vector], Vector], x: Vector, box: Box, here: Vector) -> Identifiability:
    """Return what differences around `x` say, at one evaluation for each parameter.

    Parameters
    ----------
    residuals : callable
        Weighted residuals at a point, shape (d,) to (n,).
    x : ndarray of shape (d,)
        The point.
    box : Box
        Ranges and scales.
    here : ndarray of shape (n,)
        The residuals at `x`.

    Notes
    -----
    The covariance is (JᵀJ)⁻¹: the sigmas of the data are taken as they are. A step that fails is repeated in the other
    direction; if that fails as well the parameter has no derivative.
    """
    at, d, calls = box.unit(x), len(x), 0
    J = np.full((len(here), d), np.nan)
    for i in range(d):
        for step in (STEP, -STEP) if at[i] <= 0.5 else (-STEP, STEP):
            moved = at.copy()
            moved[i] += step
            calls += 1
            try:
                change = residuals(box.natural(moved)) - here
            except Exception:  # whatever a model raises where it cannot be computed
                continue
            if np.isfinite(change).all():
                J[:, i] = change / step
                break
    influence = np.sqrt((J * J).sum(axis=0))
    rank, errors = _errors(np.nan_to_num(J))
    return Identifiability(rank, np.where(np.isnan(influence), np.nan, errors), influence, calls)


def _errors(J: Vector) -> tuple[int, Vector]:
    _, s, Vt = np.linalg.svd(J, full_matrices=False)
    kept = s > RANK * s[0] if len(s) and s[0] > 0.0 else np.zeros(len(s), dtype=bool)
    rank = int(kept.sum())
    errors = np.sqrt(((Vt[kept] / s[kept, np.newaxis]) ** 2).sum(axis=0))
    hidden = 1.0 - (Vt[kept] ** 2).sum(axis=0)  # how much of each lies where the data see nothing
    return rank, np.where(hidden > 1e-6, np.inf, errors)

"""Start near a given point."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from glompo.core.views.manager_view import ManagerView
from glompo.errors import PolicyError, SettingError
from glompo.generators.base import BaseGenerator
from glompo.validation import point

WIDEST = 1e6
"""Deviation in ranges from which on the truncated distribution is as good as uniform; a larger one only rounds."""


class PerturbationGenerator(BaseGenerator):
    """Every start is drawn from a normal distribution around a point, truncated at the bounds.

    Each parameter is drawn by inverting its truncated distribution, so a point on a bound costs no more than one in
    the middle.

    Parameters
    ----------
    x0 : array-like of shape (d,)
        Centre, inside the bounds.
    scale : float or array-like of shape (d,)
        Standard deviation before truncation, in the units of each parameter, above 0. On a logarithmic scale it is
        the step up to ``x0 + scale``, as a factor.
    """

    def __init__(self, x0: ArrayLike, scale: ArrayLike) -> None:
        self._centre = point(self, "x0", x0)
        self._scale = point(self, "scale", [scale] * len(self._centre) if np.ndim(scale) == 0 else scale)
        if len(self._scale) != len(self._centre) or (self._scale <= 0).any():
            raise SettingError(
                f"PerturbationGenerator: scale is {scale!r}; give one positive number, or {len(self._centre)} of them"
            )
        self.x0 = self._centre.tolist()
        self.scale = self._scale.tolist()

    def generate(self, manager: ManagerView) -> NDArray[np.float64]:
        """Return the point, shape (d,)."""
        from scipy.special import ndtr, ndtri

        if len(self._centre) != manager.n_parms or self._outside(manager):
            raise PolicyError(
                f"PerturbationGenerator: x0 is {self.x0}; give a point of {manager.n_parms} parameters inside the "
                f"bounds {manager.bounds.tolist()}"
            )
        centre = manager.box.unit(self._centre)
        scale = np.minimum(manager.box.deviations(self._centre, self._scale), WIDEST)
        with np.errstate(over="ignore"):  # a bound infinitely many deviations away does not truncate
            low, high = -centre / scale, (1.0 - centre) / scale
        share = self.rng(manager).random(len(centre))
        steps = ndtri(ndtr(low) + share * (ndtr(high) - ndtr(low)))
        return manager.box.natural(centre + scale * steps)

    def _outside(self, manager: ManagerView) -> bool:
        low, high = manager.bounds.T
        return bool(((self._centre < low) | (self._centre > high)).any())

    def explain(self, manager: ManagerView) -> str:
        """Say where the point comes from."""
        return "a random step from the given point"

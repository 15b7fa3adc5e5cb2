"""Where to start by what was known before the run: at the best points, as far as they are apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from glompo.box import Box
from glompo.events import PointsKnown

MOST = 10
"""Optimizers that start at known points. In a portfolio it is the first alone: the others have starts of their own."""

APART = 0.1
"""Share of the diagonal of the box that two of these are apart at least: nearer ones lead to the same minimum."""


def known_starts(known: PointsKnown, box: Box, most: int) -> list[tuple[NDArray[np.float64], float]]:
    """Return at most so many starting points, shape (d,), with their values, the best first."""
    places = box.coordinates(known.X)
    chosen: list[int] = []
    for i in range(len(places)):
        distances = np.linalg.norm(places[chosen] - places[i], axis=1)
        if (distances >= APART * box.diagonal).all():
            chosen.append(i)
        if len(chosen) == most:
            break
    return [(known.X[i], float(known.f[i])) for i in chosen]

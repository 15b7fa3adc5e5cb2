"""Points in a box, whatever rounding does: fixed parameters stay exactly where they are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def inside(x: NDArray[np.float64], bounds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return `x`, shape (d,), moved to the nearest point of the box `bounds`, shape (d, 2)."""
    return np.clip(x, bounds[:, 0], bounds[:, 1])


def between(u: NDArray[np.float64], bounds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the point of the box that lies at `u`, shape (d,), when each side is measured from 0 to 1."""
    low, high = bounds.T
    # the ends are weighted, since high - low can overflow; where both are equal the sum may miss them by rounding
    return inside(low * (1 - u) + high * u, bounds)


def uniform(rng: np.random.Generator, bounds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a point drawn uniformly from the box."""
    return between(rng.random(len(bounds)), bounds)

"""What an optimizer did in earlier sessions, for its search to be run again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Script:
    """The recorded dialogue of one optimizer, in natural units.

    Attributes
    ----------
    X, f, status : ndarray, shapes (n, d), (n,), (n,)
        Its evaluations in the order in which they were recorded, as in :class:`glompo.core.events.Evaluated`.
    points : tuple of (int, ndarray, float)
        Better points that it was given: after how many of its evaluations, x of shape (d,), and f.
    extras : tuple of tuple
        Further values of detailed calls, one row for each of the first evaluations.
    """

    X: NDArray[np.float64]
    f: NDArray[np.float64]
    status: NDArray[np.uint8]
    points: tuple[tuple[int, NDArray[np.float64], float], ...] = ()
    extras: tuple[tuple[Any, ...], ...] = ()

"""What an optimizer did in earlier sessions, for its search to go on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

SAVED, REPLAY, WARM = "saved state", "replay", "warm start"
"""Ways back: load what it saved; run its search again on the recorded answers; begin anew at its best point."""


@dataclass(frozen=True, slots=True)
class SavedState:
    """What an optimizer saved after `k` of its evaluations, as :mod:`glompo.worker.saved_state` wrote it."""

    k: int
    data: bytes


@dataclass(frozen=True, slots=True)
class RecordedHistory:
    """The recorded dialogue of one optimizer, in natural units.

    Attributes
    ----------
    X, f, status : ndarray, shapes (n, d), (n,), (n,)
        Its evaluations in the order in which they were recorded, as in :class:`glompo.events.Evaluated`.
    points : tuple of (int, ndarray, float)
        Better points that it was given: after how many of its evaluations, x of shape (d,), and f.
    extras : tuple of tuple
        Further values of detailed calls, one row for each of the first evaluations.
    first : int
        Evaluations under the same number that belong to an earlier search, before a warm start; they are not in `X`.
    saved : SavedState or None
        The last state that it saved.
    """

    X: NDArray[np.float64]
    f: NDArray[np.float64]
    status: NDArray[np.uint8]
    points: tuple[tuple[int, NDArray[np.float64], float], ...] = ()
    extras: tuple[tuple[Any, ...], ...] = ()
    first: int = 0
    saved: SavedState | None = None

    @property
    def end(self) -> int:
        """Evaluations recorded under its number."""
        return self.first + len(self.f)

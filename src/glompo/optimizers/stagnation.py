"""When an evolution strategy has come to its end, whatever the unit, the offset and the noise of the values."""

from __future__ import annotations

from collections import deque
from statistics import median

import numpy as np
from numpy.typing import NDArray

NARROW = 1e-3
"""Extent of a generation, in units of the ranges, below which a search can only refine the place that it has chosen."""

WIDE = 1e-2
"""Extent at which the values of a generation show the variation of the function in its basin."""

FLAT = 1e-13
"""Share of that variation that is nothing: rounding is of this size."""

GAIN = 0.5
"""Gain of the best values, as a share of the spread of a generation, that is none."""

CONFIRMED = 4
"""Generations in a row in which there was none."""


class Stagnation:
    """Says when the generations of a search have stopped to improve, or differ by nothing that matters.

    The values of the last W = 10 + 30 d/λ generations are looked at, each by its best m and the distance s of its lower
    quartile from that. The search has stagnated when it is narrow, that is when the geometric mean over the parameters
    of the standard deviation of its points is below `NARROW`, and the median of the m of the later half of the W lies
    no more than `GAIN` typical s below that of the earlier half, in `CONFIRMED` generations in a row. A search that
    still converges gains several s in that time, one in numerical noise gains none. The upper half of a generation has
    no say: beside a steep slope its values are larger by orders of magnitude than all that is still to be gained. And
    the search has settled when the typical s is below `FLAT` times that which it had when it was last as wide as
    `WIDE`.

    Both are unchanged by f → a·f + b, a > 0, up to rounding. Neither looks at the first values, which may be those of
    a wall.

    Parameters
    ----------
    dims : int
        Parameters, d.
    size : int
        Points of a generation, λ.
    """

    _reason: str | None = None

    def __init__(self, dims: int, size: int) -> None:
        window = 2 * (5 + (15 * dims) // size)
        self._bests: deque[float] = deque(maxlen=window)
        self._spreads: deque[float] = deque(maxlen=window)
        self._variation: float | None = None
        self._extent = np.inf
        self._idle = 0

    def tell(self, points: NDArray[np.float64], values: NDArray[np.float64]) -> None:
        """Take a generation: points of the unit cube, shape (n, d), and finite values, shape (n,)."""
        known = sorted(values.tolist())
        self._bests.append(known[0])
        self._spreads.append(_quarter(known) - known[0])
        with np.errstate(divide="ignore"):  # a parameter that does not vary at all
            self._extent = float(np.exp(np.log(points.std(axis=0)).mean()))
        if self._extent > WIDE or self._variation is None:
            self._variation = self._spreads[-1]
        self._idle = self._idle + 1 if self._gains_nothing() else 0
        self._reason = self._judged()

    def reason(self) -> str | None:
        """Return why the search is over; None if it is not. It may be asked for after each value."""
        return self._reason

    def _judged(self) -> str | None:
        if len(self._spreads) < self._spreads.maxlen or self._extent >= NARROW:  # type: ignore[operator]
            return None
        if self._idle >= CONFIRMED:
            return f"stagnation: no gain in {len(self._bests)} generations"
        if median(self._spreads) < FLAT * (self._variation or 0.0):
            return f"values differ by less than {FLAT:g} of their variation"
        return None

    def _gains_nothing(self) -> bool:
        window = len(self._bests)
        if window < (self._bests.maxlen or 0) or self._extent >= NARROW:
            return False
        bests, half = list(self._bests), window // 2
        gain = median(bests[:half]) - median(bests[half:])
        return gain <= GAIN * median(self._spreads)


def _quarter(known: list[float]) -> float:
    """Return the quantile 0.25 of sorted values, as numpy does, which lets go of the interpreter lock six times."""
    place = 0.25 * (len(known) - 1)
    below = int(place)
    low, high, share = known[below], known[min(below + 1, len(known) - 1)], place - below
    return low + (high - low) * share if share < 0.5 else high - (high - low) * (1.0 - share)

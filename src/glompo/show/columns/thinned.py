"""Rows of which as many are kept as can be seen, while any number of them arrive."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float64]


class Thinned:
    """Every k-th of the rows that arrive, k doubling as they become many.

    Parameters
    ----------
    most : int
        Rows that are kept at most.
    width : int
        Numbers in a row.

    Attributes
    ----------
    count : int
        Rows that have arrived.
    """

    def __init__(self, most: int, width: int) -> None:
        self.count = 0
        self._most = most
        self._stride = 1
        self._rows = np.empty((most, width))
        self._used = 0

    @property
    def rows(self) -> Rows:
        """Those that are kept, shape (m, width), in the order of their arrival; overwritten by those to come."""
        return self._rows[: self._used]

    def add(self, block: Rows) -> None:
        """Take rows, shape (n, width)."""
        while len(kept := block[-self.count % self._stride :: self._stride]) + self._used > self._most:
            self._halve()
        self._rows[self._used : self._used + len(kept)] = kept
        self._used += len(kept)
        self.count += len(block)

    def _halve(self) -> None:
        half = self.rows[::2].copy()
        self._used = len(half)
        self._rows[: self._used] = half
        self._stride *= 2


class Corners:
    """Corners of a falling line: where a smallest value was improved, and the last row of all.

    Parameters
    ----------
    most : int
        Corners that are kept at most; the first and the last are among them.
    width : int
        Numbers in a row.
    """

    def __init__(self, most: int, width: int) -> None:
        self._most = most
        self._rows: Rows = np.empty((0, width))
        self._last: Rows = np.empty(width)
        self._cut: tuple[int, Rows] = (0, self._rows)  # what was asked for last, until something comes
        self.best = np.inf

    def add(self, block: Rows) -> None:
        """Take rows, shape (n, width): first whose they are, last the value, nan for none."""
        values = block[:, -1]
        best = np.fmin.accumulate(np.append(self.best, values))
        falls = block[best[1:] < best[:-1]]
        if len(falls):
            self._rows = np.concatenate([self._rows, falls])
            self.best = float(best[-1])
        if len(self._rows) > 2 * self._most:
            self._rows = thinned(self._rows, self._most)
        self._last = block[-1].copy()
        self._last[-1] = self.best if np.isfinite(self.best) else np.nan
        self._cut = (0, self._rows)

    def corners(self, most: int) -> Rows:
        """Return so many corners at most, two at least, and the last row; none if there is no value."""
        if not len(self._rows):
            return self._rows
        if self._cut[0] != most:
            self._cut = (most, self._with_last(most))
        return self._cut[1]

    def _with_last(self, most: int) -> Rows:
        last = self._last.copy()
        last[0] = self._rows[-1, 0]  # the line is still that of the optimizer that made the last step
        return np.concatenate([thinned(self._rows, max(1, most - 1)), last[np.newaxis]])

    @property
    def last(self) -> Rows:
        """The last row of all, with the smallest value; nan if there is none."""
        return self._last


def thinned(rows: Rows, most: int) -> Rows:
    """Return `most` of the rows, or all; the first and the last are among them."""
    if len(rows) <= most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, most).astype(np.intp)]

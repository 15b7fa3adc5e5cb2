"""What is remembered of evaluations that have left the memory: for each block of them four numbers.

Medians of blocks are taken relative to the incumbent, which is not known yet when a block leaves. Subtracting a
number keeps the order of values, so the two values in the middle are enough, and the medians are the same to the last
bit as those from the values themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.core.evaluations.columns import Columns

SHORTEST_BLOCK = 10
"""Evaluations in a block of an optimizer without a known population, unless there are more parameters."""

SHORTEST_WINDOW = 8
"""Blocks in half of the part of the curve that is looked at."""

LONGEST_WINDOW = 60
"""The same at most, for up to 9 parameters; this many again for every 5 more. It bounds the cost of a question."""

LOWER, UPPER, LEAST, BEST = range(4)
"""Columns of a block: the two valid values in the middle, the smallest one, and the best value up to its end."""


def population(config: Mapping[str, Any]) -> int | None:
    """Return the points in a generation, if the settings of an optimizer name them (``popsize``)."""
    given = config.get("popsize")
    return given if isinstance(given, int) and not isinstance(given, bool) and given > 0 else None


def block_size(config: Mapping[str, Any], dims: int) -> int:
    """Return the evaluations in a block: a generation where one is known, else max(10, D)."""
    return population(config) or max(SHORTEST_BLOCK, dims)


def longest_half(dims: int) -> int:
    """Return how many blocks half of the part of the curve that is looked at may have."""
    return LONGEST_WINDOW * max(1, dims // 5)


def blocks_of(columns: Columns, size: int) -> NDArray[np.float64]:
    """Return the blocks of ``n·size`` evaluations, shape (n, 4); inf in those without any valid value."""
    valid = columns.valid.reshape(-1, size)
    values = np.sort(np.where(valid, columns.f.reshape(-1, size), np.inf), axis=1)
    counts = valid.sum(axis=1)
    rows = np.arange(len(values))
    lower = values[rows, np.maximum(counts - 1, 0) // 2]
    upper = values[rows, np.minimum(counts // 2, size - 1)]
    return np.column_stack([lower, upper, values[:, 0], columns.best_f[size - 1 :: size]])


class Blocks:
    """The last blocks of those evaluations that have left the memory.

    Attributes
    ----------
    size : int
        Evaluations in a block.
    most : int
        Blocks that are remembered at least, if there were as many; twice as many at most.
    end : int
        Number of the block after the last one that is remembered, from 0.
    """

    __slots__ = ("_values", "end", "most", "size")

    def __init__(self, size: int, most: int, end: int = 0, values: NDArray[np.float64] | None = None) -> None:
        self.size = size
        self.most = most
        self.end = end
        self._values = np.empty((0, 4)) if values is None else values

    @property
    def begin(self) -> int:
        """Number of the first block that is remembered."""
        return self.end - len(self._values)

    @property
    def values(self) -> NDArray[np.float64]:
        """The blocks, shape (n, 4)."""
        return self._values

    def absorb(self, start: int, columns: Columns) -> None:
        """Remember evaluations that leave, which begin with number `start`; `start` and their number fit blocks."""
        first, new = start // self.size, blocks_of(columns, self.size)
        # an optimizer that came back has a gap: what lies before it is of no use
        joined = np.concatenate([self._values, new]) if first == self.end else new
        self._values = joined[-self.most :].copy() if len(joined) > 2 * self.most else joined
        self.end = first + len(new)

"""A falling curve in plain characters."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from glompo.show import formatting as fmt

DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""Bits of a braille character, by row and column of its dots."""

MANY = 100.0
"""Ratio of the largest to the smallest positive value from which the axis is logarithmic."""

LABEL = 13
"""Characters of the numbers beside a curve."""


def drawn(at: Sequence[float], values: Sequence[float], end: float, width: int, height: int) -> list[str]:
    """Return the lines of a step curve, which goes down at each of `at` and on to `end`.

    Parameters
    ----------
    at : sequence of float
        Places at which the value improves, rising.
    values : sequence of float
        Values from there on, falling.
    end : float
        Where the curve ends.
    width, height : int
        Characters in all.
    """
    if width <= LABEL + 2 or height < 1:
        return []
    if not len(values):
        return ["no value yet", *[""] * (height - 1)]
    columns, rows = (width - LABEL - 1) * 2, height * 4
    levels, log = _levels(np.asarray(values, float))
    places = np.searchsorted(at, np.linspace(at[0], max(end, at[0]), columns), side="right") - 1
    span = float(levels[0] - levels[-1]) or 1.0
    dots = np.rint((levels[0] - levels[places]) / span * (rows - 1)).astype(int)
    lines = _lines(dots, width - LABEL - 1, height)
    labels = [fmt.value(values[0]), *[""] * (height - 2), fmt.value(values[-1])][:height]
    if log and height > 2:
        labels[height // 2] = "log"
    return [f"{label[:LABEL]:>{LABEL}} {line}" for label, line in zip(labels, lines, strict=True)]


def _levels(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], bool]:
    """Return heights for values, and whether they are logarithms."""
    if values[-1] > 0 and values[0] / values[-1] > MANY:
        return np.log10(values), True
    with np.errstate(over="ignore"):
        return (values / 4, False) if math.isinf(values[0] - values[-1]) else (values, False)


def _lines(dots: NDArray[np.int64], width: int, height: int) -> list[str]:
    """Return braille characters in which each column of dots reaches from the one before to its own height."""
    cells = np.zeros((height, width), int)
    before = 0  # the first value stands at the top
    for column, row in enumerate(dots.tolist()):
        for dot in range(before, row + 1):
            cells[dot // 4, column // 2] |= DOTS[dot % 4][column % 2]
        before = row
    return ["".join(chr(0x2800 + cell) if cell else " " for cell in line) for line in cells.tolist()]

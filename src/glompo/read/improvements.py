"""The evaluations by which a run, or one of its optimizers, improved."""

from __future__ import annotations

import math
import os
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from glompo.core.evaluations.columns import valid_values
from glompo.events import Evaluated
from glompo.read.locate import run_directory
from glompo.storage.reader import read_events


class Improvement(NamedTuple):
    """The evaluation at place `row` of a batch, from 0, gave a smaller `value` than all before, at run time `at`."""

    row: int
    at: float
    value: float


def improvements_in(event: Evaluated, best: float) -> list[Improvement]:
    """Return which evaluations of a batch improved on `best`, the smallest valid value before it, and on each other."""
    values = valid_values(event.status, event.f)
    if not values.min() < best:
        return []  # most batches
    before = np.minimum.accumulate(np.concatenate([[best], values[:-1]]))
    rows = np.flatnonzero(values < before).tolist()
    return [Improvement(row, event.at - float(event.ages[row]), float(values[row])) for row in rows]


def improvements(run_dir: str | os.PathLike[str]) -> list[tuple[int, NDArray[np.float64], float]]:
    """Return the evaluations by which a run improved: number, from 1, point, shape (d,), and value."""
    found: list[tuple[int, NDArray[np.float64], float]] = []
    count = 0
    for event in read_events(run_directory(run_dir)):
        if isinstance(event, Evaluated):
            best = found[-1][2] if found else math.inf
            found += [(count + row + 1, event.X[row], value) for row, _, value in improvements_in(event, best)]
            count += len(event.f)
    return found

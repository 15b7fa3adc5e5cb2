"""When each optimizer evaluated, waited and rested.

The journal does not say in which slot an evaluation was made, so the rows of this picture are optimizers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glompo.events import Evaluated, Event, Paused, Resumed, Stopped
from glompo.read import OptimizerRow

KEPT = 512
"""Stretches of one optimizer that are kept at most; of more, those nearest to each other are taken together."""

SEEN = 1_000
"""Parts of the width of the picture that can be told apart."""

ROWS = 400
"""Optimizers that are shown at most: the newest."""


@dataclass(frozen=True, slots=True, eq=False)
class TimelineColumns:
    """The picture of who evaluated when.

    Attributes
    ----------
    rows : tuple of OptimizerRow
        Optimizers that are shown, in order.
    left_out : int
        Older ones that are not.
    lives : ndarray, shape (m, 3)
        Of each: number, beginning and end in seconds of run time; what is neither work nor rest in it is waiting.
    works, rests : ndarray, shape (k, 3)
        Number of the optimizer, beginning and end of a stretch in which it evaluated, or rested.
    """

    rows: tuple[OptimizerRow, ...]
    left_out: int
    lives: NDArray[np.float64]
    works: NDArray[np.float64]
    rests: NDArray[np.float64]


class Activity:
    """When optimizers evaluated and rested, as far as the events tell."""

    def __init__(self) -> None:
        self._works: dict[int, list[tuple[float, float]]] = {}
        self._rests: dict[int, list[tuple[float, float]]] = {}
        self._resting: dict[int, float] = {}

    def take(self, event: Event) -> None:
        """Add what an event tells."""
        if isinstance(event, Evaluated):
            ends = event.at - event.ages.astype(np.float64)
            self._work(event.opt, float((ends - event.seconds).min()), float(ends.max()))
        elif isinstance(event, Paused):
            self._resting[event.opt] = event.at
        elif isinstance(event, (Resumed, Stopped)) and event.opt in self._resting:
            self._rests.setdefault(event.opt, []).append((self._resting.pop(event.opt), event.at))

    def columns(self, rows: tuple[OptimizerRow, ...], now: float) -> TimelineColumns:
        """Return what the picture shows of optimizers at the run time `now`, in seconds."""
        shown = tuple(row for row in rows if row.started_at is not None)
        newest = shown[-ROWS:]
        first = min((row.started_at or 0.0 for row in newest), default=0.0)
        gap = max(now - first, 0.0) / SEEN
        lives = [(row.opt_id, row.started_at or 0.0, now if row.ended_at is None else row.ended_at) for row in newest]
        works = [(row.opt_id, *one) for row in newest for one in merged(self._works.get(row.opt_id, []), gap)]
        rests = [(row.opt_id, *one) for row in newest for one in self._rests.get(row.opt_id, ())]
        rests += [(row.opt_id, self._resting[row.opt_id], now) for row in newest if row.opt_id in self._resting]
        return TimelineColumns(newest, len(shown) - len(newest), _table(lives), _table(works), _table(rests))

    def _work(self, opt: int, begin: float, end: float) -> None:
        own = self._works.setdefault(opt, [])
        own.append((begin, end))
        if len(own) > KEPT:
            self._works[opt] = merged(own, (own[-1][1] - own[0][0]) / (KEPT / 4))


def merged(stretches: list[tuple[float, float]], gap: float) -> list[tuple[float, float]]:
    """Return stretches of time in order, those taken together between which there is no more than `gap`."""
    found: list[tuple[float, float]] = []
    for begin, end in stretches:
        if found and begin <= found[-1][1] + gap:
            found[-1] = (min(found[-1][0], begin), max(found[-1][1], end))
        else:
            found.append((begin, end))
    return found


def _table(rows: Sequence[tuple[float, ...]]) -> NDArray[np.float64]:
    return np.array(rows, np.float64).reshape(-1, 3)

"""The evaluations of a run as layers of pictures, which grow with its events."""

from __future__ import annotations

from typing import Literal

import numpy as np

from glompo.errors import SettingError
from glompo.events import Evaluated, Event
from glompo.function import FAILURES
from glompo.read import OptimizerRow, RunView
from glompo.show.axis import ScaleKind, scale_for
from glompo.show.columns.thinned import Corners, Rows, Thinned
from glompo.show.columns.trajectories import BestColumns, Marks, Points, TrajectoryColumns, drawable

Axis = Literal["evaluations", "time", "cost"]
"""What may stand on the horizontal axis: evaluations of the run, run time, or the time that evaluations took in sum."""

PLACES: dict[str, int] = {"evaluations": 1, "time": 2, "cost": 3}
"""Where a row holds it; before them stands the optimizer, behind them the value."""

DETAIL = 8_000
"""Points of one layer at most: a third of what is drawn of a run that is over, since they are drawn again and again."""

PER_OPTIMIZER = 200
"""Corners of the line of one optimizer at most."""

WIDTH = 5


class Layers:
    """The evaluations of a run so far.

    Parameters
    ----------
    detail : int
        Points of one layer at most.
    """

    def __init__(self, detail: int = DETAIL) -> None:
        self._detail = detail
        self._cost = 0.0
        self._dots = Thinned(detail, WIDTH)
        self._failed = Thinned(detail // 4, WIDTH)
        self._missing = Thinned(detail // 4, WIDTH)
        self._lines: dict[int, Corners] = {}
        self._incumbent = Corners(detail, WIDTH)

    @property
    def count(self) -> int:
        """Evaluations so far; those outside the bounds count."""
        return self._dots.count

    def take(self, event: Event) -> None:
        """Add what an event tells."""
        if not isinstance(event, Evaluated):
            return
        n = len(event.f)
        cost = self._cost + np.cumsum(event.seconds, dtype=np.float64)
        self._cost = float(cost[-1])
        number = np.arange(self.count + 1.0, self.count + n + 1.0)
        valid = drawable(event.status, event.f)
        seconds = event.at - event.ages.astype(np.float64)
        value = np.where(valid, event.f, np.nan)
        block = np.column_stack([np.full(n, float(event.opt)), number, seconds, cost, value])
        self._dots.add(block)
        if not valid.all():
            failed = np.isin(event.status, FAILURES)
            self._failed.add(block[failed])
            self._missing.add(block[~failed & ~valid])
        self._lines.setdefault(event.opt, Corners(PER_OPTIMIZER, WIDTH)).add(block)
        self._incumbent.add(block)

    def trajectories(
        self, rows: tuple[OptimizerRow, ...], against: Axis = "evaluations", yscale: ScaleKind = "auto"
    ) -> TrajectoryColumns:
        """Return what the picture of all trajectories shows.

        Parameters
        ----------
        rows : tuple of OptimizerRow
            All optimizers of the run, in order.
        against : {'evaluations', 'time', 'cost'}
            What stands on the horizontal axis.
        yscale : {'auto', 'linear', 'log', 'shifted'}
            Scale of the values.

        Raises
        ------
        SettingError
            If a value cannot be used.
        """
        each = max(2, self._detail // max(1, len(self._lines)))
        lines = [self._lines[opt].corners(each) for opt in sorted(self._lines)]
        corners = _joined(lines)
        ends = _joined([self._lines[opt].last[np.newaxis] for opt in sorted(self._lines)])
        dots = self._dots.rows.copy()
        scale = scale_for(np.concatenate([dots[:, -1], corners[:, -1]]), corners[:, -1], yscale)
        above = dots[dots[:, -1] > scale.ceiling]
        return TrajectoryColumns(
            rows=tuple(row for row in rows if row.opt_id in self._lines),
            dots=_points(dots, against),
            lines=_points(corners, against),
            starts=_points(_joined([line[:1] for line in lines]), against),
            ends=_points(ends, against),
            incumbent=_points(self._incumbent.corners(self._detail), against),
            failed=_marks(self._failed, against),
            missing=_marks(self._missing, against),
            above=Marks(_points(above, against).at, len(above)),
            scale=scale,
        )

    def best(self, view: RunView, against: Axis = "evaluations", yscale: ScaleKind = "auto") -> BestColumns:
        """Return what the picture of the best value of the run shows; as for :meth:`trajectories`."""
        incumbent = _points(self._incumbent.corners(self._detail), against)
        return BestColumns(
            kinds=tuple(dict.fromkeys(one.name for one in view)),
            names={opt: view[opt].name for opt in dict.fromkeys(incumbent.opt.tolist()) if opt in view},
            incumbent=incumbent,
            failed=_marks(self._failed, against),
            missing=_marks(self._missing, against),
            scale=scale_for(incumbent.value, incumbent.value, yscale),
        )


def _points(rows: Rows, against: str) -> Points:
    if against not in PLACES:
        raise SettingError(f"against is {against!r}; use one of {', '.join(map(repr, PLACES))}")
    return Points(rows[:, 0].astype(np.int64), rows[:, PLACES[against]], rows[:, -1])


def _marks(rows: Thinned, against: str) -> Marks:
    return Marks(_points(rows.rows.copy(), against).at, rows.count)


def _joined(parts: list[Rows]) -> Rows:
    return np.concatenate([np.empty((0, WIDTH)), *parts])

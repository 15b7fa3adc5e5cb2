"""What pictures show, as plain columns with as much detail as can be seen; how it looks is for those that paint it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from glompo.errors import SettingError
from glompo.function import FAILURES, Status
from glompo.read import History, OptimizerRow
from glompo.show.axis import Scale, ScaleKind, scale_for

Against = Literal["evaluations", "time"]
"""What stands on the horizontal axis: evaluations of the run, from 1, or run time."""

TimeUnit = Literal["s", "min", "h", "d"]
"""Unit of run time."""

SECONDS: dict[TimeUnit, float] = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
"""Seconds in each unit of run time."""

DETAIL = 30_000
"""Points of one layer of a picture at most; of more, evenly many of each optimizer."""

DRAWABLE = 1e250
"""Size of a value beyond which margins and logarithms of it overflow; larger ones are not drawn."""


class Points(NamedTuple):
    """Points of a picture, those of one optimizer after those of another.

    Attributes
    ----------
    opt : ndarray of int64, shape (n,)
        Number of the optimizer.
    at : ndarray of float64, shape (n,)
        Place on the horizontal axis.
    value : ndarray of float64, shape (n,)
        Value; nan where there is none.
    """

    opt: NDArray[np.int64]
    at: NDArray[np.float64]
    value: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """Evaluations of which only the place on the horizontal axis is shown.

    Attributes
    ----------
    at : ndarray of float64, shape (m,)
        Places, as many as can be seen.
    count : int
        How many evaluations there were.
    """

    at: NDArray[np.float64]
    count: int


@dataclass(frozen=True, slots=True, eq=False)
class TrajectoryColumns:
    """The picture of all trajectories.

    Attributes
    ----------
    rows : tuple of OptimizerRow
        Optimizers that evaluated anything, in order.
    dots : Points
        Valid evaluations; empty for `best_only`.
    lines : Points
        Corners of the line of the best value of each optimizer: its improvements, and its last evaluation.
    starts, ends : Points
        The first corner of each line; the last evaluation of each optimizer with its best value, nan if it has none.
    incumbent : Points
        Corners of the line of the best value of the run, and which optimizer made each step.
    failed, missing : Marks
        Evaluations that failed; and others without a finite value.
    above : Marks
        Evaluations whose values lie above the picture.
    scale : Scale
        What shows the values best, or as it was asked for.
    """

    rows: tuple[OptimizerRow, ...]
    dots: Points
    lines: Points
    starts: Points
    ends: Points
    incumbent: Points
    failed: Marks
    missing: Marks
    above: Marks
    scale: Scale


@dataclass(frozen=True, slots=True, eq=False)
class BestColumns:
    """The picture of the best value of the run.

    Attributes
    ----------
    kinds : tuple of str
        What displays call the optimizers of the run, each name once, in the order of their starts.
    names : dict of int to str
        What displays call those that made a step.
    incumbent : Points
        Corners of the line, and which optimizer made each step; the last one is the last evaluation.
    failed, missing : Marks
        Evaluations that failed; and others without a finite value.
    scale : Scale
        What shows the values best, or as it was asked for.
    """

    kinds: tuple[str, ...]
    names: dict[int, str]
    incumbent: Points
    failed: Marks
    missing: Marks
    scale: Scale


def trajectory_columns(
    history: History,
    against: Against = "evaluations",
    *,
    best_only: bool = False,
    yscale: ScaleKind = "auto",
    xunit: TimeUnit = "s",
    detail: int = DETAIL,
) -> TrajectoryColumns:
    """Return what the picture of all trajectories shows.

    Parameters
    ----------
    history : History
        The run.
    against : {'evaluations', 'time'}
        What stands on the horizontal axis.
    best_only : bool
        Leave out the dots.
    yscale : {'auto', 'linear', 'log', 'shifted'}
        Scale of the values.
    xunit : {'s', 'min', 'h', 'd'}
        Unit of run time.
    detail : int
        Points of each layer at most.

    Raises
    ------
    SettingError
        If a value cannot be used.
    """
    all_ = _evaluations(history, against, xunit)
    spans = all_.spans()
    best = np.empty(len(all_.values))
    corners: list[NDArray[np.intp]] = []
    for span in spans:
        np.fmin.accumulate(all_.values[span], out=best[span])
        corner = span.start + _falls(best[span])
        corners.append(np.append(corner, span.stop - 1) if corner.size else corner)
    each = max(2, detail // max(1, len(spans)))
    shown = best if best_only else all_.values
    improved = np.concatenate([np.empty(0, np.intp), *corners])
    scale = scale_for(shown, best[improved], yscale)
    stride = max(1, -(-len(all_.values) // detail))
    dots = [np.arange(span.start, span.stop, stride) for span in spans if not best_only]
    last = np.array([span.stop - 1 for span in spans], np.intp)
    first = np.array([corner[0] for corner in corners if corner.size], np.intp)
    known = {row.opt_id: row for row in history.result.optimizers}
    return TrajectoryColumns(
        rows=tuple(known[opt] for opt in all_.opt[last].tolist()),
        dots=all_.points(_joined(dots), all_.values),
        lines=all_.points(_joined([_thinned(corner, each) for corner in corners]), best),
        starts=all_.points(first, best),
        ends=all_.points(last, best),
        incumbent=all_.incumbent(detail),
        failed=all_.marks(all_.failed, detail),
        missing=all_.marks(all_.missing, detail),
        above=all_.marks(shown > scale.ceiling, detail),
        scale=scale,
    )


def best_columns(
    history: History,
    against: Against = "evaluations",
    *,
    yscale: ScaleKind = "auto",
    xunit: TimeUnit = "s",
    detail: int = DETAIL,
) -> BestColumns:
    """Return what the picture of the best value of the run shows; parameters as for :func:`trajectory_columns`."""
    all_ = _evaluations(history, against, xunit)
    incumbent = all_.incumbent(detail)
    return BestColumns(
        kinds=tuple(dict.fromkeys(one.name for one in history.view)),
        names={opt: history.view[opt].name for opt in dict.fromkeys(incumbent.opt.tolist())},
        incumbent=incumbent,
        failed=all_.marks(all_.failed, detail),
        missing=all_.marks(all_.missing, detail),
        scale=scale_for(incumbent.value, incumbent.value, yscale),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Evaluations:
    """All evaluations, those of one optimizer after those of another; valid values, nan for the others."""

    opt: NDArray[np.int64]
    at: NDArray[np.float64]
    values: NDArray[np.float64]
    failed: NDArray[np.bool_]

    @property
    def missing(self) -> NDArray[np.bool_]:
        return np.isnan(self.values) & ~self.failed

    def spans(self) -> list[slice]:
        """Return where the evaluations of each optimizer lie."""
        ends = np.flatnonzero(np.diff(self.opt, append=-1)) + 1
        return list(map(slice, np.append(0, ends[:-1]).tolist(), ends.tolist()))

    def points(self, places: NDArray[np.intp], values: NDArray[np.float64]) -> Points:
        return Points(self.opt[places], self.at[places], values[places])

    def marks(self, which: NDArray[np.bool_], detail: int) -> Marks:
        at = self.at[which]
        return Marks(np.sort(at)[:: max(1, -(-at.size // detail))], at.size)

    def incumbent(self, detail: int) -> Points:
        # in time the order differs a little from the one in which evaluations were recorded
        order = np.argsort(self.at, kind="stable")
        best = np.fmin.accumulate(self.values[order])
        kept = _thinned(_falls(best), detail)
        if not kept.size:
            return self.points(kept, best)
        owner, end = self.opt[order[kept]], len(best) - 1
        at = self.at[order[np.append(kept, end)]]
        return Points(np.append(owner, owner[-1]), at, np.append(best[kept], best[-1]))


def _evaluations(history: History, against: str, xunit: str) -> _Evaluations:
    if against not in ("evaluations", "time"):
        raise SettingError(f"against is {against!r}; use one of 'evaluations', 'time'")
    if xunit not in SECONDS:
        raise SettingError(f"xunit is {xunit!r}; use one of {', '.join(map(repr, SECONDS))}")
    opt, seconds, value, status = history.columns()
    order = np.argsort(opt, kind="stable")
    value, status = value[order], status[order]
    valid = drawable(status, value)
    at = np.asarray(order + 1.0 if against == "evaluations" else seconds[order] / SECONDS[xunit], np.float64)
    return _Evaluations(opt[order], at, np.where(valid, value, np.nan), np.isin(status, FAILURES))


def drawable(status: NDArray[np.uint8], value: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which evaluations are valid and of a size that can be drawn."""
    seen: NDArray[np.bool_] = (status == np.uint8(Status.OK)) & (np.abs(value) < DRAWABLE)
    return seen


def _falls(best: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return where a falling sequence, which may begin with nan, reaches a new value."""
    known = np.flatnonzero(np.isfinite(best))
    return known[best[known] < np.append(np.inf, best[known[:-1]])]


def _thinned(places: NDArray[np.intp], most: int) -> NDArray[np.intp]:
    """Return `most` of the places, or all; the first and the last are among them."""
    if places.size <= most:
        return places
    return places[np.linspace(0, places.size - 1, most).astype(np.intp)]


def _joined(parts: Sequence[NDArray[np.intp]]) -> NDArray[np.intp]:
    return np.concatenate([np.empty(0, np.intp), *parts])

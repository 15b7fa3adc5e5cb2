"""Where optimizers started and ended, which minima they found, and which parameters matter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glompo.box import Box
from glompo.calibration.sensitivity import Sensitivity, hsic
from glompo.events import Evaluated, Event
from glompo.read import Minimum, OptimizerRow
from glompo.read.minima import TOLERANCE, minima_of
from glompo.show.columns.thinned import Thinned, thinned
from glompo.show.columns.trajectories import drawable

SAMPLED = 2_000
"""Evaluations from which it is judged which parameters matter, at most."""

FEWEST = 50
"""Evaluations from which that is judged at least."""

LINES = 300
"""Optimizers that are shown at most: those with the best ends, and the others evenly."""


@dataclass(frozen=True, slots=True, eq=False)
class ParameterColumns:
    """The pictures of the parameters of a run.

    Attributes
    ----------
    names : tuple of str
        Names of the d parameters.
    bounds : ndarray, shape (d, 2)
        Lower and upper bounds in natural units.
    rows : tuple of OptimizerRow
        The m optimizers that are shown, those with the best ends first; each has found a value.
    starts, ends : ndarray, shape (m, d)
        Where each started, and its best point, in natural units.
    unit_starts, unit_ends : ndarray, shape (m, d)
        The same as shares of the range of each parameter, on its scale.
    minima : tuple of Minimum
        Distinct minima among as many of the best ends, the best first.
    points : ndarray, shape (n, d)
        Some of all evaluations that gave a value, in natural units.
    values : ndarray, shape (n,)
        Their values.
    sensitivity : Sensitivity or None
        Which parameters matter to these values; None where there are too few.
    """

    names: tuple[str, ...]
    bounds: NDArray[np.float64]
    rows: tuple[OptimizerRow, ...]
    starts: NDArray[np.float64]
    ends: NDArray[np.float64]
    unit_starts: NDArray[np.float64]
    unit_ends: NDArray[np.float64]
    minima: tuple[Minimum, ...]
    points: NDArray[np.float64]
    values: NDArray[np.float64]
    sensitivity: Sensitivity | None


class Sample:
    """Some of the evaluations of a run that gave a value, evenly over it."""

    def __init__(self) -> None:
        self._kept: Thinned | None = None

    def take(self, event: Event) -> None:
        """Add what an event tells."""
        if not isinstance(event, Evaluated):
            return
        valid = drawable(event.status, event.f)
        if self._kept is None:
            self._kept = Thinned(SAMPLED, event.X.shape[1] + 1)
        self._kept.add(np.column_stack([event.X, event.f])[valid])

    @property
    def rows(self) -> NDArray[np.float64]:
        """Parameters, and the value behind them, shape (n, d + 1)."""
        return np.empty((0, 1)) if self._kept is None else self._kept.rows.copy()


def parameter_columns(
    rows: Sequence[OptimizerRow], names: tuple[str, ...], box: Box, sample: Sample
) -> ParameterColumns:
    """Return what the pictures show.

    Parameters
    ----------
    rows : sequence of OptimizerRow
        All optimizers of the run.
    names : tuple of str
        Names of the d parameters.
    box : Box
        The bounds with the scale of each parameter.
    sample : Sample
        Some of the evaluations.
    """
    found = sorted((row for row in rows if row.best_x is not None), key=lambda row: row.best_f)
    places = np.arange(float(len(found)))[:, np.newaxis]
    half = LINES // 2
    kept = np.concatenate([places[:half], thinned(places[half:], LINES - half)]).ravel().astype(int)
    shown = tuple(found[place] for place in kept.tolist())
    starts, ends = (
        np.array(points, np.float64).reshape(-1, box.dims)
        for points in ([row.x0 for row in shown], [row.best_x for row in shown])
    )
    points = sample.rows
    return ParameterColumns(
        names=names,
        bounds=box.bounds,
        rows=shown,
        starts=starts,
        ends=ends,
        unit_starts=box.unit(starts),
        unit_ends=box.unit(ends),
        minima=tuple(minima_of(found[:LINES], names, box, TOLERANCE, False)),
        points=points[:, :-1] if points.shape[1] > 1 else np.empty((0, box.dims)),
        values=points[:, -1],
        sensitivity=hsic(points[:, :-1], points[:, -1], names, permutations=0) if len(points) >= FEWEST else None,
    )

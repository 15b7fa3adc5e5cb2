"""The tables of a report as plain data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One group of the data in one split.

    Attributes
    ----------
    split, group : str
        Which.
    n : int
        Rows.
    loss : float
        Sum of what they add to the loss.
    share : float
        Of the sum of the split.
    rms : float
        Root of the mean square of (prediction − reference) / sigma, without the weight of the group.
    zero : str
        The quantity that most rows have in common, if they are differences; an error of it moves all of them.
    sharing : int
        How many rows that is.
    """

    split: str
    group: str
    n: int
    loss: float
    share: float
    rms: float
    zero: str = ""
    sharing: int = 0


@dataclass(frozen=True, slots=True)
class ResidualRow:
    """One row of the data."""

    split: str
    group: str
    quantity: str
    at: float | None
    prediction: float
    reference: float
    sigma: float
    residual: float
    unit: str
    where: str


@dataclass(frozen=True, slots=True)
class ParameterRow:
    """One active parameter.

    Attributes
    ----------
    name : str
        Its name.
    value, lower, upper : float
        Where it is, and its range.
    start : float
        Its value in the table.
    bound : {'', 'lower', 'upper'}
        Whether it is at a bound; its error says nothing then.
    error : float
        Linearised standard error as a share of its range; nan if it was not asked for, +inf if the data do not
        determine it.
    silent : bool
        Whether the residuals do not depend on it.
    """

    name: str
    value: float
    lower: float
    upper: float
    start: float
    bound: str = ""
    error: float = math.nan
    silent: bool = False


@dataclass(frozen=True, slots=True)
class TrailPoint:
    """A point by which a run improved, with the losses of both splits; `number` counts evaluations from 1.

    `groups` has the sums of the validation data by group.
    """

    number: int
    x: Vector
    training: float
    validation: float
    groups: Mapping[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class Findings:
    """What a report says of a calibration at one point.

    Attributes
    ----------
    title : str
        What is compared, and at which point.
    x : ndarray of shape (d,)
        The point.
    loss, validation_loss : float
        Losses of the two splits; the second is nan without rows for validation.
    groups, residuals, parameters : tuples of GroupRow, ResidualRow and ParameterRow
        The tables.
    rank : int or None
        Combinations of parameters that the data determine; None if that was not asked for.
    trail : tuple of TrailPoint
        Points by which a run improved; empty without a run.
    failed : int
        Points of the trail at which the validation data could not be computed.
    unvalidated : str
        Why they could not be computed at this point; empty if they were, or if there are none.
    evaluations : int
        Calls of the model that the report took.
    fitted : str
        The table of parameters at the point as CSV, below a header that says where it comes from.
    squares : bool
        Whether the loss is the sum of the squares.
    """

    title: str
    x: Vector
    loss: float
    validation_loss: float
    groups: tuple[GroupRow, ...]
    residuals: tuple[ResidualRow, ...]
    parameters: tuple[ParameterRow, ...]
    rank: int | None = None
    trail: tuple[TrailPoint, ...] = ()
    failed: int = 0
    unvalidated: str = ""
    evaluations: int = 0
    fitted: str = ""
    squares: bool = True

    @property
    def best_by_validation(self) -> TrailPoint | None:
        """The point of the trail with the smallest loss of the validation data; None if there is none."""
        judged = [point for point in self.trail if math.isfinite(point.validation)]
        return min(judged, key=lambda point: point.validation) if judged else None

    def worst(self, count: int = 10) -> tuple[ResidualRow, ...]:
        """Return the rows with the largest residuals of the training data."""
        rows = [row for row in self.residuals if row.split == "training"]
        return tuple(sorted(rows, key=lambda row: -abs(row.residual))[:count])

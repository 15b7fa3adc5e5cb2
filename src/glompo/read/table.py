"""All evaluations of a run as columns, batch by batch: what data frames and every file of evaluations are made from."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from glompo.core.evaluations.columns import distinct, names_of_extras
from glompo.core.views.optimizer_view import display_name
from glompo.events import Evaluated, RunOpened, StartRequested
from glompo.function import Status, scratch_of
from glompo.read.locate import run_directory
from glompo.read.run_opening import parameter_names
from glompo.storage.reader import read_events

COLUMNS = ("optimizer", "label", "count", "order", "time", "status", "reason", "scratch", "value")
"""Columns before the parameters."""

STATUSES = np.array([status.name.lower() for status in Status])
"""Names of the statuses, in the order of their numbers."""

Kind = Literal["bool", "int", "float", "array", "other"]
"""What the values of a column of extras are, None aside: truth values, whole numbers, numbers, arrays of numbers that
all have as many dimensions, or anything else."""


@dataclass(slots=True)
class ExtraColumn:
    """A further value of detailed calls, over a whole run.

    Attributes
    ----------
    name : str
        What it is called, unlike any other column.
    kind : {'bool', 'int', 'float', 'array', 'other'}
        What its values are.
    shape : tuple of int
        Of arrays, the largest extent in each dimension.
    one_shape : bool
        Whether all arrays have this shape.
    """

    name: str
    kind: Kind = "other"
    shape: tuple[int, ...] = ()
    one_shape: bool = True

    def padded(self, values: Sequence[Any]) -> NDArray[np.float64]:
        """Return arrays of numbers as one, shape (n, *shape); nan where they do not reach, or are missing."""
        if not self.shape:
            return np.array([np.nan if value is None else value for value in values], np.float64)
        stacked = np.full((len(values), *self.shape), np.nan)
        for row, value in zip(stacked, values, strict=True):
            if value is not None:
                array = np.asarray(value, np.float64)
                row[tuple(map(slice, array.shape))] = array
        return stacked


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive evaluations of one optimizer, in columns.

    Attributes
    ----------
    label : str
        What the optimizer is called, behind its regime if it has one.
    opt, first, order : int
        The optimizer, and the numbers of the first of them among its evaluations and in the run, from 1.
    time, value : ndarray of float64, shape (n,)
        Run time in seconds at which each was completed, and the value handed to the optimizer.
    status : ndarray of uint8, shape (n,)
        Status of each.
    X : ndarray of float64, shape (n, d)
        Parameters in natural units.
    extras : list of list
        For each column of extras its n values, None where there is none.
    reasons : mapping of int to str
        By row, from 0, why the status is not ok, as far as that is on record.
    """

    label: str
    opt: int
    first: int
    order: int
    time: NDArray[np.float64]
    value: NDArray[np.float64]
    status: NDArray[np.uint8]
    X: NDArray[np.float64]
    extras: list[list[Any]]
    reasons: Mapping[int, str]

    def __len__(self) -> int:
        return len(self.value)

    @property
    def heads(self) -> tuple[NDArray[Any], ...]:
        """The columns `COLUMNS`, shape (n,) each."""
        n = np.arange(len(self))
        opt, label = np.full(len(self), self.opt), np.full(len(self), self.label, dtype=object)
        reason, scratch = np.full((2, len(self)), "", dtype=object)
        for row, text in self.reasons.items():
            reason[row], scratch[row] = text, scratch_of(text)
        counts = self.first + n, self.order + n
        return opt, label, *counts, self.time, STATUSES[self.status], reason, scratch, self.value


@dataclass(frozen=True, slots=True)
class Table:
    """The evaluations of a run as they were recorded when the table was made; they are read on the way.

    Attributes
    ----------
    run_dir : Path
        Directory of the run.
    parameters : tuple of str
        Columns of the d parameters; one with the name of a column before it is called ``parameter:NAME``.
    extras : tuple of ExtraColumn
        Columns of further values; one with the name of a column before it is called ``extra:NAME``.
    count : int
        Evaluations.
    """

    run_dir: Path
    parameters: tuple[str, ...]
    extras: tuple[ExtraColumn, ...]
    count: int

    @property
    def names(self) -> tuple[str, ...]:
        """All columns, in order."""
        return (*COLUMNS, *self.parameters, *(extra.name for extra in self.extras))

    def batches(self) -> Iterator[Batch]:
        """Yield the evaluations in the order in which they were recorded."""
        order = 0
        labels: dict[int, str] = {}
        for event in read_events(self.run_dir):
            if isinstance(event, StartRequested):
                labels[event.opt] = display_name(event.called, event.regime)
            if order == self.count:
                return  # a living run may have gone on since
            if isinstance(event, Evaluated):
                time = event.at - event.ages.astype(np.float64)
                extras = self._columns(event)
                label, reasons = labels.get(event.opt, ""), dict(event.errors)
                columns = time, event.f, event.status, event.X, extras
                yield Batch(label, event.opt, event.k0 + 1, order + 1, *columns, reasons)
                order += len(event.f)

    def _columns(self, event: Evaluated) -> list[list[Any]]:
        width, n = len(self.extras), len(event.f)
        if not event.extras:
            return [[None] * n for _ in range(width)]
        rows = ((*row, *[None] * (width - len(row))) for row in event.extras)
        return [list(column) for column in zip(*rows, strict=True)]


def table_of(run_dir: str | os.PathLike[str]) -> Table:
    """Return the table of a run, alive or dead.

    Raises
    ------
    UserError
        If there is no run in the directory.
    CorruptJournalError
        If its journal is damaged before its tail.
    """
    folder = run_directory(run_dir)
    names: tuple[str, ...] = ()
    headers: list[str] = []
    found: list[_Survey] = []
    count = 0
    for event in read_events(folder):
        if isinstance(event, RunOpened):
            names = parameter_names(event.spec, len(event.bounds))
            headers = list(names_of_extras(event.spec))
        elif isinstance(event, Evaluated):
            _survey(event, found, count)
            count += len(event.f)
    parameters = distinct(names, COLUMNS, "parameter:")
    headers = headers[: len(found)] + [f"extra{i}" for i in range(len(headers), len(found))]
    headers = distinct(headers, (*COLUMNS, *parameters), "extra:")
    extras = tuple(survey.column(name) for name, survey in zip(headers, found, strict=True))
    return Table(folder, tuple(parameters), extras, count)


@dataclass(slots=True)
class _Survey:
    """What has been seen of the values of one column of extras."""

    types: set[type] = field(default_factory=set)
    shapes: set[tuple[int, ...] | None] = field(default_factory=set)

    def see(self, values: Sequence[Any]) -> None:
        types = set(map(type, values))
        self.types |= types
        if types - _SCALARS:
            self.shapes.update(_shape(value) for value in values if type(value) not in _SCALARS)
        if int in types and any(type(value) is int and not -(2**63) <= value < 2**63 for value in values):
            self.types.add(float)

    def column(self, name: str) -> ExtraColumn:
        types = self.types - {type(None)}
        if self.shapes:
            shapes = [shape for shape in self.shapes if shape is not None]
            if None in self.shapes or types & _SCALARS or len({len(shape) for shape in shapes}) > 1 or not shapes[0]:
                return ExtraColumn(name, "other")
            largest = tuple(map(max, zip(*shapes, strict=True)))
            return ExtraColumn(name, "array", largest, len(shapes) == 1)
        kind: Kind = "other"
        if types == {bool}:
            kind = "bool"
        elif types == {int}:
            kind = "int"
        elif types and types <= {bool, int, float}:
            kind = "float"
        return ExtraColumn(name, kind)


_SCALARS = {type(None), bool, int, float, str}


def _survey(event: Evaluated, found: list[_Survey], before: int) -> None:
    if event.extras:
        width = max(map(len, event.extras))
        found += [_Survey() for _ in range(len(found), width)]
        narrow = min(map(len, event.extras)) < width
        rows = [(*row, *[None] * (width - len(row))) for row in event.extras] if narrow else event.extras
        for survey, values in zip(found, zip(*rows, strict=True), strict=False):
            survey.see(values)


def _shape(value: Any) -> tuple[int, ...] | None:
    """Return the shape of an array of numbers; None if it is something else."""
    try:
        array = np.asarray(value)
    except ValueError:  # rows of different lengths
        return None
    return array.shape if array.dtype.kind in "biuf" else None

"""Distinct minima: where the optimizers of a run ended, ends that are alike taken together."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import overload

import numpy as np
from numpy.typing import NDArray

from glompo.box import Box
from glompo.core.evaluations.columns import distinct
from glompo.core.state.lifecycle import How
from glompo.errors import SettingError
from glompo.read.optimizer_row import OptimizerRow
from glompo.read.suffixes import refuse_other
from glompo.safe_text import legible
from glompo.storage.files import atomic_write
from glompo.validation import as_real

TOLERANCE = 0.01
"""Share of a parameter's range within which two ends are one minimum: wider than a search is precise, and narrower than
basins that are worth telling apart."""

AT_BOUND = 1e-4
"""Share of a parameter's range within which a point lies at its bound: searches that come to a bound may stop short."""

SHOWN = 25
"""Minima in the printed table at most."""

PARAMETERS_SHOWN = 8
"""Parameters in a line of the printed table at most; the minima and the file have all."""

OWNERS_SHOWN = 3
"""Kinds of optimizers in a line of the printed table at most."""

COLUMNS = ("value", "times", "converged", "at_bound", "optimizers", "found_by")
"""Columns of the file before the parameters."""


@dataclass(frozen=True, slots=True, eq=False)
class Minimum:
    """One of the points where optimizers ended.

    Attributes
    ----------
    fx : float
        The smallest value that any of them found here.
    x : ndarray, shape (d,)
        Where, in natural units.
    times : int
        Optimizers that ended here.
    converged : int
        How many of them ended by convergence.
    optimizers : tuple of int
        Their numbers, the one with the smallest value first.
    found_by : tuple of str
        What displays call them, each once, in the same order.
    at_bound : tuple of str
        Parameters that lie at a bound; fixed ones do not count.
    """

    fx: float
    x: NDArray[np.float64]
    times: int
    converged: int
    optimizers: tuple[int, ...]
    found_by: tuple[str, ...]
    at_bound: tuple[str, ...]


class Minima(Sequence[Minimum]):
    """Distinct minima, the best first; printed as a table.

    Parameters
    ----------
    minima : sequence of Minimum
        They themselves.
    names : tuple of str
        Names of the d parameters.
    tol : float
        Share of a parameter's range within which ends were taken for one.
    """

    def __init__(self, minima: Sequence[Minimum], names: tuple[str, ...], tol: float) -> None:
        self._minima = tuple(minima)
        self.names = names
        self.tol = tol

    @overload
    def __getitem__(self, place: int) -> Minimum: ...
    @overload
    def __getitem__(self, place: slice) -> Minima: ...
    def __getitem__(self, place: int | slice) -> Minimum | Minima:
        if isinstance(place, slice):
            return Minima(self._minima[place], self.names, self.tol)
        return self._minima[place]

    def __len__(self) -> int:
        return len(self._minima)

    def to_csv(self, path: str | os.PathLike[str]) -> Path:
        """Write one row for each minimum, and return the path.

        Columns are value, times, converged, at_bound (names), optimizers (numbers), found_by, then the parameters under
        their names; several entries of one cell are separated by ``;``. A parameter that has the name of a column
        before it is called ``parameter:NAME``. The file appears when it is complete.

        Raises
        ------
        UserError
            If the ending of `path` is that of another format.
        StoreError
            If the file cannot be written.
        """
        refuse_other(path, "CSV")
        target = Path(path)
        with atomic_write(target, "give another path") as draft, draft.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(map(legible, (*COLUMNS, *distinct(self.names, COLUMNS, "parameter:"))))
            for one in self:
                lists = (one.at_bound, one.optimizers, one.found_by)
                cells = (";".join(map(legible, entries)) for entries in lists)
                writer.writerow([one.fx, one.times, one.converged, *cells, *one.x.tolist()])
        return target

    def __repr__(self) -> str:
        if not self:
            return "no minima: no optimizer has found a finite value"
        return "\n".join(self._lines())

    __str__ = __repr__

    def _lines(self) -> Iterator[str]:
        ends = sum(one.times for one in self)
        yield f"distinct minima: {len(self)}, the ends of {ends} optimizers told apart at {self.tol:g} of the range"
        more = ["..."] if len(self.names) > PARAMETERS_SHOWN else []
        names = [*map(legible, self.names[:PARAMETERS_SHOWN]), *more]
        cells = [("", "value", "times", "converged", "at bound", *names, "found by")]
        for k, one in enumerate(self[:SHOWN]):
            point = [*(f"{x:.6g}" for x in one.x[:PARAMETERS_SHOWN]), *more]
            at = ", ".join(map(legible, one.at_bound)) or "-"
            owners = ", ".join(map(legible, one.found_by[:OWNERS_SHOWN]))
            owners += f" and {len(one.found_by) - OWNERS_SHOWN} more" if len(one.found_by) > OWNERS_SHOWN else ""
            cells.append((str(k), f"{one.fx:.8g}", str(one.times), str(one.converged), at, *point, owners))
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        for *numbers, owners in cells:
            yield "  ".join([f"{cell:>{width}}" for cell, width in zip(numbers, widths, strict=False)] + [owners])
        if len(self) > SHOWN:
            yield f"and {len(self) - SHOWN} more"


def minima_of(
    rows: Sequence[OptimizerRow], names: tuple[str, ...], box: Box | None, tol: float, converged: bool
) -> Minima:
    """Return the distinct minima among the ends of optimizers; see :meth:`glompo.read.Result.minima`."""
    share = as_real(tol)
    if share is None or not 0.0 < share < 1.0:
        raise SettingError(f"tol is {tol!r}; give a number above 0 and below 1, a share of the range of each parameter")
    ends = [row for row in rows if row.best_x is not None and (row.how == How.CONVERGED or not converged)]
    ends.sort(key=lambda row: row.best_f)
    if not ends or box is None:
        return Minima((), names, share)
    points = box.unit(np.array([row.best_x for row in ends]))
    free = np.arange(len(ends))
    minima = []
    while free.size:
        near = (np.abs(points[free] - points[free[0]]) <= share).all(axis=1)
        minima.append(_minimum([ends[k] for k in free[near]], points[free[0]], names, box))
        free = free[~near]
    return Minima(minima, names, share)


def _minimum(members: Sequence[OptimizerRow], unit: NDArray[np.float64], names: tuple[str, ...], box: Box) -> Minimum:
    best = members[0]
    assert best.best_x is not None
    at_bound = box.free & ((unit <= AT_BOUND) | (unit >= 1.0 - AT_BOUND))
    return Minimum(
        fx=best.best_f,
        x=best.best_x.copy(),
        times=len(members),
        converged=sum(row.how == How.CONVERGED for row in members),
        optimizers=tuple(row.opt_id for row in members),
        found_by=tuple(dict.fromkeys(row.name for row in members)),
        at_bound=tuple(name for name, at in zip(names, at_bound, strict=True) if at),
    )

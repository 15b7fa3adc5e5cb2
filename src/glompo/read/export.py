"""Every evaluation of a run as one row."""

from __future__ import annotations

import csv
import json
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from glompo.core.evaluations.columns import distinct, names_of_extras
from glompo.events import Evaluated, RunOpened
from glompo.function import Status
from glompo.read.locate import run_directory
from glompo.read.run_opening import parameter_names
from glompo.safe_text import PAGE, legible_lines
from glompo.storage.files import atomic_write
from glompo.storage.reader import read_events

COLUMNS = ("optimizer", "count", "order", "time", "status", "value")
"""Columns before the parameters."""


@dataclass(frozen=True, slots=True, eq=False)
class EvaluationRow:
    """One evaluation.

    Attributes
    ----------
    opt : int
        Optimizer that made it, from 1.
    count : int
        Its number among those of the optimizer, from 1.
    order : int
        Its number in the run, from 1, in the order in which evaluations were recorded.
    time : float
        Run time at which it was completed, in seconds.
    status : str
        ok, failed, invalid, timeout, crashed, out_of_bounds or cancelled.
    value : float
        Value handed to the optimizer.
    x : ndarray, shape (d,)
        Parameters in natural units.
    extras : tuple
        Further values of a detailed call, in their order.
    """

    opt: int
    count: int
    order: int
    time: float
    status: str
    value: float
    x: NDArray[np.float64]
    extras: tuple[Any, ...] = ()


def improvements(run_dir: str | os.PathLike[str]) -> list[tuple[int, NDArray[np.float64], float]]:
    """Return the evaluations by which a run improved: number, from 1, point, shape (d,), and value."""
    found, best = [], math.inf
    for row in rows(run_dir):
        if row.status == Status.OK.name.lower() and row.value < best:
            best = row.value
            found.append((row.order, row.x, row.value))
    return found


def rows(run_dir: str | os.PathLike[str]) -> Iterator[EvaluationRow]:
    """Yield the recorded evaluations of a run, alive or dead, in the order in which they were recorded.

    They are read on the way; a run of any length fits into memory.

    Parameters
    ----------
    run_dir : path-like
        Working directory of the run.

    Raises
    ------
    UserError
        If it holds no run.
    CorruptJournalError
        When damage before the tail of its journal is reached.
    """
    folder = run_directory(run_dir)
    return _rows(folder)


def to_csv(run_dir: str | os.PathLike[str], path: str | os.PathLike[str]) -> Path:
    r"""Write the recorded evaluations of a run as comma-separated values, one row each, and return the path.

    Columns are `COLUMNS`, then the parameters under their names, then the further values of detailed calls. A parameter
    or a further value that has the name of a column before it is called ``parameter:NAME`` or ``extra:NAME``. Numbers
    are written such that reading them gives the same float; texts such that a terminal can show them, control
    characters but line breaks as ``\x1b`` (:func:`rows` gives them as they are). The file appears when it is complete.

    Parameters
    ----------
    run_dir : path-like
        Working directory of the run.
    path : path-like
        File to be written; its folder is made if need be.

    Raises
    ------
    UserError
        If `run_dir` holds no run.
    StoreError
        If the file cannot be written.
    """
    folder, target = run_directory(run_dir), Path(path)
    with atomic_write(target, "give another path") as draft, draft.open("w", newline="", encoding="utf-8") as file:
        write_csv(folder, file)
    return target


def write_csv(run_dir: str | os.PathLike[str], file: TextIO) -> None:
    """Write what :func:`to_csv` writes into an open text file."""
    folder = run_directory(run_dir)
    names, extras, count = survey(folder)
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([*COLUMNS, *map(_text, names), *map(_text, extras)])
    # a living run may have gone on since the survey: the file shows it as it was then
    for row in islice(_rows(folder), count):
        more = [cell(value) for value in row.extras]
        more += [""] * (len(extras) - len(more))
        numbers = map(repr, row.x.tolist())
        writer.writerow([row.opt, row.count, row.order, repr(row.time), row.status, repr(row.value), *numbers, *more])


def _rows(folder: Path) -> Iterator[EvaluationRow]:
    order = 0
    for event in read_events(folder):
        if not isinstance(event, Evaluated):
            continue
        times = (event.at - event.ages.astype(np.float64)).tolist()
        values = event.f.tolist()
        for i in range(len(values)):
            order += 1
            status = Status(int(event.status[i])).name.lower()
            extras = tuple(event.extras[i]) if event.extras else ()
            yield EvaluationRow(event.opt, event.k0 + i + 1, order, times[i], status, values[i], event.X[i], extras)


def survey(folder: Path) -> tuple[tuple[str, ...], list[str], int]:
    """Return the names of parameters and extras, and the number of evaluations."""
    names: tuple[str, ...] = ()
    extras: list[str] = []
    width = count = 0
    for event in read_events(folder):
        if isinstance(event, RunOpened):
            names = parameter_names(event.spec, len(event.bounds))
            extras = list(names_of_extras(event.spec))
        elif isinstance(event, Evaluated):
            count += len(event.f)
            width = max([width, *map(len, event.extras)])
    names = tuple(distinct(names, COLUMNS, "parameter:"))
    extras = extras[:width] + [f"extra{i}" for i in range(len(extras), width)]
    return names, distinct(extras, (*COLUMNS, *names), "extra:"), count


def cell(value: Any) -> str:
    """Return a value as text; nothing for None."""
    if value is None:
        return ""
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, (str, int)):
        return _text(value)
    if isinstance(value, np.ndarray):
        value = value.tolist()
    return _text(json.dumps(value, default=str))


def _text(value: object) -> str:
    said = str(value)
    return legible_lines(said, max(PAGE, len(said)))

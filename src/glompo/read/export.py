"""Every evaluation of a run as one row."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any, TextIO

import msgspec
import numpy as np
from numpy.typing import NDArray

from glompo.events import Evaluated
from glompo.function import Status
from glompo.read.locate import run_directory
from glompo.read.suffixes import refuse_other
from glompo.read.table import table_of
from glompo.safe_text import PAGE, legible_lines
from glompo.storage.files import atomic_write
from glompo.storage.reader import read_events

SEPARATOR = "\x1e\n"
"""What no cell holds, as none holds control characters but line breaks; cells that hold those are quoted."""


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
        If `run_dir` holds no run, or the ending of `path` is that of another format.
    StoreError
        If the file cannot be written.
    """
    refuse_other(path, "CSV")
    folder, target = run_directory(run_dir), Path(path)
    with atomic_write(target, "give another path") as draft, draft.open("w", newline="", encoding="utf-8") as file:
        write_csv(folder, file)
    return target


def write_csv(run_dir: str | os.PathLike[str], file: TextIO) -> None:
    """Write what :func:`to_csv` writes into an open text file."""
    table = table_of(run_dir)
    csv.writer(file, lineterminator="\n").writerow(map(_text, table.names))
    for batch in table.batches():
        _, count, order, time, status, value = batch.heads
        numbers = _numbers(np.column_stack([value, batch.X]))
        heads = zip(count.tolist(), order.tolist(), _numbers(time[:, None]), status.tolist(), numbers, strict=True)
        lines = [f"{batch.opt},{k},{n},{at},{said},{row}" for k, n, at, said, row in heads]
        if table.extras:
            lines = [f"{line},{more}" for line, more in zip(lines, _texts(batch.extras), strict=True)]
        file.write("\n".join(lines) + "\n")


def _numbers(rows: NDArray[np.float64]) -> list[str]:
    """Return each row as text: the shortest from which the same floats are read."""
    if not np.isfinite(rows).all():
        return [",".join(map(repr, row)) for row in rows.tolist()]
    return msgspec.json.encode(rows.tolist()).decode()[2:-2].split("],[")  # ten times as fast as repr


def _texts(extras: Sequence[Sequence[Any]]) -> list[str]:
    """Return each row of further values as text."""
    file = StringIO()
    cells = (map(cell, values) for values in extras)
    csv.writer(file, lineterminator=SEPARATOR).writerows(zip(*cells, strict=True))
    return file.getvalue().split(SEPARATOR)[:-1]


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

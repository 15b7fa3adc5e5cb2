"""Every evaluation of a run as one row."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import msgspec
import numpy as np
from numpy.typing import NDArray

from glompo.core.views.optimizer_view import display_name
from glompo.events import Evaluated, StartRequested
from glompo.function import Status, scratch_of
from glompo.read.locate import run_directory
from glompo.read.suffixes import refuse_other
from glompo.read.table import table_of
from glompo.safe_text import PAGE, legible_lines
from glompo.storage.files import atomic_write
from glompo.storage.reader import read_events


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
    label : str
        What the optimizer is called, behind its regime if it has one.
    reason : str
        Why the status is not ok; empty if it is, or if no reason is on record.
    scratch : str
        Directory in which the program of a failed evaluation left its files; empty if there is none.
    """

    opt: int
    count: int
    order: int
    time: float
    status: str
    value: float
    x: NDArray[np.float64]
    extras: tuple[Any, ...] = ()
    label: str = ""
    reason: str = ""
    scratch: str = ""


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
    file.write(",".join(_quoted(_text(name)) for name in table.names) + "\n")
    for batch in table.batches():
        *heads, value = batch.heads
        columns = [*map(_column, heads), _numbers(np.column_stack([value, batch.X]))]
        columns += [[_quoted(cell(extra)) for extra in extras] for extras in batch.extras]
        file.write("\n".join(map(",".join, zip(*columns, strict=True))) + "\n")


def _column(values: NDArray[Any]) -> list[str]:
    """Return numbers or texts as cells."""
    if values.dtype.kind == "f":
        return _numbers(values[:, None])
    if values.dtype.kind in "iu":
        return list(map(str, values.tolist()))
    cells = {value: _quoted(_text(value)) for value in set(values.tolist())}
    return [cells[value] for value in values.tolist()]


def _numbers(rows: NDArray[np.float64]) -> list[str]:
    """Return each row as text: the shortest from which the same floats are read."""
    if not np.isfinite(rows).all():
        return [",".join(map(repr, row)) for row in rows.tolist()]
    return msgspec.json.encode(rows.tolist()).decode()[2:-2].split("],[")  # ten times as fast as repr


def _quoted(text: str) -> str:
    """Return a text as one cell."""
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',"\n') else text


def _rows(folder: Path) -> Iterator[EvaluationRow]:
    order = 0
    labels: dict[int, str] = {}
    for event in read_events(folder):
        if isinstance(event, StartRequested):
            labels[event.opt] = display_name(event.called, event.regime)
        if not isinstance(event, Evaluated):
            continue
        label, reasons = labels.get(event.opt, ""), dict(event.errors)
        times = (event.at - event.ages.astype(np.float64)).tolist()
        values = event.f.tolist()
        for i in range(len(values)):
            order += 1
            status = Status(int(event.status[i])).name.lower()
            extras = tuple(event.extras[i]) if event.extras else ()
            reason = reasons.get(i, "")
            said = (extras, label, reason, scratch_of(reason))
            yield EvaluationRow(event.opt, event.k0 + i + 1, order, times[i], status, values[i], event.X[i], *said)


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

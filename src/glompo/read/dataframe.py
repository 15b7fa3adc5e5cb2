"""The evaluations of a run as a data frame of pandas."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from glompo.core.evaluations.columns import distinct
from glompo.optional import library
from glompo.read.table import COLUMNS, ExtraColumn, table_of

if TYPE_CHECKING:
    import pandas


def to_dataframe(run_dir: str | os.PathLike[str]) -> pandas.DataFrame:
    """Return the recorded evaluations of a run, alive or dead, as a data frame: one row each, in the order of the run.

    Columns are ``optimizer, count, order, time, status, value`` as :func:`~glompo.read.rows` has them, then each
    parameter under its name, in natural units, then each further value of detailed calls under its header. A name that
    a column before it has gets ``parameter:`` or ``extra:`` in front. Arrays of numbers are unfolded: ``name[0]``,
    ``name[1]``, ...; ``name[0,0]`` of tables. What is missing is nan, or None among what are no numbers.

    Parameters
    ----------
    run_dir : path-like
        Working directory of the run.

    Raises
    ------
    UserError
        If it holds no run, or pandas is missing.
    CorruptJournalError
        If its journal is damaged before its tail.
    """
    pandas_ = library("a data frame", "pandas", "pandas")
    table = table_of(run_dir)
    batches = list(table.batches())
    heads = [np.concatenate(parts) for parts in zip(*(batch.heads for batch in batches), strict=True)]
    X = np.concatenate([batch.X for batch in batches]) if batches else np.empty((0, len(table.parameters)))
    columns: list[NDArray[Any]] = [*(heads or [np.empty(0)] * len(COLUMNS)), *X.T]
    names = table.names[: len(columns)]
    unfolded: list[tuple[str, NDArray[Any]]] = []
    for place, extra in enumerate(table.extras):
        unfolded += _unfolded(extra, [value for batch in batches for value in batch.extras[place]])
    names += tuple(distinct((name for name, _ in unfolded), names, "extra:"))
    columns += (column for _, column in unfolded)
    frame: pandas.DataFrame = pandas_.DataFrame(dict(zip(names, columns, strict=True)))
    return frame


def _unfolded(extra: ExtraColumn, values: Sequence[Any]) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield the columns that one column of extras becomes."""
    if extra.kind == "array":
        stacked = extra.padded(values)
        for place in np.ndindex(extra.shape):
            yield f"{extra.name}[{','.join(map(str, place))}]", stacked[(slice(None), *place)]
    elif extra.kind == "float" or (extra.kind == "int" and None in values):
        yield extra.name, extra.padded(values)
    elif extra.kind == "int" or (extra.kind == "bool" and None not in values):
        yield extra.name, np.array(values)
    else:
        column = np.empty(len(values), object)
        for k, value in enumerate(values):
            column[k] = value
        yield extra.name, column

"""The evaluations of a run as a Parquet file."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from glompo.optional import library
from glompo.read.suffixes import refuse_other
from glompo.read.table import COLUMNS, Batch, ExtraColumn, Table, table_of
from glompo.storage.files import atomic_write

GROUP = 65_536
"""Evaluations that are held in memory and written as one row group, about."""

KINDS = {"bool": "bool", "int": "int64", "float": "float64", "array": "float64", "other": "string"}
"""Type of each kind of further values, of arrays that of their numbers."""

HEADS = {"optimizer": "int64", "count": "int64", "order": "int64", "time": "float64", "value": "float64"}
"""Types of the columns before the parameters; the others hold texts."""


def to_parquet(run_dir: str | os.PathLike[str], path: str | os.PathLike[str]) -> Path:
    """Write the recorded evaluations of a run as a Parquet file, one row each, and return the path.

    Columns are those of :func:`~glompo.read.to_csv`. Further values of detailed calls keep their types: truth values,
    whole numbers, float64; arrays of numbers are lists of float64, tables lists of lists; texts are texts, and all else
    is JSON. A missing one is null. Row groups are written on the way: a run of any length fits into memory. The file
    appears when it is complete.

    Parameters
    ----------
    run_dir : path-like
        Working directory of the run.
    path : path-like
        File to be written; its folder is made if need be.

    Raises
    ------
    UserError
        If `run_dir` holds no run, pyarrow is missing, or the ending of `path` is that of another format.
    StoreError
        If the file cannot be written.
    """
    refuse_other(path, "Parquet")
    parts, otherwise = ("pyarrow", "pyarrow.parquet"), ", or write CSV, to a path that ends with .csv"
    arrow, parquet = (library("a Parquet file", part, "parquet", otherwise) for part in parts)
    table, target = table_of(run_dir), Path(path)
    schema = _schema(arrow, table)
    with atomic_write(target, "give another path") as draft, parquet.ParquetWriter(draft, schema) as writer:
        held: list[Batch] = []
        rows = 0
        for batch in table.batches():
            held.append(batch)
            rows += len(batch)
            if rows >= GROUP:
                writer.write_table(_group(arrow, schema, table, held))
                held, rows = [], 0
        if held:
            writer.write_table(_group(arrow, schema, table, held))
    return target


def _schema(arrow: Any, table: Table) -> Any:
    kinds = [*(HEADS.get(name, "string") for name in COLUMNS), *["float64"] * len(table.parameters)]
    types = [arrow.type_for_alias(kind) for kind in kinds]
    for extra in table.extras:
        kind = arrow.type_for_alias(KINDS[extra.kind])
        for _ in extra.shape:
            kind = arrow.list_(kind)
        types.append(kind)
    return arrow.schema(list(zip(table.names, types, strict=True)))


def _group(arrow: Any, schema: Any, table: Table, batches: Sequence[Batch]) -> Any:
    heads = [np.concatenate(parts) for parts in zip(*(batch.heads for batch in batches), strict=True)]
    columns: list[Any] = [*heads, *np.concatenate([batch.X for batch in batches]).T]
    for place, extra in enumerate(table.extras):
        columns.append([_value(extra, value) for batch in batches for value in batch.extras[place]])
    arrays = [arrow.array(column, type=kind) for column, kind in zip(columns, schema.types, strict=True)]
    return arrow.Table.from_arrays(arrays, schema=schema)


def _value(extra: ExtraColumn, value: Any) -> Any:
    """Return a further value as its type in the file takes it."""
    if value is None or extra.kind in ("bool", "int"):
        return value
    if extra.kind == "other":
        return value if isinstance(value, str) else json.dumps(value, default=_listed)
    return np.asarray(value, np.float64).tolist()


def _listed(value: Any) -> Any:
    """Return what JSON does not know as what it knows."""
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else str(value)

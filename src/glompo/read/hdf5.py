"""A run as one HDF5 file, for tools that read tables."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from glompo.events import Noted
from glompo.function import scratch_of
from glompo.optional import library
from glompo.read.export import cell
from glompo.read.history import load
from glompo.read.suffixes import refuse_other
from glompo.read.table import Batch, ExtraColumn, table_of
from glompo.storage.files import atomic_write

BLOCK = 2048
"""Rows of the file that are stored together."""


def to_hdf5(run_dir: str | os.PathLike[str], path: str | os.PathLike[str]) -> Path:
    """Write a run, alive or dead, as an HDF5 file and return its path.

    The file has a group ``optimizer_<number>`` for each optimizer. What is known of it are its attributes; its lines
    are the dataset ``messages`` with the fields time and text; evaluations that are not ok, if there are any, the
    dataset ``failures`` with the fields count, status, reason and scratch directory; its evaluations the dataset
    ``evaluations`` with the fields call_id (number in the run, from 1), x of shape (d,), fx, time, status, and the
    further values of detailed calls under their names: as float64 if all of them are numbers, or arrays of one shape,
    else as text. A missing value is nan or an empty text. The file appears when it is complete.

    Parameters
    ----------
    run_dir : path-like
        Working directory of the run.
    path : path-like
        File to be written; its folder is made if need be.

    Raises
    ------
    UserError
        If `run_dir` holds no run, or h5py is missing.
    StoreError
        If the file cannot be written.
    """
    refuse_other(path, "HDF5")
    h5py, target, history = library("an HDF5 file", "h5py", "hdf5"), Path(path), load(run_dir)
    evaluations = table_of(history.run_dir)
    table = _Table(h5py, history.view.dims, evaluations.extras)
    with atomic_write(target, "give another path") as draft, h5py.File(draft, "w") as file:
        groups = {row.opt_id: _group(file, row) for row in history.result.optimizers}
        file.attrs["task"] = history.opening.task
        file.attrs["parameters"] = [str(name) for name in history.opening.names]
        messages: dict[int, list[tuple[float, str]]] = defaultdict(list)
        for event in history.events:
            if isinstance(event, Noted) and event.opt in groups:
                messages[event.opt].append((event.at, event.text))
        text = h5py.string_dtype()
        failed = np.dtype([("count", "i8"), ("status", "u1"), ("reason", text), ("scratch", text)])
        failures: dict[int, list[tuple[int, int, str, str]]] = defaultdict(list)
        for batch in evaluations.batches():
            if batch.opt not in groups:
                break  # a living run has gone on since
            table.add(batch, groups[batch.opt])
            for row, reason in batch.reasons.items():
                failures[batch.opt].append((batch.first + row, int(batch.status[row]), reason, scratch_of(reason)))
        for opt, rows in failures.items():
            groups[opt].create_dataset("failures", data=np.array(rows, dtype=failed))
        for opt, group in groups.items():
            kind = np.dtype([("time", "f8"), ("text", text)])
            group.create_dataset("messages", data=np.array(messages[opt], dtype=kind))
            table.write(opt, group)
    return target


def _group(file: Any, row: Any) -> Any:
    group = file.create_group(f"optimizer_{row.opt_id}")
    group.attrs["type"] = row.kind
    group.attrs["label"] = row.label
    group.attrs["regime"] = row.regime
    group.attrs["settings"] = json.dumps(dict(row.config), default=str)
    group.attrs["slots"] = row.slots
    group.attrs["started_because"] = row.started_because
    group.attrs["x0"] = row.x0
    group.attrs["evaluations"] = row.evaluations
    group.attrs["best_fx"] = row.best_f
    group.attrs["end"] = row.ending
    for name in ("started_at", "ended_at"):
        at = getattr(row, name)
        group.attrs[name] = np.nan if at is None else at
    return group


class _Table:
    """Evaluations of all optimizers on their way into the file."""

    def __init__(self, h5py: Any, dims: int, extras: Sequence[ExtraColumn]) -> None:
        taken = {"call_id", "x", "fx", "time", "status"}
        self._extras = {f"{extra.name}_" if extra.name in taken else extra.name: extra for extra in extras}
        text = h5py.string_dtype()
        kinds = [(name, "f8", extra.shape) if _numeric(extra) else (name, text) for name, extra in self._extras.items()]
        fields = [("call_id", "i8"), ("x", "f8", (dims,)), ("fx", "f8"), ("time", "f8"), ("status", "u1"), *kinds]
        self._kind = np.dtype(fields)
        self._parts: dict[int, list[Any]] = defaultdict(list)

    def add(self, batch: Batch, group: Any) -> None:
        """Take a batch; what fills a block of the file is written into the group of its optimizer."""
        rows = np.zeros(len(batch), self._kind)
        rows["call_id"] = np.arange(batch.order, batch.order + len(batch))
        rows["x"], rows["fx"], rows["status"], rows["time"] = batch.X, batch.value, batch.status, batch.time
        for (name, extra), values in zip(self._extras.items(), batch.extras, strict=True):
            rows[name] = extra.padded(values) if _numeric(extra) else [cell(value) for value in values]
        parts = self._parts[batch.opt]
        parts.append(rows)
        if sum(map(len, parts)) >= BLOCK:
            self.write(batch.opt, group)

    def write(self, opt: int, group: Any) -> None:
        """Write the evaluations of one optimizer that are held."""
        data = np.concatenate([np.zeros(0, self._kind), *self._parts.pop(opt, [])])
        if "evaluations" not in group:
            group.create_dataset("evaluations", data=data, chunks=(BLOCK,), maxshape=(None,))
        elif len(data):
            table = group["evaluations"]
            table.resize(len(table) + len(data), axis=0)
            table[-len(data) :] = data


def _numeric(extra: ExtraColumn) -> bool:
    """Return whether all values of a column are numbers, or arrays of one shape."""
    return extra.kind in ("bool", "int", "float") or (extra.kind == "array" and extra.one_shape)

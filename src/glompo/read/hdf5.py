"""A run as one HDF5 file, for tools that read tables."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from glompo.errors import UserError
from glompo.events import Evaluated, Noted
from glompo.function import scratch_of
from glompo.read.export import cell, survey
from glompo.read.history import History, load
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
    h5py, target, history = _h5py(), Path(path), load(run_dir)
    _, names, count = survey(history.run_dir)
    table = _Table(h5py, history.view.dims, names, _shapes(history, names))
    with atomic_write(target, "give another path") as draft, h5py.File(draft, "w") as file:
        groups = {row.opt_id: _group(file, row) for row in history.result.optimizers}
        file.attrs["task"] = history.opening.task
        file.attrs["parameters"] = [str(name) for name in history.opening.names]
        messages: dict[int, list[tuple[float, str]]] = defaultdict(list)
        order = 0
        for event in history.events:
            if isinstance(event, Noted) and event.opt in groups:
                messages[event.opt].append((event.at, event.text))
            elif isinstance(event, Evaluated) and order < count:
                table.add(event, order)
                order += len(event.f)
        text = h5py.string_dtype()
        failed = np.dtype([("count", "i8"), ("status", "u1"), ("reason", text), ("scratch", text)])
        for opt, rows in _failures(history).items():
            groups[opt].create_dataset("failures", data=np.array(rows, dtype=failed))
        for opt, group in groups.items():
            kind = np.dtype([("time", "f8"), ("text", text)])
            group.create_dataset("messages", data=np.array(messages[opt], dtype=kind))
            table.write(opt, group)
    return target


def _h5py() -> Any:
    try:
        return import_module("h5py")
    except ImportError as error:
        raise UserError(
            f"an HDF5 file needs h5py, which cannot be imported ({error}); install it: pip install 'glompo[hdf5]'"
        ) from error


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


def _shapes(history: History, names: Sequence[str]) -> list[tuple[int, ...] | None]:
    """Return the shape of the numbers in each column of extras; None if they are no numbers of one shape."""
    shapes: list[set[tuple[int, ...] | None]] = [set() for _ in names]
    for event in history.events:
        if isinstance(event, Evaluated):
            for row in event.extras:
                for found, value in zip(shapes, row, strict=False):
                    found.add(_shape(value))
    return [next(iter(found)) if len(found) == 1 else None for found in shapes]


def _shape(value: Any) -> tuple[int, ...] | None:
    try:
        array = np.asarray(value)
    except ValueError:  # rows of different lengths
        return None
    return array.shape if array.dtype.kind in "biuf" else None


def _failures(history: History) -> dict[int, list[tuple[int, int, str, str]]]:
    """Return the evaluations of each optimizer that are not ok: number, status, reason and scratch directory."""
    found: dict[int, list[tuple[int, int, str, str]]] = defaultdict(list)
    for event in history.events:
        if isinstance(event, Evaluated):
            for row, reason in event.errors:
                said = (event.k0 + row + 1, int(event.status[row]), reason, scratch_of(reason))
                found[event.opt].append(said)
    return found


class _Table:
    """Evaluations of all optimizers on their way into the file."""

    def __init__(self, h5py: Any, dims: int, names: Sequence[str], shapes: Sequence[tuple[int, ...] | None]) -> None:
        taken = {"call_id", "x", "fx", "time", "status"}
        self._names = [f"{name}_" if name in taken else name for name in names]
        self._shapes = shapes
        text = h5py.string_dtype()
        extras = [
            (name, text) if shape is None else (name, "f8", shape)
            for name, shape in zip(self._names, shapes, strict=True)
        ]
        fields = [("call_id", "i8"), ("x", "f8", (dims,)), ("fx", "f8"), ("time", "f8"), ("status", "u1"), *extras]
        self._kind = np.dtype(fields)
        self._parts: dict[int, list[Any]] = defaultdict(list)

    def add(self, event: Evaluated, order: int) -> None:
        """Take a batch, the first row of which is number `order` of the run, from 0."""
        rows = np.zeros(len(event.f), self._kind)
        rows["call_id"] = np.arange(order + 1, order + 1 + len(event.f))
        rows["x"], rows["fx"], rows["status"] = event.X, event.f, event.status
        rows["time"] = event.at - event.ages.astype(np.float64)
        for column, (name, shape) in enumerate(zip(self._names, self._shapes, strict=True)):
            values = [row[column] if column < len(row) else None for row in event.extras or [()] * len(event.f)]
            if shape is None:
                rows[name] = [cell(value) for value in values]
            else:
                missing = np.full(shape, np.nan)
                rows[name] = [missing if value is None else np.asarray(value, float) for value in values]
        self._parts[event.opt].append(rows)

    def write(self, opt: int, group: Any) -> None:
        """Write the evaluations of one optimizer."""
        parts = self._parts.pop(opt, [])
        data = np.concatenate(parts) if parts else np.zeros(0, self._kind)
        group.create_dataset("evaluations", data=data, chunks=(BLOCK,), maxshape=(None,))

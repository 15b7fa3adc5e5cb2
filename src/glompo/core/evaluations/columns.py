"""Consecutive evaluations of one optimizer as columns: how they lie in memory, and how a batch becomes rows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.events import Evaluated, Event
from glompo.function import Status

NAMES = ("X", "f", "best_f", "at", "order", "status", "seconds")
"""The columns."""

OK = np.uint8(Status.OK)
"""A number to compare arrays with: numpy asks a member of an enumeration for four attributes before it takes it."""

Rows = NDArray[np.void]
"""A structured array with the fields `NAMES`, one record for each evaluation."""


@lru_cache
def row_type(dims: int) -> np.dtype[np.void]:
    """Return the type of one evaluation of `dims` parameters.

    Every field lies where the machine reads it fast, and every byte belongs to a field, so that equal rows have equal
    bytes.
    """
    wide: list[Any] = [("X", "<f8", (dims,)), ("f", "<f8"), ("best_f", "<f8"), ("at", "<f8"), ("order", "<i8")]
    return np.dtype([*wide, ("seconds", "<f4"), ("status", "u1"), ("", "u1", (3,))])


def blank(n: int, dims: int) -> Rows:
    """Return `n` rows to be filled."""
    return np.zeros(n, row_type(dims))


class Named(ABC):
    """Evaluations of one optimizer, in order, of which every column has a name."""

    __slots__ = ()

    @abstractmethod
    def __len__(self) -> int:
        """Number of evaluations."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {len(self):,} evaluations, columns {', '.join(NAMES)}>"

    @abstractmethod
    def _column(self, name: str) -> NDArray[Any]:
        """Return a column of all evaluations."""

    @property
    def X(self) -> NDArray[np.float64]:
        """Parameters in natural units, shape (n, d)."""
        return self._column("X")

    @property
    def f(self) -> NDArray[np.float64]:
        """Values handed to the optimizer, shape (n,)."""
        return self._column("f")

    @property
    def best_f(self) -> NDArray[np.float64]:
        """Smallest valid value of the optimizer up to each evaluation, shape (n,); +inf before the first."""
        return self._column("best_f")

    @property
    def status(self) -> NDArray[np.uint8]:
        """Status of each evaluation, shape (n,)."""
        return self._column("status")

    @property
    def seconds(self) -> NDArray[np.float32]:
        """Duration of each evaluation in seconds, shape (n,)."""
        return self._column("seconds")

    @property
    def at(self) -> NDArray[np.float64]:
        """Run time in seconds at which each evaluation was completed, shape (n,)."""
        return self._column("at")

    @property
    def order(self) -> NDArray[np.int64]:
        """Place of each evaluation in the whole run, from 0, shape (n,)."""
        return self._column("order")


class Columns(Named):
    """Consecutive evaluations of one optimizer; nothing can be written to.

    Parameters
    ----------
    rows : structured array of shape (n,)
        See :func:`row_type`.
    """

    __slots__ = ("_rows",)

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def valid(self) -> NDArray[np.bool_]:
        """Whether each evaluation gave a finite value of the task, shape (n,)."""
        valid: NDArray[np.bool_] = (self.status == OK) & np.isfinite(self.f)
        return valid

    @property
    def rows(self) -> Rows:
        """The records."""
        return _sealed(self._rows.view())

    def _column(self, name: str) -> NDArray[Any]:
        return _sealed(self._rows[name])


def _sealed(view: NDArray[Any]) -> NDArray[Any]:
    view.flags.writeable = False
    return view


def fill(rows: Rows, batch: Evaluated, order0: int, best: float) -> None:
    """Write a batch into as many rows: the one way from events to columns.

    Parameters
    ----------
    rows : structured array of shape (n,)
        Where to.
    batch : Evaluated
        n evaluations.
    order0 : int
        Number of the first one in the whole run, from 0.
    best : float
        Smallest valid value of the optimizer before them.
    """
    rows["X"], rows["f"], rows["status"], rows["seconds"] = batch.X, batch.f, batch.status, batch.seconds
    np.subtract(batch.at, batch.ages, out=rows["at"], dtype=np.float64)  # float32 would lose run time
    rows["order"] = np.arange(order0, order0 + len(rows))
    np.minimum(np.minimum.accumulate(valid_values(batch.status, batch.f)), best, out=rows["best_f"])


def valid_values(status: NDArray[np.uint8], f: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return `f` with +inf in place of values that are not valid."""
    if status.tobytes().count(OK) == len(f):  # nearly always, and ten times as fast for one value
        return f
    return np.where(status == OK, f, np.inf)


def rows_of(events: Iterable[Event], opt: int, start: int, stop: int, dims: int) -> Columns:
    """Return the evaluations `start` to `stop` of an optimizer from the events of its run.

    Raises
    ------
    LookupError
        If they are not among them.
    """
    parts, order, best = [blank(0, dims)], 0, np.inf
    for event in events:
        if not isinstance(event, Evaluated):
            continue
        if event.opt == opt:
            rows = blank(len(event.f), dims)
            fill(rows, event, order, best)
            best = float(rows["best_f"][-1])
            parts.append(rows[max(0, start - event.k0) : max(0, stop - event.k0)])
        order += len(event.f)
    found = np.concatenate(parts)
    if len(found) != stop - start:
        raise LookupError(f"evaluations {start} to {stop} of optimizer {opt} are not all in this history")
    return Columns(found)


def extras_of(events: Iterable[Event], opt: int) -> tuple[tuple[Any, ...], ...]:
    """Return the further values of the detailed calls of an optimizer, one row for each of its first evaluations."""
    rows: list[tuple[Any, ...]] = []
    for event in events:
        if isinstance(event, Evaluated) and event.opt == opt and event.extras:
            rows.extend([()] * (event.k0 - len(rows)))
            rows.extend(event.extras)
    return tuple(rows)


def track_of(event: Evaluated, place: int) -> list[Any]:
    """Return the further value at `place` of each evaluation of a batch, None where there is none."""
    if not event.extras:
        return [None] * len(event.f)
    return [row[place] if place < len(row) else None for row in event.extras]


def names_of_extras(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of further values in the settings of a run; earlier versions recorded a leading `fx` as well."""
    names = tuple(map(str, settings.get("headers") or ()))
    return names[1:] if names[:1] == ("fx",) else names


def distinct(names: Iterable[str], taken: Iterable[str], prefix: str) -> list[str]:
    """Return names that differ from each other and from those that are taken: with a prefix where need be.

    Examples
    --------
    >>> distinct(["time", "a", "extra:time"], ["time"], "extra:")
    ['extra:time', 'a', 'extra:extra:time']
    """
    used, found = set(taken), []
    for name in names:
        while name in used:
            name = prefix + name
        used.add(name)
        found.append(name)
    return found

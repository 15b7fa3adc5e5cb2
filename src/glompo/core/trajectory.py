"""The evaluations of one optimizer as append-only columns."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.core.events import Evaluated
from glompo.function import Status

FIRST_CAPACITY = 16


class Trajectory:
    """Columns of everything that one optimizer evaluated, in order.

    Reading gives views that cannot be written to. Row k is the optimizer's k-th evaluation, from 0.

    Parameters
    ----------
    dims : int
        Number of parameters d.
    """

    __slots__ = ("_at", "_best_f", "_capacity", "_f", "_n", "_order", "_seconds", "_status", "_x", "best_k", "extras")

    def __init__(self, dims: int) -> None:
        self._n = 0
        self._capacity = 0
        self._x = np.empty((0, dims))
        self._f = np.empty(0)
        self._best_f = np.empty(0)
        self._at = np.empty(0)
        self._order = np.empty(0, np.int64)
        self._status = np.empty(0, np.uint8)
        self._seconds = np.empty(0, np.float32)
        self.best_k = -1
        self.extras: list[tuple[Any, ...]] = []

    def __len__(self) -> int:
        return self._n

    @property
    def X(self) -> NDArray[np.float64]:
        """Parameters in natural units, shape (n, d)."""
        return _sealed(self._x[: self._n])

    @property
    def f(self) -> NDArray[np.float64]:
        """Values handed to the optimizer, shape (n,)."""
        return _sealed(self._f[: self._n])

    @property
    def best_f(self) -> NDArray[np.float64]:
        """Smallest valid value up to each evaluation, shape (n,); +inf before the first."""
        return _sealed(self._best_f[: self._n])

    @property
    def status(self) -> NDArray[np.uint8]:
        """Status of each evaluation, shape (n,)."""
        return _sealed(self._status[: self._n])

    @property
    def seconds(self) -> NDArray[np.float32]:
        """Duration of each evaluation in seconds, shape (n,)."""
        return _sealed(self._seconds[: self._n])

    @property
    def at(self) -> NDArray[np.float64]:
        """Run time in seconds at which each evaluation was completed, shape (n,)."""
        return _sealed(self._at[: self._n])

    @property
    def order(self) -> NDArray[np.int64]:
        """Place of each evaluation in the whole run, from 0, shape (n,)."""
        return _sealed(self._order[: self._n])

    @property
    def best(self) -> float:
        """Smallest valid value; +inf if there is none."""
        return float(self._best_f[self._n - 1]) if self._n else np.inf

    @property
    def best_x(self) -> NDArray[np.float64] | None:
        """Where the smallest valid value was found, shape (d,)."""
        return _sealed(self._x[self.best_k]) if self.best_k >= 0 else None

    def append(self, batch: Evaluated, order0: int) -> None:
        """Add a batch whose first row is number `order0` of the whole run."""
        n, m = self._n, self._n + len(batch.f)
        if m > self._capacity:
            self._grow(m)
        self._x[n:m] = batch.X
        self._f[n:m] = batch.f
        self._status[n:m] = batch.status
        self._seconds[n:m] = batch.seconds
        np.subtract(batch.at, batch.ages, out=self._at[n:m], dtype=np.float64)  # float32 would lose run time
        self._order[n:m] = np.arange(order0, order0 + m - n)
        before = self.best
        valid = np.where(batch.status == Status.OK, batch.f, np.inf)
        np.minimum(np.minimum.accumulate(valid), before, out=self._best_f[n:m])
        self._n = m
        if self._best_f[m - 1] < before:
            self.best_k = n + int(valid.argmin())
        if batch.extras:
            self.extras.extend([()] * (n - len(self.extras)))
            self.extras.extend(batch.extras)

    def columns(self) -> dict[str, Any]:
        """Return all columns as plain data, for a snapshot."""
        return {
            "x": self.X, "f": self.f, "best_f": self.best_f, "at": self.at, "order": self.order,
            "status": self.status, "seconds": self.seconds, "best_k": self.best_k, "extras": self.extras,
        }  # fmt: skip

    @classmethod
    def from_columns(cls, columns: dict[str, Any], dims: int) -> Trajectory:
        """Return the trajectory that :meth:`columns` described."""
        new = cls(dims)
        new._x, new._f, new._best_f = columns["x"], columns["f"], columns["best_f"]
        new._at, new._order = columns["at"], columns["order"]
        new._status, new._seconds = columns["status"], columns["seconds"]
        new.best_k = columns["best_k"]
        new.extras = [tuple(row) for row in columns["extras"]]
        new._n = new._capacity = len(new._f)
        return new

    def _grow(self, needed: int) -> None:
        self._capacity = max(FIRST_CAPACITY, needed, 2 * self._capacity)
        self._x = _enlarged(self._x, self._capacity)
        self._f = _enlarged(self._f, self._capacity)
        self._best_f = _enlarged(self._best_f, self._capacity)
        self._at = _enlarged(self._at, self._capacity)
        self._order = _enlarged(self._order, self._capacity)
        self._status = _enlarged(self._status, self._capacity)
        self._seconds = _enlarged(self._seconds, self._capacity)


def _enlarged(column: NDArray[Any], capacity: int) -> NDArray[Any]:
    new = np.empty((capacity, *column.shape[1:]), column.dtype)
    new[: len(column)] = column
    return new


def _sealed(column: NDArray[Any]) -> NDArray[Any]:
    view = column.view()
    view.flags.writeable = False
    return view

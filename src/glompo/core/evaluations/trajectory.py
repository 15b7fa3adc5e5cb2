"""What is kept in memory of one optimizer's evaluations: the last ones, and what is needed of all of them.

Which rows are kept depends on nothing but how many there have been, so that every fold of the same events keeps the
same. Older rows are in the journal, and :class:`~glompo.core.evaluations.evaluations.Evaluations` reads them
from there.
"""

from __future__ import annotations

from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.core.evaluations.blocks import SHORTEST_BLOCK, Blocks
from glompo.core.evaluations.columns import Columns, Rows, blank, fill, row_type, valid_values
from glompo.events import Evaluated

FIRST_CAPACITY = 16

TICKS = 1_000_000
"""Parts of a second in which durations are added up."""

EVERYTHING = 2**62
"""More rows than there will ever be."""


class Trajectory:
    """The evaluations of one optimizer as the state of a run remembers them.

    Row k is the optimizer's k-th evaluation, from 0.

    Parameters
    ----------
    dims : int
        Number of parameters d.
    keep : int
        Rows that stay in memory, if there are as many; up to a quarter or a block more.
    blocks : Blocks, optional
        What is remembered of the others.

    Attributes
    ----------
    best : float
        Smallest valid value; +inf if there is none.
    best_k, best_order : int
        The first evaluation that gave it: its number, and its place in the whole run, from 0; -1 if there is none.
    best_at : float
        Run time in seconds at which it was completed; 0 if there is none.
    best_x : ndarray of shape (d,), or None
        Where.
    largest : float
        Largest finite value, valid or not; -inf if there is none.
    first_order : int
        Place of the first evaluation in the whole run, from 0; -1 if there is none.
    ticks : int
        Microseconds that all of them have taken: sums of whole numbers do not depend on their order.
    first : ndarray of shape (m,)
        The first max(10, d) values; nan where they are not valid.
    """

    __slots__ = (
        "_end", "_rows", "_start", "best", "best_at", "best_k", "best_order", "best_x", "blocks", "dims", "first",
        "first_order", "keep", "largest", "ticks",
    )  # fmt: skip

    def __init__(self, dims: int, keep: int = EVERYTHING, blocks: Blocks | None = None) -> None:
        self.dims = dims
        self.keep = keep
        self.blocks = blocks or Blocks(max(SHORTEST_BLOCK, dims), 1)
        self._rows = blank(0, dims)
        self._start = self._end = 0
        self.best = np.inf
        self.best_k = self.best_order = -1
        self.best_at = 0.0
        self.best_x: NDArray[np.float64] | None = None
        self.largest = -np.inf
        self.first_order = -1
        self.ticks = 0
        self.first = np.empty(0)

    def __len__(self) -> int:
        return self._end

    @property
    def start(self) -> int:
        """Number of the first row that is in memory."""
        return self._start

    @property
    def kept(self) -> Columns:
        """The rows that are in memory."""
        return Columns(self._rows[: self._end - self._start])

    @property
    def nbytes(self) -> int:
        """Bytes of rows and blocks."""
        return self._rows.nbytes + self.blocks.values.nbytes

    def append(self, batch: Evaluated, order0: int) -> None:
        """Add a batch whose first row is number `order0` of the whole run."""
        used = self._end - self._start
        if used + len(batch.f) > len(self._rows):
            self._grow(used + len(batch.f))
        rows = self._rows[used : used + len(batch.f)]
        fill(rows, batch, order0, self.best)
        if rows["best_f"][-1] < self.best:
            self._note_best(rows)
        high = float(batch.f.max())
        if not isfinite(high):
            high = float(np.max(batch.f, where=np.isfinite(batch.f), initial=-np.inf))
        self.largest = max(self.largest, high)
        self.ticks += int(np.rint(batch.seconds.astype(np.float64) * TICKS).sum())
        self.first_order = self.first_order if self._end else order0
        if self._end < (head := max(SHORTEST_BLOCK, self.dims)):
            new = Columns(rows[: head - self._end])
            self.first = np.concatenate([self.first, np.where(new.valid, new.f, np.nan)])
        self._end += len(rows)
        self._trim()

    def shrink(self) -> None:
        """Give back memory that is held for rows to come."""
        self._rows = self._rows[: self._end - self._start].copy()

    def forget(self) -> None:
        """Keep the last row only, and no block."""
        self._rows = self._rows[: self._end - self._start][-1:].copy()
        self._start = max(self._start, self._end - 1)
        self.blocks = Blocks(self.blocks.size, self.blocks.most)

    def memory(self) -> dict[str, Any]:
        """Return everything as plain data, for a snapshot; it stays the same although the trajectory goes on.

        Nothing has to be copied for that: rows are written once, and those that move, move to another place.
        """
        blocks = self.blocks
        return {
            "dims": self.dims, "keep": self.keep, "start": self._start, "end": self._end,
            "best": self.best, "best_k": self.best_k, "best_order": self.best_order, "best_at": self.best_at,
            "best_x": self.best_x, "largest": self.largest, "first": self.first,
            "first_order": self.first_order, "ticks": self.ticks,
            "size": blocks.size, "most": blocks.most, "blocks_end": blocks.end, "blocks": blocks.values,
            "rows": self._rows[: self._end - self._start].view(np.uint8),
        }  # fmt: skip

    @classmethod
    def from_memory(cls, memory: dict[str, Any]) -> Trajectory:
        """Return the trajectory that :meth:`memory` described."""
        blocks = Blocks(memory["size"], memory["most"], memory["blocks_end"], memory["blocks"])
        new = cls(memory["dims"], memory["keep"], blocks)
        new._start, new._end = memory["start"], memory["end"]
        new.best, new.best_k, new.best_order = memory["best"], memory["best_k"], memory["best_order"]
        new.best_at, new.best_x, new.largest = memory["best_at"], memory["best_x"], memory["largest"]
        new.first, new.first_order, new.ticks = memory["first"], memory["first_order"], memory["ticks"]
        new._rows = memory["rows"].view(row_type(new.dims))
        return new

    def _note_best(self, rows: Rows) -> None:
        k = int(valid_values(rows["status"], rows["f"]).argmin())
        self.best, self.best_k, self.best_order = float(rows["f"][k]), self._end + k, int(rows["order"][k])
        self.best_at, self.best_x = float(rows["at"][k]), rows["X"][k].copy()
        self.best_x.flags.writeable = False

    def _trim(self) -> None:
        """Let old rows go, whole blocks of them, and many at once: each row is moved only a few times."""
        size = self.blocks.size
        step = -(-max(self.keep // 4, size) // size) * size
        start = max(0, (self._end - self.keep) // step * step)
        if start <= self._start:
            return
        gone, used = start - self._start, self._end - self._start
        if self._start % size == 0:
            self.blocks.absorb(self._start, Columns(self._rows[:gone]))
        rows = np.zeros_like(self._rows)  # not in place: columns that were handed out still show the old ones
        rows[: used - gone] = self._rows[gone:used]
        self._rows, self._start = rows, start

    def _grow(self, needed: int) -> None:
        new = blank(max(FIRST_CAPACITY, needed, 2 * len(self._rows)), self.dims)
        new[: self._end - self._start] = self._rows[: self._end - self._start]
        self._rows = new

"""All evaluations of one optimizer, as policies and readers see them."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from glompo.core.evaluations.blocks import blocks_of
from glompo.core.evaluations.columns import Columns, Named
from glompo.core.evaluations.trajectory import Trajectory
from glompo.errors import PolicyError


class History(Protocol):
    """Reads evaluations that are no longer in memory."""

    def rows(self, opt: int, start: int, stop: int) -> Columns:
        """Return the evaluations `start` to before `stop` of optimizer `opt`, from 0; at least one is asked for."""

    def extras(self, opt: int) -> tuple[tuple[Any, ...], ...]:
        """Return the further values of its detailed calls, one row for each of its first evaluations."""

    def track(self, opt: int, place: int) -> list[Any]:
        """Return the further value at `place` of each of its first evaluations, None where there is none."""


class Evaluations(Named):
    """Columns of everything that one optimizer evaluated, in order.

    Row k is the optimizer's k-th evaluation, from 0. The columns have all rows and cannot be written to. The last
    rows are in memory; older ones of a long search are read from the journal, which takes time: ask for the rows that
    you need, with :meth:`last` or :meth:`rows`.

    Parameters
    ----------
    opt : int
        Number of the optimizer.
    memory : Trajectory
        What is in memory.
    history : History, optional
        Where the rest is read.
    """

    __slots__ = ("_history", "_memory", "_opt")

    def __init__(self, opt: int, memory: Trajectory, history: History | None = None) -> None:
        self._opt = opt
        self._memory = memory
        self._history = history

    def __len__(self) -> int:
        return len(self._memory)

    @property
    def best_k(self) -> int:
        """Number of the evaluation that gave the smallest valid value; -1 if there is none."""
        return self._memory.best_k

    @property
    def best_at(self) -> float:
        """Run time in seconds at which it was completed; 0 if there is none."""
        return self._memory.best_at

    @property
    def best_order(self) -> int:
        """Place of it in the whole run, from 0; -1 if there is none."""
        return self._memory.best_order

    @property
    def first_order(self) -> int:
        """Place of the first evaluation in the whole run, from 0; -1 if there is none."""
        return self._memory.first_order

    @property
    def ticks(self) -> int:
        """Microseconds that all of them have taken."""
        return self._memory.ticks

    @property
    def recent(self) -> Columns:
        """The rows that are in memory, the last ones; a policy's answer must not depend on how many these are."""
        return self._memory.kept

    @property
    def largest(self) -> float:
        """Largest finite value; -inf if there is none."""
        return self._memory.largest

    @property
    def first(self) -> NDArray[np.float64]:
        """The first max(10, d) values, nan where they are not valid; always in memory."""
        values = self._memory.first.view()
        values.flags.writeable = False
        return values

    @property
    def extras(self) -> tuple[tuple[Any, ...], ...]:
        """Further values of detailed calls, one row for each of the first evaluations; always read from the journal."""
        return self._reader(0).extras(self._opt)

    def track(self, place: int) -> NDArray[Any]:
        """Return the further value at `place` of each evaluation, shape (n,).

        Numbers are float64, nan where there is none. If one is no number, all are objects, None where there is none.
        """
        values = self._reader(0).track(self._opt, place)[: len(self)]
        values = values + [None] * (len(self) - len(values))
        if all(one is None or isinstance(one, (int, float)) for one in values):
            return np.array([np.nan if one is None else one for one in values], dtype=np.float64)
        track = np.empty(len(values), dtype=object)
        for k, value in enumerate(values):
            track[k] = value
        return track

    def last(self, n: int) -> Columns:
        """Return the last `n` rows, or all if there are fewer."""
        return self.rows(max(0, len(self) - n))

    def rows(self, start: int = 0, stop: int | None = None) -> Columns:
        """Return the rows from number `start` to before `stop`; up to the last one if `stop` is None.

        Raises
        ------
        PolicyError
            If some are no longer in memory and there is no journal to read them from.
        """
        stop = len(self) if stop is None else min(stop, len(self))
        start = min(start, stop)
        begin, kept = self._memory.start, self._memory.kept.rows
        if start == stop:
            return Columns(kept[:0])
        if start >= begin:
            return Columns(kept[start - begin : stop - begin])
        older = self._reader(start).rows(self._opt, start, min(stop, begin))
        return older if stop <= begin else Columns(np.concatenate([older.rows, kept[: stop - begin]]))

    def blocks(self, size: int, first: int, last: int) -> NDArray[np.float64]:
        """Return the blocks of `size` evaluations from number `first` to before `last`, shape (last - first, 4).

        Columns are those of :mod:`glompo.core.evaluations.blocks`. They are taken from the memory as far as it reaches.
        """
        known = self._memory.blocks
        if known.size != size or not known.begin <= first < known.end:
            return blocks_of(self.rows(first * size, last * size), size)
        old = known.values[first - known.begin : last - known.begin]
        if last <= known.end:
            return old
        return np.concatenate([old, blocks_of(self.rows(known.end * size, last * size), size)])

    def _reader(self, start: int) -> History:
        if self._history is None:
            raise PolicyError(
                f"evaluations of optimizer {self._opt} from {start} on are not all in memory (that begins with "
                f"{self._memory.start}), and this view of the run was made without a history to read them from"
            )
        return self._history

    def _column(self, name: str) -> NDArray[Any]:
        return self.rows()._column(name)

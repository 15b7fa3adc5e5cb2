"""Watches the memory of evaluations under way."""

from __future__ import annotations

import math
from collections.abc import Sequence
from time import perf_counter

from glompo.evaluators.pool.process_tree import process_trees, resident

PERIOD = 0.05
"""Seconds between two looks. A limit cannot be kept without looking: the kernel limits single processes only, by
address space, which many programs reserve and never use."""

SHARE = 20
"""A look at all processes of the machine is taken only when this many times its own duration has passed."""

WORN = 0.8
"""Share of the limit that a process may still hold between evaluations; one that holds more has leaked."""


class MemoryWatch:
    """Sums the resident memory of worker processes and their families.

    Parameters
    ----------
    limit : int or None
        Bytes; None for no watch.

    Attributes
    ----------
    due : float
        When the next look is due, on the clock that :meth:`over` is told.
    """

    def __init__(self, limit: int | None) -> None:
        self._limit = math.inf if limit is None else limit
        self._members: dict[int, list[int]] = {}
        self._look_again = -math.inf
        self.due = math.inf if limit is None else -math.inf

    @property
    def on(self) -> bool:
        """Whether there is a limit."""
        return self._limit < math.inf

    def over(self, now: float, leaders: Sequence[int]) -> dict[int, int]:
        """Return the bytes held by each family that holds more than the limit, by its leader."""
        self.due = now + PERIOD
        if not leaders:
            return {}
        if now >= self._look_again:
            begin = perf_counter()
            self._members = process_trees(leaders)
            self._look_again = now + SHARE * (perf_counter() - begin)
        held = {leader: sum(map(resident, (leader, *self._members.get(leader, ())))) for leader in leaders}
        return {leader: size for leader, size in held.items() if size > self._limit}

    def worn(self, pid: int) -> bool:
        """Return whether a process holds too much although it is idle."""
        return self.on and resident(pid) > WORN * self._limit

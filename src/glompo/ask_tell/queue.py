"""Where the points of a run wait for the driver, which evaluates them.

Three parties meet here. The *optimizers* put points into the queue, which is the evaluator of the run, and wait for
their values. The *driver* takes points and brings values, in any order. The *run* says how many evaluations are left,
and when points that were not taken are not wanted any more.

A point is *ready* until it is taken, and *out* until its value is brought. Whether an optimizer still computes its next
point or waits for the values of others cannot be told from outside; so a driver that asks for more than is ready waits
until the queue has been still for a while, and never longer.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from threading import Condition
from time import monotonic
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.errors import UnansweredError
from glompo.function import Outcome
from glompo.worker.call_gate import Cut

GATHER = 0.1
"""Seconds without another point after which a driver that wants all that there are gets them."""

SILENCE = 60.0
"""Seconds for which a driver waits for a point when no value is out that the run could be waiting for."""


@dataclass(slots=True)
class Offer:
    """A point in the queue.

    Attributes
    ----------
    x : ndarray, shape (d,)
        The point.
    future : Future
        Gets its outcome.
    taken_at : float
        When it was taken, in seconds of the monotonic clock.
    """

    x: NDArray[np.float64]
    future: Future[Outcome]
    taken_at: float = 0.0


class AskTellQueue:
    """An :class:`~glompo.evaluators.protocol.Evaluator` that evaluates nothing itself.

    Parameters
    ----------
    slots : int
        Points that may be out at once.
    patience : float
        Seconds for which a driver waits for points while others are ready or out.
    """

    def __init__(self, slots: int, patience: float) -> None:
        self._slots = slots
        self._patience = patience
        self._changed = Condition()
        self._offers: dict[int, Offer] = {}
        self._ready: deque[int] = deque()
        self._numbers = 0
        self._changed_at = monotonic()
        self._left: int | None = None
        self._ending = ""
        self._closed = False

    # the optimizers' side

    def evaluate(self, x: NDArray[np.float64]) -> Outcome:
        """Return the outcome at `x`, shape (d,), once it is brought; raise Cut if that will not happen."""
        return self.submit(x).result()

    def submit(self, x: NDArray[np.float64]) -> Future[Outcome]:
        """Put the point `x`, shape (d,), on the queue. What it returns raises Cut if no value will be brought."""
        future: Future[Outcome] = Future()
        with self._changed:
            if self._ending:
                raise Cut(self._ending)
            self._numbers += 1
            self._offers[self._numbers] = Offer(x.copy(), future)
            self._ready.append(self._numbers)
            self._mark_changed()
        return future

    def resize(self, workers: int) -> None:
        """Let `workers` points be out at once."""
        with self._changed:
            self._slots = workers
            self._changed.notify_all()

    def close(self, kill: bool = False) -> None:
        """Let no optimizer wait any longer."""
        self.abandon("the run is over")

    # the run's side

    def budget(self, left: int | None) -> None:
        """Take note how many evaluations may still be recorded; None for any number."""
        with self._changed:
            if left != self._left:
                self._left = left
                self._changed.notify_all()

    def withdraw(self, reason: str) -> None:
        """Take back what is ready, now and from now on; values of what is out are still awaited."""
        with self._changed:
            self._ending = self._ending or reason
            back = [self._offers.pop(number) for number in self._ready]
            self._ready.clear()
            self._changed.notify_all()
        _unwind(back, reason)

    def abandon(self, reason: str) -> None:
        """Unwind the optimizers that wait for a value, now and from now on: what was not brought was not evaluated."""
        with self._changed:
            self._ending = self._ending or reason
            self._closed = True
            left = list(self._offers.values())
            self._offers.clear()
            self._ready.clear()
            self._changed.notify_all()
        _unwind(left, reason)

    # the driver's side

    @property
    def closed(self) -> bool:
        """Whether no more points are offered."""
        return self._closed

    def take(self, n: int | None) -> list[tuple[int, NDArray[np.float64]]]:
        """Return `n` points with their numbers, in the order in which they were offered; None for all that there are.

        There are none if the queue is closed; nor, if all are asked for, before another value is brought.

        Raises
        ------
        ValueError
            If there are fewer than `n` before another value is brought.
        UnansweredError
            If no point comes although no value is out.
        """
        with self._changed:
            if n is not None and n > self._room and not self._closed:
                raise ValueError(
                    f"{n} points are asked for, but {self._out} of {self._slots} (max_jobs) are out: ingest their "
                    "values first, or ask for fewer"
                )
            self._await(n)
            if not self._offers and not self._closed:
                raise UnansweredError(
                    f"the run gave no point within {SILENCE:g} s although it waits for no value; its optimizers are "
                    "busy or at rest, see `glompo status`"
                )
            if n is not None and n > len(self._ready) and not self._closed:
                raise ValueError(
                    f"{n} points are asked for, {len(self._ready)} are there{self._why()}; ask for fewer, or ingest "
                    f"values first ({self._out} are out)"
                )
            return self._taken(min(len(self._ready), self._room) if n is None else n)

    def bring(self, told: Sequence[tuple[Any, Outcome]]) -> None:
        """Tell the outcomes of points that were taken, by their numbers.

        Raises
        ------
        ValueError
            If one of the numbers is not that of a point that is out; then none is told.
        """
        with self._changed:
            seen: set[Any] = set()
            for number, _ in told:
                if number not in self._offers or number in self._ready or number in seen:
                    over = f": {self._ending}" if self._closed else ""
                    raise ValueError(f"no suggested point with the _id {number!r} waits for its value{over}")
                seen.add(number)
            offers = [self._offers.pop(number) for number, _ in told]
            now = monotonic()
            self._mark_changed()
        for offer, (_, outcome) in zip(offers, told, strict=True):
            offer.future.set_result(replace(outcome, seconds=now - offer.taken_at))

    @property
    def _out(self) -> int:
        return len(self._offers) - len(self._ready)

    @property
    def _room(self) -> int:
        return max(0, self._slots - self._out)

    def _mark_changed(self) -> None:
        self._changed_at = monotonic()
        self._changed.notify_all()

    def _await(self, n: int | None) -> None:
        """Return when there are `n` points, or as many as fit, or when waiting is in vain."""
        began = monotonic()
        while not self._closed and len(self._ready) < (self._room if n is None else n):
            if self._offers and self._why():
                return
            if not self._offers:
                until = began + SILENCE
            else:
                until = self._changed_at + (GATHER if n is None and self._ready else self._patience)
            patience = until - monotonic()
            if patience <= 0:
                return
            self._changed.wait(patience)

    def _why(self) -> str:
        """Return why no further point comes, in a clause; empty if one may."""
        if self._ending:
            return f" ({self._ending})"
        if self._left is not None and len(self._offers) >= self._left:
            return " (the budget permits no more)"
        return ""

    def _taken(self, n: int) -> list[tuple[int, NDArray[np.float64]]]:
        numbers = [self._ready.popleft() for _ in range(0 if self._closed else n)]
        now = monotonic()
        for number in numbers:
            self._offers[number].taken_at = now
        return [(number, self._offers[number].x) for number in numbers]


def _unwind(offers: Iterable[Offer], reason: str) -> None:
    for offer in offers:
        offer.future.set_exception(Cut(reason))

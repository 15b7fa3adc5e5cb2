"""The evaluations of one flow that are under way."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from functools import partial

import numpy as np
from numpy.typing import NDArray

from glompo.evaluators.protocol import Call, Continuing, Evaluator, NotEvaluated
from glompo.function import Outcome
from glompo.safe_text import engine_text
from glompo.worker.mailbox import Mailbox

Place = tuple[int, NDArray[np.float64]]
"""A place in the flow and its point, shape (d,)."""


class PendingCalls:
    """Evaluations under way, by their places in the flow.

    Parameters
    ----------
    evaluator : Evaluator
        Computes them. One whose threads can go on by themselves has `follow` called in them.
    mailbox : Mailbox
        Where the search waits; woken when there may be something for it to do.
    in_order : bool
        Whether they are collected in the order in which they were launched.
    follow : callable
        ``follow(note)`` calls `note`, so that one evaluation is done, collects what is done, and says what the present
        thread is to evaluate next; None for nothing. One thread at a time: else another would take its next place.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        mailbox: Mailbox,
        in_order: bool,
        follow: Callable[[Callable[[], None]], Place | None],
    ) -> None:
        self._evaluator = evaluator
        self._continuing = evaluator if isinstance(evaluator, Continuing) else None
        self._mailbox = mailbox
        self._in_order = in_order
        self._follow = follow
        self._under_way: dict[int, Outcome | BaseException | None] = {}
        self._done: deque[int] = deque()

    @property
    def pending(self) -> int:
        """Number of evaluations that have not been collected."""
        return len(self._under_way)

    def reserve(self, i: int) -> None:
        """Count place `i` as under way: its evaluation begins right after this."""
        self._under_way[i] = None

    def launch(self, place: Place) -> None:
        """Begin the evaluation of a place that is reserved."""
        i, x = place
        try:
            if self._continuing is not None:
                self._continuing.begin(self._call(place))
                return
            future = self._evaluator.submit(x)
        except Exception as error:
            del self._under_way[i]
            raise not_evaluated(error) from error
        future.add_done_callback(partial(self._on_done, i))

    def is_next_done(self) -> bool:
        """Return whether the next evaluation to be collected is done."""
        if self._in_order and self._under_way:
            return self._under_way[next(iter(self._under_way))] is not None
        return bool(self._done)

    def has_news(self, before: int) -> bool:
        """Return whether the search has something to do, after it has left `before` evaluations under way.

        It collects what is done, which threads that go on by themselves do; they leave to it what they cannot.
        """
        return len(self._under_way) < before or (self._continuing is None and self.is_next_done())

    def collect(self) -> Iterator[tuple[int, Outcome]]:
        """Yield place and outcome of those that are done: in the order in which they were, or were launched.

        If one is never going to be made, what its evaluator says is raised behind the others; in order, nothing behind
        it can be recorded any more.
        """
        failure: BaseException | None = None
        # one after the other: what the caller has not taken when it is interrupted is still to be collected
        while self.is_next_done():
            i = next(iter(self._under_way)) if self._in_order else self._done.popleft()
            landed = self._under_way.pop(i)
            if isinstance(landed, Outcome):
                yield i, landed
                continue
            failure = landed
            if self._in_order:
                self._under_way.clear()
                break
        if isinstance(failure, Exception):
            raise not_evaluated(failure) from failure
        if failure is not None:
            raise failure

    def _call(self, place: Place) -> Call:
        i, x = place
        return x, partial(self._brought, i)

    def _brought(self, i: int, landed: Outcome | BaseException) -> Call | None:
        """Take what an evaluation gave, in its own thread, and return what that evaluates next."""
        place = self._follow(partial(self._note, i, landed))
        if place is not None:
            return self._call(place)
        self._mailbox.wake_up()
        return None

    def _on_done(self, i: int, future: Future[Outcome]) -> None:
        self._note(i, CancelledError() if future.cancelled() else future.exception() or future.result())
        self._mailbox.wake_up()

    def _note(self, i: int, landed: Outcome | BaseException) -> None:
        if i in self._under_way:  # else the flow was left behind one that is never going to be made
            self._under_way[i] = landed
            if not self._in_order:
                self._done.append(i)


def not_evaluated(error: Exception) -> NotEvaluated:
    """Return what an evaluator says that raises: it never does for what the task does."""
    return error if isinstance(error, NotEvaluated) else NotEvaluated(engine_text(error))

"""The evaluations of one batch that are under way."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future

import numpy as np
from numpy.typing import NDArray

from glompo.evaluators.protocol import Evaluator, NotEvaluated
from glompo.function import Outcome
from glompo.safe_text import engine_text
from glompo.worker.mailbox import Mailbox


class PendingCalls:
    """Evaluations under way, by their place in the batch."""

    def __init__(self, evaluator: Evaluator, mailbox: Mailbox, in_order: bool) -> None:
        self._evaluator = evaluator
        self._mailbox = mailbox
        self._in_order = in_order
        self._in_flight: dict[Future[Outcome], int] = {}
        self._done: deque[Future[Outcome]] = deque()

    @property
    def pending(self) -> int:
        """Number of evaluations that have not been collected."""
        return len(self._in_flight)

    def launch(self, i: int, x: NDArray[np.float64]) -> None:
        """Begin the evaluation of `x`, shape (d,), for place `i`."""
        try:
            future = self._evaluator.submit(x)
        except Exception as error:
            raise not_evaluated(error) from error
        self._in_flight[future] = i
        future.add_done_callback(self._on_done)

    def is_next_done(self) -> bool:
        """Return whether the next evaluation to be recorded is done."""
        return next(iter(self._in_flight)).done() if self._in_order and self._in_flight else bool(self._done)

    def collect(self) -> Iterator[tuple[int, Outcome]]:
        """Yield place and outcome of those that are done: in the order in which they were, or were launched.

        If one is never going to be made, what its evaluator says is raised behind the others; in order, nothing behind
        it can be recorded any more.
        """
        failure: BaseException | None = None
        # one after the other: what the caller has not taken when it is interrupted is still to be collected
        while (future := self._next_done()) is not None:
            place, error = self._in_flight.pop(future), future.exception()
            if error is None:
                yield place, future.result()
                continue
            failure = error
            if self._in_order:
                self._in_flight.clear()
                break
        if isinstance(failure, Exception):
            raise not_evaluated(failure) from failure
        if failure is not None:
            raise failure

    def _next_done(self) -> Future[Outcome] | None:
        if not self._in_order:
            return self._done.popleft() if self._done else None
        first = next(iter(self._in_flight), None)
        return first if first is not None and first.done() else None

    def _on_done(self, future: Future[Outcome]) -> None:
        if not self._in_order:
            self._done.append(future)
        self._mailbox.wake_up()


def not_evaluated(error: Exception) -> NotEvaluated:
    """Return what an evaluator says that raises: it never does for what the task does."""
    return error if isinstance(error, NotEvaluated) else NotEvaluated(engine_text(error))

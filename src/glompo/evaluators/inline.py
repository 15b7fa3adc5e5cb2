"""Evaluate the task right here, in threads of this process when several evaluations are in flight."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from queue import SimpleQueue
from threading import Thread
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.evaluators.call import INSTANT, callable_of, outcome_of
from glompo.evaluators.environment import leave_vanished_directory, present_directory
from glompo.evaluators.printstreams import present_place, printing_to
from glompo.evaluators.protocol import Call
from glompo.function import Outcome


class InlineEvaluator:
    """Call the task in this process.

    A task that leaves the process in a directory that it has removed does not harm what comes after it: the process
    goes back to where it was when the evaluator was made.

    Parameters
    ----------
    task : callable
        ``task(x) -> float``, or its `detailed_call` if `detailed`.
    detailed : int
        Whether ``task.detailed_call(x) -> (fx, *extras)`` is called instead.
    workers : int
        Evaluations in flight at most, each in a thread: a daemon, so that one that hangs cannot hold up the end of
        the interpreter, which waits for the threads of a ThreadPoolExecutor.
    """

    def __init__(self, task: Callable[..., Any], detailed: int = False, workers: int = 1) -> None:
        self._call = callable_of(task, detailed)
        self._detailed = detailed
        self._directory = present_directory()
        self._workers = workers
        self._threads: list[Thread] = []
        self._calls: SimpleQueue[tuple[Call, str] | None] = SimpleQueue()

    def evaluate(self, x: NDArray[np.float64]) -> Outcome:
        """Return the outcome at `x`, shape (d,)."""
        outcome = outcome_of(self._call, self._detailed, x)
        if outcome.seconds > INSTANT:
            leave_vanished_directory(self._directory)
        return outcome

    def submit(self, x: NDArray[np.float64]) -> Future[Outcome]:
        """Begin to compute the outcome at `x`, shape (d,), in a thread."""
        future: Future[Outcome] = Future()
        future.set_running_or_notify_cancel()
        self.begin((x, partial(_settle, future)))
        return future

    def begin(self, call: Call) -> None:
        """Begin to compute the outcome of a call in a thread, and of all that follow from it there."""
        self._calls.put((call, present_place()))
        if len(self._threads) < self._workers:
            thread = Thread(target=self._work, name=f"glompo-evaluation-{len(self._threads)}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def resize(self, workers: int) -> None:
        """Let `workers` evaluations be in flight at most; threads that there are already stay."""
        self._workers = workers

    def close(self, kill: bool = False) -> None:
        """End the threads after the evaluations under way; with `kill`, without waiting for that."""
        for _ in self._threads:
            self._calls.put(None)
        for thread in () if kill else self._threads:
            thread.join()

    def _work(self) -> None:
        while (begun := self._calls.get()) is not None:
            call: Call | None
            call, place = begun
            with printing_to(place):
                while call is not None:
                    x, then = call
                    call = then(self._landed(x))

    def _landed(self, x: NDArray[np.float64]) -> Outcome | BaseException:
        try:
            return self.evaluate(x)
        except BaseException as error:  # a defect of ours: the caller that waits must hear of it
            return error


def _settle(future: Future[Outcome], landed: Outcome | BaseException) -> None:
    if isinstance(landed, Outcome):
        future.set_result(landed)
    else:
        future.set_exception(landed)

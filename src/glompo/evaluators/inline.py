"""Evaluate the task right here, in threads of this process when several evaluations are in flight."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.evaluators.calling import callable_of, outcome_of
from glompo.function import Outcome


class InlineEvaluator:
    """Call the task in this process.

    Parameters
    ----------
    task : callable
        ``task(x) -> float``, or its `detailed_call` if `detailed`.
    detailed : bool
        Whether ``task.detailed_call(x) -> (fx, *extras)`` is called instead.
    workers : int
        Evaluations in flight at most, each in a thread.
    """

    def __init__(self, task: Callable[..., Any], detailed: bool = False, workers: int = 1) -> None:
        self._call = callable_of(task, detailed)
        self._detailed = detailed
        self._workers = workers
        self._threads: ThreadPoolExecutor | None = None

    def evaluate(self, x: NDArray[np.float64]) -> Outcome:
        """Return the outcome at `x`, shape (d,)."""
        return outcome_of(self._call, self._detailed, x)

    def submit(self, x: NDArray[np.float64]) -> Future[Outcome]:
        """Begin to compute the outcome at `x`, shape (d,), in a thread."""
        if self._threads is None:
            self._threads = ThreadPoolExecutor(self._workers, thread_name_prefix="glompo-evaluation")
        return self._threads.submit(self.evaluate, x)

    def close(self, kill: bool = False) -> None:
        """End the threads after the evaluations under way; with `kill`, without waiting for that."""
        if self._threads is not None:
            self._threads.shutdown(wait=not kill, cancel_futures=kill)

"""Evaluate the task right here, in threads of this process when several evaluations are in flight."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.function import Outcome, Status, assess


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
        self._call: Callable[..., Any] = task.detailed_call if detailed else task  # type: ignore[attr-defined]
        self._detailed = detailed
        self._workers = workers
        self._threads: ThreadPoolExecutor | None = None

    def evaluate(self, x: NDArray[np.float64]) -> Outcome:
        """Return the outcome at `x`, shape (d,)."""
        begin = perf_counter()
        try:
            raw = self._call(x)
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            return Outcome(math.nan, Status.FAILED, reason, (), perf_counter() - begin)
        seconds = perf_counter() - begin
        if not self._detailed:
            return assess(raw, seconds)
        try:
            fx, *extras = raw
        except (TypeError, ValueError):
            reason = f"detailed_call returned {type(raw).__name__}, not (fx, *extras)"
            return Outcome(math.nan, Status.INVALID, reason, (), seconds)
        return assess(fx, seconds, tuple(extras))

    def submit(self, x: NDArray[np.float64]) -> Future[Outcome]:
        """Begin to compute the outcome at `x`, shape (d,), in a thread."""
        if self._threads is None:
            self._threads = ThreadPoolExecutor(self._workers, thread_name_prefix="glompo-evaluation")
        return self._threads.submit(self.evaluate, x)

    def close(self) -> None:
        """End the threads after the evaluations under way."""
        if self._threads is not None:
            self._threads.shutdown(wait=True)

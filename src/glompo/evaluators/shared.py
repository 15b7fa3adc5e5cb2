"""One evaluator used by many optimizers: built once for all, while each can end the evaluations of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future

import numpy as np
from numpy.typing import NDArray

from glompo.details import Ask
from glompo.evaluators.protocol import Ending, Evaluator
from glompo.function import Outcome


class SharedEvaluators:
    """Evaluators that many optimizers use: that for `first` is built at once, others when they are first asked for."""

    def __init__(self, builds: Callable[[Ask], Evaluator], first: Ask) -> None:
        self._builds = builds
        self._lock = threading.Lock()
        self._workers: int | None = None
        self._made = {first: builds(first)}

    @property
    def concurrency(self) -> str:
        """Where the task runs, in 'threads' of this process or in 'processes'; evaluators of users need not say."""
        with self._lock:
            return str(getattr(next(iter(self._made.values())), "concurrency", "threads"))

    def asking(self, ask: Ask) -> Evaluator:
        """Return the evaluator for what is asked for, the same each time."""
        with self._lock:
            if ask not in self._made:
                self._made[ask] = self._builds(ask)
                if self._workers is not None:
                    self._made[ask].resize(self._workers)
            return self._made[ask]

    def resize(self, workers: int) -> None:
        """Let `workers` evaluations be computed at once by each."""
        with self._lock:
            self._workers = workers
            for evaluator in self._made.values():
                evaluator.resize(workers)

    def close(self, kill: bool = False) -> None:
        """Close them all, the last one first."""
        with self._lock:
            closed: list[Evaluator] = []
            for evaluator in reversed(self._made.values()):
                if not any(evaluator is one for one in closed):  # one of the user's serves for everything
                    evaluator.close(kill)
                    closed.append(evaluator)


class InFlight:
    """Keeps track of evaluations; used by the optimizer's thread, ended by another."""

    def __init__(self) -> None:
        self._pending: dict[Future[Outcome], Ending] = {}

    def tracked(self, evaluator: Evaluator) -> Evaluator:
        """Return the evaluator with its evaluations tracked; itself, if it cannot end any."""
        return _Tracked(evaluator, self._pending) if isinstance(evaluator, Ending) else evaluator

    def end(self) -> None:
        """End what is under way; each evaluation has an outcome all the same."""
        for future, evaluator in list(self._pending.items()):
            evaluator.end(future)


class _Tracked:
    def __init__(self, evaluator: Ending, pending: dict[Future[Outcome], Ending]) -> None:
        self._evaluator = evaluator
        self._pending = pending

    def evaluate(self, x: NDArray[np.float64]) -> Outcome:
        return self.submit(x).result()

    def submit(self, x: NDArray[np.float64]) -> Future[Outcome]:
        future = self._evaluator.submit(x)
        self._pending[future] = self._evaluator
        future.add_done_callback(self._on_done)
        return future

    def resize(self, workers: int) -> None:
        self._evaluator.resize(workers)

    def close(self, kill: bool = False) -> None:
        self._evaluator.close(kill)

    def _on_done(self, future: Future[Outcome]) -> None:
        self._pending.pop(future, None)

"""One evaluator for all optimizers of this process, for each thing that they ask of the task."""

from __future__ import annotations

import threading
from collections.abc import Callable

from glompo.details import Ask
from glompo.evaluators.protocol import Evaluator


class SharedEvaluators:
    """Evaluators that many optimizers use, built when something is first asked for.

    Parameters
    ----------
    builds : callable
        Returns the evaluator for what is asked for.
    first : Ask
        What is asked for certainly; built at once.
    """

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

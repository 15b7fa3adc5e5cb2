"""The evaluations of one optimizer that are under way, so that they can be ended where several use one evaluator."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from glompo.evaluators.protocol import Evaluator
from glompo.function import Outcome


@runtime_checkable
class Ending(Evaluator, Protocol):
    """An evaluator that can end a single evaluation."""

    def end(self, future: Future[Outcome]) -> None:
        """End the evaluation of which this is the future, if it is under way or in wait."""


class InFlight:
    """Keeps track of evaluations; used by the optimizer's thread, ended by another."""

    def __init__(self) -> None:
        self._flying: dict[Future[Outcome], Ending] = {}

    def tracked(self, evaluator: Evaluator) -> Evaluator:
        """Return the evaluator with its evaluations tracked; itself, if it cannot end any."""
        return _Tracked(evaluator, self._flying) if isinstance(evaluator, Ending) else evaluator

    def end(self) -> None:
        """End what is under way; each evaluation has an outcome all the same."""
        for future, evaluator in list(self._flying.items()):
            evaluator.end(future)


class _Tracked:
    def __init__(self, evaluator: Ending, flying: dict[Future[Outcome], Ending]) -> None:
        self._evaluator = evaluator
        self._flying = flying

    def evaluate(self, x: NDArray[np.float64]) -> Outcome:
        return self.submit(x).result()

    def submit(self, x: NDArray[np.float64]) -> Future[Outcome]:
        future = self._evaluator.submit(x)
        self._flying[future] = self._evaluator
        future.add_done_callback(self._landed)
        return future

    def resize(self, workers: int) -> None:
        self._evaluator.resize(workers)

    def close(self, kill: bool = False) -> None:
        self._evaluator.close(kill)

    def _landed(self, future: Future[Outcome]) -> None:
        self._flying.pop(future, None)

"""What every evaluator offers."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from glompo.function import Outcome


class Evaluator(Protocol):
    """Computes the task. It never raises for what the task does: that is in the outcome's status.

    An exception means that the evaluation was not made: the session ends, and nothing is counted. Evaluators of ours
    raise :class:`~glompo.evaluators.not_evaluated.NotEvaluated`.
    """

    def evaluate(self, x: NDArray[np.float64]) -> Outcome:
        """Return the outcome at `x`, shape (d,); blocks until it is there."""

    def submit(self, x: NDArray[np.float64]) -> Future[Outcome]:
        """Begin to compute the outcome at `x`, shape (d,)."""

    def resize(self, workers: int) -> None:
        """Let `workers` evaluations be computed at once, if that is for this evaluator to say."""

    def close(self, kill: bool = False) -> None:
        """Give back what it holds.

        Evaluations under way are awaited; with `kill` they are ended where that is possible, and otherwise left to
        themselves.
        """

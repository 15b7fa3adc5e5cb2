"""What every evaluator offers, and what it says in place of an outcome when there is no evaluation."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from glompo.function import Outcome


class Evaluator(Protocol):
    """Computes the task. It never raises for what the task does: that is in the outcome's status.

    An exception means that the evaluation was not made: the session ends, and nothing is counted. Evaluators of ours
    raise :class:`NotEvaluated`.
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


@runtime_checkable
class Ending(Evaluator, Protocol):
    """An evaluator that can end a single evaluation."""

    def end(self, future: Future[Outcome]) -> None:
        """End the evaluation of which this is the future, if it is under way or in wait."""


Call: TypeAlias = "tuple[NDArray[np.float64], Callable[[Outcome | BaseException], Call | None]]"
"""A point of shape (d,), and what takes its outcome, or why there is none, and returns what its thread does next."""


@runtime_checkable
class Continuing(Evaluator, Protocol):
    """An evaluator whose threads do not wait to be given the next point: who evaluated one fetches the next itself."""

    def begin(self, call: Call) -> None:
        """Begin to compute the outcome of a call in a thread, and of all that follow from it there."""


class NotEvaluated(Exception):
    """The engine did not take an evaluation, or lost it through no fault of the evaluation.

    Raised by `evaluate`, and by the futures of `submit`. Nothing is recorded or counted for it; its session ends, and
    the next one makes it.

    Parameters
    ----------
    reason : str
        What is wrong with the engine, in one line.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

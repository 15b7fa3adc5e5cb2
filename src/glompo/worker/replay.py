"""Bringing an optimizer back by running its search again on recorded answers.

A search that depends only on its starting point, its random stream and the values it is given does again what it did:
it asks for the same points, and is answered from the record instead of by the task. Every point is compared with the
recorded one, bit for bit. After the last answer the search goes on live, in exactly the state that it was in.

A search that was loaded in the middle is compared with what was recorded after that place.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.function import Status
from glompo.wire.launch_request import RecordedHistory

Recorded = tuple[float, Status, tuple[Any, ...]]
"""Value, status and extras of a recorded evaluation."""


class DivergedError(BaseException):
    """The search asked for something else than what was recorded; not an Exception, so that no loop swallows it."""

    def __init__(self, message: str, at_k: int, distance: float = math.nan) -> None:
        super().__init__(message)
        self.at_k = at_k  # number of the evaluation, from 0
        self.distance = distance  # between the two points, in natural units; nan if there are no two points


class Replay:
    """Answers from the record; the first `start` evaluations of the optimizer's number are known to its search."""

    def __init__(self, recorded: RecordedHistory, start: int, on_finish: Callable[[], None]) -> None:
        self._recorded = recorded
        self._next = start - recorded.first  # the row of the record that is answered next
        self.attempts = 0  # recorded attempts at the point asked for last, all of which failed; 0 if it was answered
        self.on_finish = on_finish  # called when every answer has been given

    @property
    def over(self) -> bool:
        """Whether every recorded answer has been given."""
        return self._next >= len(self._recorded.f)

    @property
    def done(self) -> int:
        """Evaluations under the optimizer's number that it knows of so far."""
        return self._recorded.first + self._next

    @property
    def worst(self) -> float:
        """The worst valid value among them; -inf if there is none."""
        f = self._recorded.f[: self._next]
        valid = f[(self._recorded.status[: self._next] == Status.OK) & np.isfinite(f)]
        return float(valid.max()) if len(valid) else -math.inf

    def answer(self, x: NDArray[np.float64]) -> Recorded | None:
        """Return what is recorded for the natural point `x`, shape (d,), which is the next one.

        None if all that is recorded of it are attempts that failed and were to be repeated.

        Raises
        ------
        DivergedError
            If another point was recorded.
        """
        self.attempts = 0
        while not self.over:
            k = self._next
            self._compare(k, x)
            self._next += 1
            status = Status(int(self._recorded.status[k]))
            if status is not Status.RETRIED:
                self.attempts = 0
                return float(self._recorded.f[k]), status, self._extras(k)
            self.attempts += 1
        return None

    def answer_one(self, waiting: Mapping[bytes, deque[int]]) -> tuple[int, Recorded | None]:
        """Return which of the natural points was recorded next, and what is recorded of it.

        None if the attempt failed and was to be repeated. Evaluations side by side were recorded as they were
        completed, so they are told apart by their content.

        Parameters
        ----------
        waiting : mapping
            Numbers of the points that are asked for, by the bytes of the point; the one that is answered is taken out.

        Raises
        ------
        DivergedError
            If another point was recorded.
        """
        k = self._next
        numbers = waiting.get(self._recorded.X[k].tobytes())
        if not numbers:
            raise self._not_asked_for([np.frombuffer(x) for x, several in waiting.items() for _ in several])
        self._next += 1
        status = Status(int(self._recorded.status[k]))
        if status is Status.RETRIED:
            return numbers[0], None
        return numbers.popleft(), (float(self._recorded.f[k]), status, self._extras(k))

    def _not_asked_for(self, points: Collection[NDArray[np.float64]]) -> DivergedError:
        """Return what is to be raised when the next recorded point is none of the natural `points`."""
        recorded, at = self._recorded.X[self._next], self.done
        nearest = min(float(np.linalg.norm(recorded - x)) for x in points)
        return DivergedError(f"evaluation {at + 1} is none of the {len(points)} points asked for", at, nearest)

    def _extras(self, k: int) -> tuple[Any, ...]:
        return self._recorded.extras[k] if k < len(self._recorded.extras) else ()

    def _compare(self, k: int, x: NDArray[np.float64]) -> None:
        recorded = self._recorded.X[k]
        if recorded.tobytes() != x.tobytes():
            distance = float(np.linalg.norm(recorded - x))
            at = self.done
            message = f"evaluation {at + 1} was asked for {distance:.3g} away from the recorded point"
            raise DivergedError(message, at, distance)

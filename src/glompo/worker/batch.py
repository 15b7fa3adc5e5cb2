"""The evaluations that wait to be sent to the engine together."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from glompo.events import Evaluated
from glompo.function import Outcome, Status
from glompo.wire.messages import AT, OPT


class Batch:
    """Evaluations in the order in which they were completed.

    Parameters
    ----------
    clock : callable
        Seconds, rising: how old an evaluation is when it is sent.

    Attributes
    ----------
    size : int
        Bytes of their extras.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.clear()

    def __len__(self) -> int:
        return len(self._points)

    def clear(self) -> None:
        """Begin an empty one."""
        self._points: list[NDArray[np.float64]] = []
        self._outcomes: list[tuple[float, Outcome, float]] = []
        self.size = 0

    def add(self, x: NDArray[np.float64], value: float, outcome: Outcome, size: int) -> None:
        """Add one at `x`, shape (d,), for which the optimizer is handed `value`; its extras take `size` bytes."""
        self._points.append(x)
        self._outcomes.append((value, outcome, self._clock()))
        self.size += size

    def message(self, count: int) -> Evaluated:
        """Return what is sent; `count` are the evaluations of the optimizer so far, these included."""
        now = self._clock()
        values, outcomes, ends = zip(*self._outcomes, strict=True)
        detailed = any(outcome.extras for outcome in outcomes)
        return Evaluated(
            AT,
            OPT,
            k0=count - len(self),
            X=np.array(self._points),
            f=np.array(values, dtype=np.float64),
            status=np.array([outcome.status for outcome in outcomes], dtype=np.uint8),
            seconds=np.array([outcome.seconds for outcome in outcomes], dtype=np.float32),
            ages=np.array([now - end for end in ends], dtype=np.float32),
            extras=tuple(outcome.extras for outcome in outcomes) if detailed else (),
            errors=tuple((i, one.error) for i, one in enumerate(outcomes) if one.status is not Status.OK),
        )

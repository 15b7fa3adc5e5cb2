"""The evaluations that wait to be sent to the engine together, with their extras as these will be read again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.events import Evaluated
from glompo.function import Outcome, Status
from glompo.wire.codec import Codec, CodecError
from glompo.wire.messages import AT, OPT

EXTRAS_LIMIT = 192 * 2**20
"""Bytes of the extras of one evaluation at most: a record of the journal holds 256 MiB, and they are in one piece."""

BATCH_BYTES = 16 * 2**20
"""Bytes of extras after which evaluations leave a worker, however few they are."""


@dataclass(frozen=True, slots=True)
class _Extras:
    values: tuple[Any, ...]


_CODEC = Codec((_Extras,), lenient=True)


def recordable(extras: tuple[Any, ...]) -> tuple[tuple[Any, ...], int]:
    """Return extras exactly as they will be read from the record, and their bytes there.

    An optimizer that sees them gets these, so that it sees the same when it comes back from the record.

    Raises
    ------
    ValueError
        If they cannot be recorded, or are too large; the text says why.
    """
    try:
        data = _CODEC.encode(_Extras(extras))
        if len(data) > EXTRAS_LIMIT:
            raise ValueError(
                f"the extra values of detailed_call take {len(data)} bytes, {EXTRAS_LIMIT} can be recorded of one "
                "evaluation; write what is so large into a file, and return its name"
            )
        return _CODEC.decode(data).values, len(data)
    except CodecError as error:
        raise ValueError(
            f"detailed_call returned extra values that cannot be recorded ({error}); return numbers, text, arrays of "
            "these, lists or dictionaries"
        ) from error


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

"""The evaluations that wait to be sent together, their extras as they will be read, and the thread that sends."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from time import monotonic
from typing import Any, TypeAlias

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


AGE = 0.02
"""Seconds that an evaluation may wait in a worker."""

LONG_AGE = 0.025
"""The same for evaluations in quick succession: a killed run loses less than 100 ms."""

MANY = 32
"""Evaluations in a message from which on they come in quick succession."""


Flush: TypeAlias = Callable[[bool], float | None]
"""Sends what is old enough, or all there is, and returns in how many seconds to look again; None if nothing waits."""


class Batch:
    """Evaluations in the order in which they were completed, with the age that they have when they are sent."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._rows: list[tuple[NDArray[np.float64], float, Outcome, float]] = []
        self.clear()

    def __len__(self) -> int:
        return len(self._rows)

    def clear(self) -> None:
        """Begin an empty one."""
        # a message costs as much as a hundred evaluations; where a rule waits for them, credits run out before
        self._longest = LONG_AGE if len(self._rows) >= MANY else AGE
        self._rows = []
        self.size = 0  # bytes of their extras

    def add(self, x: NDArray[np.float64], value: float, outcome: Outcome, size: int) -> int:
        """Add one at `x`, shape (d,), for which the optimizer is handed `value`; return how many there are now.

        Its extras take `size` bytes.
        """
        self._rows.append((x, value, outcome, self._clock()))
        self.size += size
        return len(self._rows)

    @property
    def is_due(self) -> bool:
        """Whether the oldest has waited long enough, by the time of the latest."""
        return self._rows[-1][3] - self._rows[0][3] >= self._longest

    def left(self) -> float:
        """Return in how many seconds the oldest has waited long enough."""
        return self._rows[0][3] + self._longest - self._clock()

    def message(self, count: int) -> Evaluated:
        """Return what is sent; `count` are the evaluations of the optimizer so far, these included."""
        now = self._clock()
        points, values, outcomes, ends = zip(*self._rows, strict=True)
        detailed = any(outcome.extras for outcome in outcomes)
        return Evaluated(
            AT,
            OPT,
            k0=count - len(self),
            X=np.array(points),
            f=np.array(values, dtype=np.float64),
            status=np.array([outcome.status for outcome in outcomes], dtype=np.uint8),
            seconds=np.array([outcome.seconds for outcome in outcomes], dtype=np.float32),
            ages=np.array([now - end for end in ends], dtype=np.float32),
            extras=tuple(outcome.extras for outcome in outcomes) if detailed else (),
            errors=tuple((i, one.error) for i, one in enumerate(outcomes) if one.status is not Status.OK),
        )


class Flusher:
    """One thread that sends what waits in the workers of this process.

    It waits while there is nothing; the first evaluation in an empty batch starts its clock.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._due: list[tuple[float, int, Flush]] = []
        self._order = count()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="glompo-flusher", daemon=True)
        self._thread.start()

    def expect(self, flush: Flush, seconds: float) -> None:
        """Promise to call `flush` in so many seconds; and again, in as many as it returns, if it returns any."""
        with self._changed:
            entry = monotonic() + seconds, next(self._order), flush
            heappush(self._due, entry)
            if self._due[0] is entry:
                self._changed.notify()

    def close(self) -> None:
        """Send what still waits and end."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while (flush := self._next()) is not None:
            again = flush(self._closed)  # without the lock: it takes the mailbox's, under which `expect` is called
            if again is not None:
                self.expect(flush, again)

    def _next(self) -> Flush | None:
        """Return the next call that is due; None when there will be no more."""
        with self._changed:
            while True:
                if not self._due:
                    if self._closed:
                        return None
                    self._changed.wait()
                elif self._closed or (left := self._due[0][0] - monotonic()) <= 0:
                    return heappop(self._due)[2]
                else:
                    self._changed.wait(left)  # one that is due before may come meanwhile

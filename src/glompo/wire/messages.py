"""The words that engine and worker exchange.

Down go grants, requests and points; up go confirmations, evaluations and the one end that every worker has. All
are frozen plain data; numbers count from 0, arrays are in natural units.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.wire.codec import Codec


@dataclass(frozen=True, slots=True)
class Message:
    """Something said across the border."""


@dataclass(frozen=True, slots=True)
class Credits(Message):
    """Down: you may call the task `n` more times."""

    n: int


@dataclass(frozen=True, slots=True)
class GiveBack(Message):
    """Down: give back the credits that you have not used."""


@dataclass(frozen=True, slots=True)
class StopPlease(Message):
    """Down: stop, for this reason. Whoever goes on is cut inside the task."""

    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class BetterPoint(Message):
    """Down: somebody found this, shape (d,)."""

    x: NDArray[np.float64]
    f: float


@dataclass(frozen=True, slots=True)
class Hold(Message):
    """Down: rest where you are; credits that you have left are void."""


@dataclass(frozen=True, slots=True)
class GoOn(Message):
    """Down: you have rested enough."""


@dataclass(frozen=True, slots=True)
class SaveState(Message):
    """Down: save your state when you next look at your messages; `ticket` tells this request from others."""

    ticket: int


@dataclass(frozen=True, slots=True)
class Ready(Message):
    """Up: the optimizer exists and is about to search."""

    worker: str


@dataclass(frozen=True, slots=True, eq=False)
class Evaluations(Message):
    """Up: a batch of evaluations, as in :class:`glompo.events.Evaluated`; `ages` count from the sending."""

    k0: int
    X: NDArray[np.float64]
    f: NDArray[np.float64]
    status: NDArray[np.uint8]
    seconds: NDArray[np.float32]
    ages: NDArray[np.float32]
    extras: tuple[tuple[Any, ...], ...]
    errors: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Note(Message):
    """Up: a line for the optimizer's log."""

    text: str


@dataclass(frozen=True, slots=True)
class GaveBack(Message):
    """Up: `n` credits had not been used, and will not be."""

    n: int


@dataclass(frozen=True, slots=True)
class Wanting(Message):
    """Up: the optimizer that gave its credits back waits for some."""


@dataclass(frozen=True, slots=True, eq=False)
class PointTaken(Message):
    """Up: the point was given to the optimizer after `at_k` of its evaluations."""

    at_k: int
    x: NDArray[np.float64]
    f: float


@dataclass(frozen=True, slots=True)
class Resting(Message):
    """Up: the optimizer rests after `at_k` of its evaluations."""

    at_k: int


@dataclass(frozen=True, slots=True)
class GoingOn(Message):
    """Up: the optimizer goes on."""

    at_k: int


@dataclass(frozen=True, slots=True)
class StateSaved(Message):
    """Up: the state of the optimizer after `k` of its evaluations, for :mod:`glompo.worker.saved_state` to read."""

    ticket: int
    k: int
    data: bytes


@dataclass(frozen=True, slots=True)
class NotSaved(Message):
    """Up: there is no state, and why; it is a failure if the optimizer has promised to save itself."""

    ticket: int
    failed: bool
    why: str


@dataclass(frozen=True, slots=True)
class WentAstray(Message):
    """Up: a way back failed, see :class:`glompo.events.Diverged`."""

    way: str
    at_k: int
    distance: float
    why: str
    then: str


@dataclass(frozen=True, slots=True, eq=False)
class BackAgain(Message):
    """Up: the optimizer is where it was, see :class:`glompo.events.Recovered`."""

    way: str
    k: int
    x0: NDArray[np.float64] | None


@dataclass(frozen=True, slots=True)
class EngineLost(Message):
    """Up: an evaluation could not be made, and why; the optimizer waits to be stopped."""

    why: str


@dataclass(frozen=True, slots=True)
class Ended(Message):
    """Up, once and last: how the search loop was left, see :class:`glompo.events.Stopped`."""

    ending: str
    said_converged: bool
    note: str
    gave_up: bool = False
    claimed: int = -1


@dataclass(frozen=True, slots=True)
class Said(Message):
    """Up: something was logged in the worker's process, for the logger of that name; it is no part of the record."""

    logger: str
    level: int
    text: str


DOWN = Codec[Message]((Credits, GiveBack, StopPlease, BetterPoint, Hold, GoOn, SaveState), lenient=True)
"""Codec of what the engine says."""

UP = Codec[Message](
    (
        Ready,
        Evaluations,
        Note,
        PointTaken,
        Resting,
        GoingOn,
        StateSaved,
        NotSaved,
        WentAstray,
        BackAgain,
        EngineLost,
        GaveBack,
        Wanting,
        Ended,
        Said,
    ),
    lenient=True,
)
"""Codec of what a worker says."""

"""The documented interface of optimizers, spoken on one side, and our messages on the other.

Here, and only here, whole numbers have a meaning: the keys of the signals of the documented contract.
"""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import Mapping
from typing import Any

import numpy as np

from glompo.optimizer import EARLIER_NAMES, BaseOptimizer, OpenGate
from glompo.wire.messages import Note, PointTaken
from glompo.wire.script import Script
from glompo.worker.mailbox import Mailbox
from glompo.worker.space import Space

STOP, INJECT = 1, 4
"""Signals to an optimizer: `callstop` and `inject`."""

CONVERGED, PAUSED, NOTE = 0, 1, 9
"""Signals from an optimizer."""


class WorkerSeat:
    """Connects an optimizer with its mailbox; plays the part of the documented signal pipe.

    Attributes
    ----------
    rng : numpy.random.Generator
        The optimizer's own random stream.
    said_converged : bool
        Whether the optimizer has announced its own convergence before it was told to stop.
    """

    def __init__(self, mailbox: Mailbox, rng: np.random.Generator, space: Space, script: Script | None = None) -> None:
        self._mailbox = mailbox
        self._space = space
        self._points = deque(script.points if script is not None else ())
        self._recorded = len(script.f) if script is not None else 0
        self.rng = rng
        self.said_converged = False
        self._told = False

    def deliver(self, optimizer: BaseOptimizer) -> list[int]:
        """Carry out what the manager sent; return the keys of its signals."""
        keys = []
        if self._inject_due(optimizer):
            keys.append(INJECT)
        reason = self._mailbox.take_stop()
        if reason is not None:
            self._told = True
            optimizer.callstop(reason)
            keys.append(STOP)
        return keys

    def _inject_due(self, optimizer: BaseOptimizer) -> bool:
        """Give the optimizer a better point that waits, or, while its search is run again, the one recorded here."""
        count = self._mailbox.count
        if self._points and self._points[0][0] == count:
            _, x, f = self._points.popleft()
            optimizer.inject(self._space.seen(x), f)
            return True
        if count < self._recorded or (point := self._mailbox.take_point()) is None:
            return False
        optimizer.inject(self._space.seen(point.x), point.f)
        self._mailbox.post(PointTaken(count, point.x, point.f))
        return True

    def report(self, key: int, message: str | None) -> None:
        """Take a signal from the optimizer.

        Raises
        ------
        ValueError
            If the key has no meaning.
        """
        if key == CONVERGED:
            self.said_converged = not self._told
        elif key == NOTE:
            if self._mailbox.count >= self._recorded:  # else it has been said before
                self._mailbox.post(Note(message or ""))
        elif key != PAUSED:
            raise ValueError(f"message_manager got the key {key!r}; 0 says converged, 1 paused, 9 adds a note")


class HoldGate:
    """The documented pause signal: an optimizer that waits at it rests there while the manager wants it to."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    def wait(self, timeout: float | None = None) -> bool:
        """Return True as soon as the optimizer may go on, False after `timeout` seconds."""
        return self._mailbox.await_release(timeout)

    def is_set(self) -> bool:
        """Return whether the optimizer may go on."""
        return not self._mailbox.held


def build(
    cls: type[BaseOptimizer], args: tuple[Any, ...], kwargs: Mapping[str, Any], seat: Mapping[str, Any]
) -> BaseOptimizer:
    """Construct an optimizer in whichever spelling its class uses.

    Parameters
    ----------
    cls, args, kwargs
        Class, and what the user gave for it.
    seat : mapping
        Arguments that the manager fills in, in the spelling of the seed (``_opt_id`` ...).

    Raises
    ------
    TypeError
        If a constructor that takes none of the manager's arguments did not pass through BaseOptimizer.
    """
    accepted = inspect.signature(cls.__init__).parameters
    takes_any = any(one.kind is inspect.Parameter.VAR_KEYWORD for one in accepted.values())
    earlier = {new: old for old, new in EARLIER_NAMES.items()}
    spoken = {}
    for name, value in seat.items():
        if name in accepted or (takes_any and earlier[name] not in accepted):
            spoken[name] = value
        elif earlier[name] in accepted:
            spoken[earlier[name]] = value
    optimizer = cls(*args, **{**spoken, **kwargs})
    return _seated(optimizer, seat)


def _seated(optimizer: BaseOptimizer, seat: Mapping[str, Any]) -> BaseOptimizer:
    """Connect an optimizer whose constructor did not pass everything on to its base."""
    if "_opt_id" not in vars(optimizer):
        raise TypeError(f"{type(optimizer).__name__}.__init__ must call super().__init__(...) first")
    if optimizer._signal_pipe is not seat["_signal_pipe"]:
        optimizer._signal_pipe = seat["_signal_pipe"]
        optimizer.rng = seat["_signal_pipe"].rng
    optimizer._opt_id = seat["_opt_id"]
    optimizer.workers = seat["_workers"]
    optimizer.is_log_detailed = seat["_is_log_detailed"]
    if isinstance(optimizer._pause_signal, OpenGate) and seat["_pause_flag"] is not None:
        optimizer._pause_signal = seat["_pause_flag"]
    return optimizer

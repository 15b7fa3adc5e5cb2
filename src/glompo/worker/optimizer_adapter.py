"""Between the documented interface of optimizers and our messages.

Here, and only here, whole numbers have a meaning: the keys of the signals of the documented contract.
"""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import Mapping
from typing import Any

import numpy as np

from glompo.events import IncumbentTaken, Noted, NotSaved
from glompo.optimizer import EARLIER_NAMES, BaseOptimizer, OpenGate
from glompo.wire.launch_request import RecordedHistory
from glompo.wire.messages import AT, OPT, StateSaved
from glompo.worker.mailbox import Mailbox
from glompo.worker.saved_state import NotSavedError, packed
from glompo.worker.space import Space

SAVE, STOP, PREPARE, PASS, INJECT = 0, 1, 2, 3, 4
"""Signals to an optimizer: its state is saved, `callstop`, a save is due, it is passed without saving, `inject`."""

CONVERGED, PAUSED, NOTE = 0, 1, 9
"""Signals from an optimizer."""


class WorkerLink:
    """Connects an optimizer with its mailbox; plays the part of the documented signal pipe."""

    def __init__(
        self,
        mailbox: Mailbox,  # the line to the engine
        rng: np.random.Generator,  # the optimizer's own random stream
        space: Space,  # what the optimizer sees of the parameters
        recorded: RecordedHistory | None = None,  # what it did in earlier sessions
        given: int = 0,  # recorded points that it knows of already
    ) -> None:
        self._mailbox = mailbox
        self._space = space
        self._points = deque(recorded.points[given:] if recorded is not None else ())
        self._given = given
        self._recorded = recorded.end if recorded is not None else 0
        self.rng = rng
        # whether the optimizer has announced its own convergence before it was told to stop
        self.said_converged = False
        self.told = False  # whether it was told to stop

    def deliver(self, optimizer: BaseOptimizer) -> list[int]:
        """Carry out what the manager sent; return the keys of its signals."""
        if not (self._mailbox.has_mail or self._points):
            return []
        keys = []
        if self._inject_due(optimizer):
            keys.append(INJECT)
        keys += self._save_due(optimizer)
        reason = self._mailbox.take_stop()
        if reason is not None:
            self.told = True
            optimizer.callstop(reason)
            keys.append(STOP)
        return keys

    def _inject_due(self, optimizer: BaseOptimizer) -> bool:
        """Give the optimizer a better point that waits, or, while its search is run again, the one recorded here."""
        count = self._mailbox.count
        if self._points and self._points[0][0] == count:
            _, x, f = self._points.popleft()
            self._given += 1
            optimizer.inject(self._space.seen(x), f)
            return True
        if count < self._recorded or (point := self._mailbox.take_point()) is None:
            return False
        optimizer.inject(self._space.seen(point.x), point.f)
        self._given += 1
        self._mailbox.post(IncumbentTaken(AT, OPT, count, point.x, point.f))
        return True

    def _save_due(self, optimizer: BaseOptimizer) -> list[int]:
        """Save the optimizer if that is asked for; not before its search is where it was."""
        count = self._mailbox.count
        if count < self._recorded or (ticket := self._mailbox.take_save()) is None:
            return []
        try:
            data = packed(optimizer, optimizer.opt_id or 0, count, self._given)
        except NotSavedError as error:
            self._mailbox.post(NotSaved(AT, OPT, ticket, error.failed, str(error)))
            return [PREPARE, PASS]
        self._mailbox.post(StateSaved(AT, OPT, ticket, count, data))
        return [PREPARE, SAVE]

    def report(self, key: int, message: str | None) -> None:
        """Take a signal from the optimizer.

        Raises
        ------
        ValueError
            If the key has no meaning.
        """
        if key == CONVERGED:
            self.said_converged = not self.told
        elif key == NOTE:
            if self._mailbox.count >= self._recorded:  # else it has been said before
                self._mailbox.post(Noted(AT, OPT, message or ""))
        elif key != PAUSED:
            raise ValueError(f"message_manager got the key {key!r}; 0 says converged, 1 paused, 9 adds a note")


class HoldGate:
    """The documented pause signal: an optimizer that waits at it rests there while the manager wants it to.

    One that recovers first does again what is recorded of it, and rests where it was.
    """

    def __init__(self, mailbox: Mailbox, recorded: int = 0) -> None:
        self._mailbox = mailbox
        self._recorded = recorded

    def wait(self, timeout: float | None = None) -> bool:
        """Return True as soon as the optimizer may go on, False after `timeout` seconds."""
        return self._recovering or self._mailbox.await_release(timeout)

    def is_set(self) -> bool:
        """Return whether the optimizer may go on."""
        return self._recovering or not self._mailbox.held

    @property
    def _recovering(self) -> bool:
        return self._mailbox.count < self._recorded


def build(
    cls: type[BaseOptimizer], args: tuple[Any, ...], kwargs: Mapping[str, Any], link: Mapping[str, Any]
) -> BaseOptimizer:
    """Construct an optimizer; the manager's arguments, `link`, are passed in the spelling that its class takes.

    Raises
    ------
    TypeError
        If a constructor that takes none of the manager's arguments did not pass through BaseOptimizer.
    """
    optimizer = cls(*args, **{**as_accepted(cls, link), **kwargs})
    return linked(optimizer, link)


def as_accepted(cls: type[BaseOptimizer], link: Mapping[str, Any]) -> dict[str, Any]:
    """Return the manager's arguments in the spelling of the constructor, those that it takes."""
    accepted = inspect.signature(cls.__init__).parameters
    takes_any = any(one.kind is inspect.Parameter.VAR_KEYWORD for one in accepted.values())
    earlier = {new: old for old, new in EARLIER_NAMES.items()}
    said = {}
    for name, value in link.items():
        if name in accepted or (takes_any and earlier[name] not in accepted):
            said[name] = value
        elif earlier[name] in accepted:
            said[earlier[name]] = value
    return said


def by_name(cls: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments of a constructor by their names, as `checkpoint_load` takes them.

    Raises
    ------
    TypeError
        If the constructor takes some of them by their place only.
    """
    bound = inspect.signature(cls.__init__).bind_partial(None, *args)
    named = dict(list(bound.arguments.items())[1:])
    for name in named:
        if bound.signature.parameters[name].kind is inspect.Parameter.VAR_POSITIONAL:
            raise TypeError(
                f"{cls.__name__}.__init__ takes *{name}, which checkpoint_load(path, **kwargs) cannot give it"
            )
    return {**named, **kwargs}


def own_logging(kwargs: Mapping[str, Any], usual: bool) -> bool:
    """Return whether an optimizer logs the details of its evaluations: as it was given itself, or else as usual."""
    return bool(kwargs.get("is_log_detailed", kwargs.get("_is_log_detailed", usual)))


def linked(optimizer: BaseOptimizer, link: Mapping[str, Any]) -> BaseOptimizer:
    """Connect an optimizer whose constructor did not pass everything on to its base."""
    if "_opt_id" not in vars(optimizer):
        raise TypeError(f"{type(optimizer).__name__}.__init__ must call super().__init__(...) first")
    if optimizer._signal_pipe is not link["_signal_pipe"]:
        optimizer._signal_pipe = link["_signal_pipe"]
        optimizer.rng = link["_signal_pipe"].rng
    optimizer._opt_id = link["_opt_id"]
    optimizer.workers = link["_workers"]
    optimizer._backend = link["_backend"]
    optimizer.is_log_detailed = bool(optimizer.is_log_detailed or link["_is_log_detailed"])  # its constructor may say
    if isinstance(optimizer._pause_signal, OpenGate) and link["_pause_flag"] is not None:
        optimizer._pause_signal = link["_pause_flag"]
    return optimizer

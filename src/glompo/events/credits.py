"""What happens to credits: the right to call the task once. See :mod:`glompo.events`."""

from __future__ import annotations

from dataclasses import dataclass

from glompo.events.base import Event


@dataclass(frozen=True, slots=True, eq=False)
class Granted(Event):
    """The optimizer may call the task `n` more times."""

    opt: int
    n: int


@dataclass(frozen=True, slots=True, eq=False)
class ReclaimRequested(Event):
    """The optimizer has been silent while others have no credits: it is to give back those that it has not used."""

    opt: int


@dataclass(frozen=True, slots=True, eq=False)
class Reclaimed(Event):
    """The optimizer gave back `n` credits. It gets none before it wants some."""

    opt: int
    n: int


@dataclass(frozen=True, slots=True, eq=False)
class Wanted(Event):
    """The optimizer that gave its credits back waits for some."""

    opt: int

"""What should happen next. A command is frozen plain data; the engine makes it durable, then real.

Every command is idempotent: carrying it out changes the state such that deciding again does not repeat it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glompo.core.policies.ports import Option
from glompo.events.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Command:
    """Something to be done."""


@dataclass(frozen=True, slots=True, eq=False)
class Start(Command):
    """Start optimizer `opt` as described by `option` at `x0`, shape (d,)."""

    opt: int
    option: Option
    x0: NDArray[np.float64]
    why: str


@dataclass(frozen=True, slots=True, eq=False)
class Restore(Command):
    """Let an optimizer of an earlier session go on after `k` evaluations, with `credits` that it had left.

    `way` is the first one that is tried, see :class:`glompo.events.Restored`. With `rests` it rests on instead.
    """

    opt: int
    way: str
    k: int
    credits: int
    rests: bool = False


@dataclass(frozen=True, slots=True)
class Grant(Command):
    """Let the optimizer call the task `n` more times."""

    opt: int
    n: int


@dataclass(frozen=True, slots=True, eq=False)
class SendIncumbent(Command):
    """Offer the best point, found by `source`, to the optimizer."""

    opt: int
    x: NDArray[np.float64]
    f: float
    source: int


@dataclass(frozen=True, slots=True)
class Acquit(Command):
    """Record that the stoppers let these optimizers live at these counts."""

    opts: tuple[int, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Stop(Command):
    """Ask the optimizer to stop, on behalf of `by`, for the reason in `verdict`."""

    opt: int
    by: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Escalate(Command):
    """End the optimizer's process: gently by 'terminate', at once by 'kill'."""

    opt: int
    rung: str
    why: str


@dataclass(frozen=True, slots=True)
class Pause(Command):
    """Ask the optimizer to rest and give its slots back."""

    opt: int
    by: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Resume(Command):
    """Let a resting optimizer go on."""

    opt: int
    by: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Save(Command):
    """Ask the optimizer for its state; it is request number `ticket` to it."""

    opt: int
    ticket: int


@dataclass(frozen=True, slots=True)
class BeginCheckpoint(Command):
    """Begin checkpoint `n`, which waits for the states of the optimizers `awaited`."""

    n: int
    why: str
    awaited: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TakeCheckpoint(Command):
    """Write what is recorded up to here into a file, without fresh states of the optimizers `missing`."""

    n: int
    missing: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AbandonCheckpoint(Command):
    """Give checkpoint `n` up."""

    n: int
    why: str


@dataclass(frozen=True, slots=True)
class Reclaim(Command):
    """Ask optimizer `opt`, which has been silent, for the credits that it has not used."""

    opt: int


@dataclass(frozen=True, slots=True)
class End(Command):
    """End the run."""

    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Finish(Command):
    """Declare the run finished: nobody lives any more."""

    verdict: Verdict

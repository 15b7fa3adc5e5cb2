"""What can happen to a run: faults, each at a moment of the run that means the same every time.

The engine's faults happen at one of its appends to the journal, counted from 1 over all its sessions. Those of workers
happen at one of an optimizer's calls of the task, also counted from 1 over all sessions. A fault that is never reached
never happens.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong."""


@dataclass(frozen=True, slots=True)
class Kill(Fault):
    """The process of the engine is killed, and its workers with it; the run is resumed.

    Attributes
    ----------
    append : int
        When.
    part : float
        Share of that record that had been written: 0 none, 1 all, in between a torn record.
    later : float
        Seconds for which it lives on after a record that was written in full.
    """

    append: int
    part: float = 1.0
    later: float = 0.0


@dataclass(frozen=True, slots=True)
class PowerCut(Fault):
    """The machine dies: bytes that were not forced to the disk are lost, all or the last of them.

    Attributes
    ----------
    append, part, later
        As for :class:`Kill`.
    kept : float
        Share of the bytes not yet forced to the disk that is there nevertheless.
    zeros : int
        Zero bytes behind them: blocks that were given to the file and never written.
    """

    append: int
    part: float = 1.0
    later: float = 0.0
    kept: float = 0.0
    zeros: int = 0


@dataclass(frozen=True, slots=True)
class FullDisk(Fault):
    """No space is left on the disk.

    Attributes
    ----------
    append : int
        When.
    room : int
        Bytes that still fit.
    writes : int
        Writes that are refused before there is space again.
    """

    append: int
    room: int = 0
    writes: int = 1


@dataclass(frozen=True, slots=True)
class BadSync(Fault):
    """From `append` on, the next attempt to force the journal to the disk fails."""

    append: int


@dataclass(frozen=True, slots=True)
class Slow(Fault):
    """Call number `call` of optimizer `opt` takes `factor` times as long as usual."""

    opt: int
    call: int
    factor: float = 100.0


@dataclass(frozen=True, slots=True)
class Hang(Fault):
    """Call number `call` of optimizer `opt` never returns; only where workers can be killed."""

    opt: int
    call: int


@dataclass(frozen=True, slots=True)
class Crash(Fault):
    """Call number `call` of optimizer `opt` raises inside the optimizer."""

    opt: int
    call: int


@dataclass(frozen=True, slots=True)
class Loss(Fault):
    """The process of optimizer `opt` dies in its call number `call`, with what it had not sent.

    Attributes
    ----------
    part : float
        Share of the call's duration after which it dies.
    """

    opt: int
    call: int
    part: float = 0.5


OfEngine = Kill | PowerCut | FullDisk | BadSync
OfWorker = Slow | Hang | Crash | Loss


def of_engine(faults: Iterable[Fault]) -> dict[int, list[OfEngine]]:
    """Return the engine's faults by append."""
    found: dict[int, list[OfEngine]] = {}
    for fault in faults:
        if isinstance(fault, OfEngine):
            found.setdefault(fault.append, []).append(fault)
    return found


def of_workers(faults: Iterable[Fault]) -> dict[tuple[int, int], list[OfWorker]]:
    """Return the workers' faults by optimizer and call."""
    found: dict[tuple[int, int], list[OfWorker]] = {}
    for fault in faults:
        if isinstance(fault, OfWorker):
            found.setdefault((fault.opt, fault.call), []).append(fault)
    return found


def drawn_faults(rng: np.random.Generator, budget: int, killable: bool, synced: bool) -> tuple[Fault, ...]:
    """Return a random mixture of faults for a run of about `budget` evaluations.

    Parameters
    ----------
    rng : Generator
        Where the randomness comes from.
    budget : int
        Evaluations.
    killable : bool
        Whether workers are processes, which can die.
    synced : bool
        Whether the journal is forced to the disk, so that it outlives the machine.
    """
    kinds: list[type[Fault]] = [Kill, Kill, FullDisk, BadSync, Slow, Crash]
    kinds += [PowerCut, PowerCut] if synced else []
    kinds += [Hang, Loss, Loss] if killable else []
    chosen = [kinds[i] for i in rng.integers(len(kinds), size=int(rng.integers(0, 6)))]
    return tuple(_drawn(kind, rng, budget) for kind in chosen)


def _drawn(kind: type[Fault], rng: np.random.Generator, budget: int) -> Fault:
    append = 1 + int(rng.integers(0, 1 + budget) * rng.random())
    opt, call = int(rng.integers(1, 7)), 1 + int(rng.integers(0, 1 + budget // 3) * rng.random())
    part = float(rng.choice([0.0, 0.5, 1.0, 1.0]))
    later = float(rng.choice([0.0, 0.01, 0.2, 5.0])) if part == 1.0 else 0.0
    if kind is Kill:
        return Kill(append, part, later)
    if kind is PowerCut:
        return PowerCut(append, part, later, round(float(rng.random()), 2), int(rng.choice([0, 0, 5, 4096])))
    if kind is FullDisk:
        return FullDisk(append, int(rng.choice([0, 1, 40])), int(rng.choice([1, 2, 5, 20])))
    if kind is BadSync:
        return BadSync(append)
    if kind is Slow:
        return Slow(opt, call, float(rng.choice([10.0, 1000.0])))
    if kind is Loss:
        return Loss(opt, call, round(float(rng.random()), 2))
    return Hang(opt, call) if kind is Hang else Crash(opt, call)

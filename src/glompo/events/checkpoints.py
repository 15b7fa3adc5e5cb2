"""What happened to saved states and checkpoints; see :mod:`glompo.events`."""

from __future__ import annotations

from dataclasses import dataclass

from glompo.events.base import Event


@dataclass(frozen=True, slots=True, eq=False)
class SaveRequested(Event):
    """The optimizer is to save its state when it next looks at its messages; `ticket` counts its requests."""

    opt: int
    ticket: int


@dataclass(frozen=True, slots=True, eq=False)
class Saved(Event):
    """The state of the optimizer after `k` evaluations is kept: `size` bytes under the name `blob`, their SHA-256."""

    opt: int
    ticket: int
    k: int
    blob: str
    size: int


@dataclass(frozen=True, slots=True, eq=False)
class NotSaved(Event):
    """The optimizer did not save its state, and why; `failed` if it should have been able to."""

    opt: int
    ticket: int
    failed: bool
    why: str


@dataclass(frozen=True, slots=True, eq=False)
class CheckpointBegun(Event):
    """Checkpoint number `n` is made, and why; the states of optimizers `awaited` go into it, if they come in time."""

    n: int
    why: str
    awaited: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class CheckpointTaken(Event):
    """No state is awaited any more: the checkpoint is what is recorded up to here. It has yet to become a file.

    `missing` are living optimizers without a saved state, or with one from before the checkpoint; they come back by
    replay.
    """

    n: int
    missing: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class CheckpointClosed(Event):
    """The checkpoint is 'complete', in the file `path`, or 'abandoned', and why."""

    n: int
    outcome: str
    why: str
    path: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Loaded(Event):
    """The run up to here came out of the checkpoint file `path`."""

    path: str

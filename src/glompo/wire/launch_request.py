"""Everything that a worker needs to begin, and, if its optimizer comes back, what that did in earlier sessions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.function import PENALIZE, FailurePolicy


@dataclass(frozen=True, slots=True)
class SavedState:
    """What an optimizer saved after `k` of its evaluations, as :mod:`glompo.worker.saved_state` wrote it."""

    k: int
    data: bytes


@dataclass(frozen=True, slots=True)
class RecordedHistory:
    """The recorded dialogue of one optimizer, in natural units.

    Attributes
    ----------
    X, f, status : ndarray, shapes (n, d), (n,), (n,)
        Its evaluations in the order in which they were recorded, as in :class:`glompo.events.Evaluated`.
    points : tuple of (int, ndarray, float)
        Better points that it was given: after how many of its evaluations, x of shape (d,), and f.
    extras : tuple of tuple
        Further values of detailed calls, one row for each of the first evaluations.
    first : int
        Evaluations under the same number that belong to an earlier search, before a warm start; they are not in `X`.
    saved : SavedState or None
        The last state that it saved.
    """

    X: NDArray[np.float64]
    f: NDArray[np.float64]
    status: NDArray[np.uint8]
    points: tuple[tuple[int, NDArray[np.float64], float], ...] = ()
    extras: tuple[tuple[Any, ...], ...] = ()
    first: int = 0
    saved: SavedState | None = None

    @property
    def end(self) -> int:
        """Evaluations recorded under its number."""
        return self.first + len(self.f)


@dataclass(frozen=True, slots=True)
class RunContext:
    """What all optimizers of a run have in common.

    Attributes
    ----------
    task : callable or str
        What is minimised; where it leaves this process, its import path if it was given as one.
    bounds : ndarray, shape (d, 2)
        Natural units.
    detailed : bool
        Whether the task's `detailed_call` is called and logged.
    scaler : tuple of str or None
        Scale of each parameter for an optimizer whose class asks for none.
    in_order : bool
        Whether evaluations side by side are recorded in the order in which they were asked for.
    failures : FailurePolicy
        What is handed to the optimizer for an evaluation that is not OK.
    evaluator : object
        What computes the task for all optimizers of this process: has ``asking(ask)``; None if each has its own.
    plan : object
        How an optimizer builds its own: has ``build(task, workers, detailed)``; None for right there.
    concurrency : {'threads', 'processes'}
        What the optimizer is told of the backend: whether it, or its evaluations, have processes of their own.
    on_divergence : {'warm-start', 'fail'}
        What becomes of an optimizer that no longer does what it did.
    integrality : tuple of bool
        Whether each parameter is rounded to a whole number; empty if none is.
    """

    task: Callable[..., Any] | str
    bounds: NDArray[np.float64]
    detailed: bool = False
    scaler: tuple[str, ...] | None = None
    in_order: bool = False
    failures: FailurePolicy = PENALIZE
    evaluator: Any = None
    plan: Any = None
    concurrency: str = "threads"
    on_divergence: str = "warm-start"
    integrality: tuple[bool, ...] = ()


@dataclass(frozen=True, slots=True)
class LaunchRequest:
    """One optimizer to be built and run.

    Backends that stay in this process hand it over as it is, so that the task keeps its identity; those that leave
    it pickle the request in the parent, where an error can still name the object at fault.

    Attributes
    ----------
    opt : int
        Number of the optimizer.
    context : RunContext
        What it has in common with the others.
    cls, args, kwargs, minimize_kwargs
        Class of the optimizer and what it is given.
    slots : int
        Evaluations that it may keep in flight.
    x0 : ndarray, shape (d,)
        Where it starts, in natural units.
    seed : numpy.random.SeedSequence
        Of its own random stream.
    recorded : RecordedHistory or None
        What it did in earlier sessions, if it is to go on from there.
    rests : bool
        Whether it rested then, and rests on when it is back.
    log_level : int
        Level from which on a process of its own sends what is logged there.
    """

    opt: int
    context: RunContext
    cls: Any
    x0: NDArray[np.float64]
    seed: np.random.SeedSequence
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    minimize_kwargs: Mapping[str, Any] = field(default_factory=dict)
    slots: int = 1
    recorded: RecordedHistory | None = None
    rests: bool = False
    log_level: int = 30

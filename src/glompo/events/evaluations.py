"""What is evaluated: credits, the batches that they pay for, and the incumbent. See :mod:`glompo.events`.

A credit is the right to call the task once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

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


@dataclass(frozen=True, slots=True, eq=False)
class Evaluated(Event):
    """A batch of evaluations of one optimizer, in the order in which they were completed.

    Attributes
    ----------
    opt : int
        Optimizer.
    k0 : int
        Number of the first one among the optimizer's evaluations, from 0.
    X : ndarray, shape (n, d)
        Parameters in natural units.
    f : ndarray, shape (n,)
        Values handed to the optimizer.
    status : ndarray of uint8, shape (n,)
        :class:`glompo.function.Status` of each.
    seconds, ages : ndarray of float32, shape (n,)
        Duration of each, and seconds between its end and `at`.
    extras : tuple of tuple
        Further values of a detailed call, one row each; empty if there are none.
    errors : tuple of (int, str)
        Row and reason of those that are not OK.
    """

    opt: int
    k0: int
    X: NDArray[np.float64]
    f: NDArray[np.float64]
    status: NDArray[np.uint8]
    seconds: NDArray[np.float32]
    ages: NDArray[np.float32]
    extras: tuple[tuple[Any, ...], ...] = ()
    errors: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class IncumbentSent(Event):
    """The best point so far, found by optimizer `source`, was offered to optimizer `opt`."""

    opt: int
    x: NDArray[np.float64]
    f: float
    source: int


@dataclass(frozen=True, slots=True, eq=False)
class IncumbentTaken(Event):
    """The optimizer received the point after `at_k` evaluations of its own: without it no replay is exact."""

    opt: int
    at_k: int
    x: NDArray[np.float64]
    f: float

"""The task's contract: what may be minimised, and what may come out of one evaluation.

A task is any callable ``task(x) -> float``. Inheriting from :class:`BaseFunction` is optional; it documents the
extra methods that the library looks for.
"""

from __future__ import annotations

import enum
import math
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.values import brief, real


class Status(enum.IntEnum):
    """How one evaluation of the task ended."""

    OK = 0
    FAILED = 1
    INVALID = 2
    TIMEOUT = 3
    CRASHED = 4
    OUT_OF_BOUNDS = 5
    CANCELLED = 6
    OUT_OF_MEMORY = 7
    RETRIED = 8


FAILURES = (Status.FAILED, Status.INVALID, Status.TIMEOUT, Status.CRASHED, Status.OUT_OF_MEMORY)
"""Statuses that count as a failure of the task."""


_TAIL = re.compile(r"; its (?:stderr|stdout|output) ends: .*", re.DOTALL)
_SCRATCH = re.compile(r"; see (?P<folder>[^;]+)$")
_CODE = re.compile(r"exit (?:code|status) -?\d+")
_SIGNAL = re.compile(r"killed by signal \d+(?: \((?P<name>\w+)\))?")
_PARTICULAR = re.compile(r"0x[0-9a-fA-F]+|[-+]?(?:\d+\.\d*|\.\d+|\d{4,}|\d+(?=[eE][-+]?\d))(?:[eE][-+]?\d+)?")

CAUSE = 80
"""Characters of a cause at most."""


def kept_in(reason: str, folder: object) -> str:
    """Return the reason of a failure with the directory in which everything about it was kept."""
    return f"{reason}; see {folder}"


def scratch_of(reason: str) -> str:
    """Return the directory that :func:`kept_in` added to a reason; empty if it did not."""
    found = _SCRATCH.search(reason)
    return found["folder"] if found else ""


def cause_of(status: Status, reason: str) -> str:
    """Return what a failure has in common with others: its reason without what is particular to one evaluation.

    Examples
    --------
    >>> cause_of(Status.FAILED, "simulate ended with exit code 1; its stderr ends: no; see /tmp/evaluation-1")
    'exit code 1'
    >>> cause_of(Status.FAILED, "ValueError: 0.173 is too small")
    'ValueError: # is too small'
    """
    if status in (Status.TIMEOUT, Status.OUT_OF_MEMORY):
        return status.name.lower().replace("_", " ")
    plain = _TAIL.sub("", _SCRATCH.sub("", reason)).partition("\n")[0]
    if code := _CODE.search(plain):
        return code[0]
    if ended := _SIGNAL.search(plain):
        return f"killed by {ended['name']}" if ended["name"] else ended[0]
    general = _PARTICULAR.sub("#", plain)
    return general if len(general) <= CAUSE else f"{general[: CAUSE - 3]}..."


@dataclass(slots=True)
class Outcome:
    """What one evaluation of the task gave. It is not changed; to forbid that would take half of the time to make one.

    Attributes
    ----------
    fx : float
        The value as the task returned it; nan where there is none.
    status : Status
        ``OK`` for a finite value or +inf.
    error : str
        Why the status is not ``OK``, in one line.
    extras : tuple
        The further return values of ``detailed_call``, in their order.
    seconds : float
        Wall-clock seconds that the evaluation took.
    refused : bool
        Whether the task said, by TaskContractError, that it can be evaluated nowhere; the run ends with that.
    """

    fx: float
    status: Status = Status.OK
    error: str = ""
    extras: tuple[Any, ...] = ()
    seconds: float = 0.0
    refused: bool = False


@dataclass(frozen=True, slots=True)
class FailurePolicy:
    """What an optimizer gets for an evaluation that is not OK.

    Attributes
    ----------
    penalty : float or None
        The value handed to it; None for the worst valid one that it has seen.
    retries : int
        How often the point is evaluated again before that. Each attempt is a call of the task, and recorded.
    fatal : bool
        Whether the first failure ends the run.
    """

    penalty: float | None = math.inf
    retries: int = 0
    fatal: bool = False


PENALIZE = FailurePolicy()
"""The usual policy: +inf, at once."""


class EvaluationError(Exception):
    """Raised by a task that knows how its evaluation ended.

    A task that watches over something itself, as :class:`~glompo.tasks.command.CommandTask` does over a program,
    tells a deadline from a crash by this; any other exception means ``FAILED``.

    Parameters
    ----------
    status : Status
        How the evaluation ended.
    reason : str
        Why, in one line.
    """

    def __init__(self, status: Status, reason: str) -> None:
        super().__init__(status, reason)  # both, so that it can be pickled
        self.status = status
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.status.name.lower().replace('_', ' ')}: {self.reason}"


class BaseFunction(ABC):
    """Optional base class of a task.

    Only :meth:`__call__` must be written. A task may also define ``detailed_call(x) -> (fx, *extras)`` and
    ``headers() -> {name: type}`` for the extras (evaluations then log them when ``is_log_detailed`` is set),
    ``residuals`` for optimizers that fit them, ``gradient`` for those that use slopes (see :mod:`glompo.details`), and
    ``checkpoint_save(path)`` and ``checkpoint_load(path)`` when pickling does not suit it.
    """

    @abstractmethod
    def __call__(self, x: NDArray[np.float64]) -> float:
        """Return the value to be minimised.

        Parameters
        ----------
        x : ndarray of float64, shape (d,)
            Parameter vector in natural units.
        """

    def detailed_call(self, x: NDArray[np.float64]) -> Sequence[Any]:
        """Return ``(fx, *extras)`` for `x`, shape (d,)."""
        raise NotImplementedError(f"{type(self).__name__} defines no detailed_call")

    def headers(self) -> Mapping[str, type]:
        """Return the name and type of each extra value of :meth:`detailed_call`, in order; `fx` may come first."""
        raise NotImplementedError(f"{type(self).__name__} defines no headers")

    def checkpoint_save(self, path: str | PathLike[str]) -> None:
        """Write what :meth:`checkpoint_load` needs into `path`."""
        raise NotImplementedError(f"{type(self).__name__} defines no checkpoint_save")

    @classmethod
    def checkpoint_load(cls, path: str | PathLike[str]) -> BaseFunction:
        """Return the task saved in `path`."""
        raise NotImplementedError(f"{cls.__name__} defines no checkpoint_load")


def assess(raw: object, seconds: float = 0.0, extras: tuple[Any, ...] = ()) -> Outcome:
    """Judge what a task returned.

    Any real number is a value (see :mod:`glompo.values`), and so is an array with one of them. +inf is a value ("not
    here"); nan and -inf are not, since neither can be compared with a loss. Text, None, masked values and times are
    not, although some of them convert to a float. What a conversion of the user's own raises goes through.
    """
    try:
        fx = raw if type(raw) is float else real(raw)
    except (TypeError, ValueError, OverflowError):
        return Outcome(math.nan, Status.INVALID, f"the task returned {brief(raw)}, not a number", extras, seconds)
    if math.isnan(fx) or fx == -math.inf:
        return Outcome(fx, Status.INVALID, f"the task returned {fx}", extras, seconds)
    return Outcome(fx, Status.OK, "", extras, seconds)

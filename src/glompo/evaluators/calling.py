"""One call of the task, in the process where it is made."""

from __future__ import annotations

import math
from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.details import Ask, residual_call
from glompo.evaluators.unfinished import Unfinished
from glompo.function import Outcome, Status, assess


def callable_of(task: Any, detailed: int) -> Callable[..., Any]:
    """Return what is called at a point, see :class:`~glompo.details.Ask`: the task, or what gives more than a value."""
    if detailed == Ask.RESIDUALS:
        return residual_call(task)
    return task.detailed_call if detailed else task  # type: ignore[no-any-return]  # whether it is callable shows there


def outcome_of(call: Callable[..., Any], detailed: int, x: NDArray[np.float64]) -> Outcome:
    """Return what ``call(x)`` gives, `x` of shape (d,), in natural units; never raises for what the task does.

    A task that calls `sys.exit` has failed; a KeyboardInterrupt is the user's and goes on.
    """
    begin = perf_counter()
    try:
        raw = call(x)
    except Unfinished as error:
        return Outcome(math.nan, error.status, error.reason, (), perf_counter() - begin)
    except MemoryError as error:
        return Outcome(math.nan, Status.OUT_OF_MEMORY, _text(error), (), perf_counter() - begin)
    except (Exception, SystemExit) as error:
        return Outcome(math.nan, Status.FAILED, _text(error), (), perf_counter() - begin)
    seconds = perf_counter() - begin
    if not detailed:
        return assess(raw, seconds)
    try:
        fx, *extras = raw
    except (TypeError, ValueError):
        reason = f"detailed_call returned {type(raw).__name__}, not (fx, *extras)"
        return Outcome(math.nan, Status.INVALID, reason, (), seconds)
    return assess(fx, seconds, tuple(extras))


def _text(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"

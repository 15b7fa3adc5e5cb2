"""One call of the task, in the process where it is made."""

from __future__ import annotations

import logging
import math
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from time import perf_counter
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from glompo.details import Ask, gradient_call, residual_call
from glompo.errors import TaskContractError
from glompo.function import EvaluationError, Outcome, Status, assess
from glompo.safe_text import error_text
from glompo.this_process import ThisProcess
from glompo.values import without_masks

logger = logging.getLogger("glompo.evaluators")

INSTANT = 1e-5
"""Seconds in which no task forks, or makes a directory, goes there and removes it; to look takes a tenth of that."""


def callable_of(task: Any, detailed: int) -> Callable[..., Any]:
    """Return what is called at a point, see :class:`~glompo.details.Ask`: the task, or what gives more than a value."""
    if detailed == Ask.RESIDUALS:
        return residual_call(task)
    if detailed == Ask.GRADIENT:
        return gradient_call(task)
    return task.detailed_call if detailed else task  # type: ignore[no-any-return]  # whether it is callable shows there


def outcome_of(call: Callable[..., Any], detailed: int, x: NDArray[np.float64]) -> Outcome:
    """Return what ``call(x)`` gives, `x` of shape (d,), in natural units; never raises for what the task does.

    Whatever comes out of the task is its failure, SystemExit and KeyboardInterrupt included: no evaluation is computed
    where Python raises that for Ctrl-C, so it came from a library that the task uses. The same holds for what the
    conversion of its value raises.

    Should the task return in a fork of this process, that copy ends here: it has nothing to evaluate, and all that the
    optimizer and its lines to others do is done by the original.
    """
    begin, pid = perf_counter(), ThisProcess.pid
    raised: BaseException | None = None
    try:
        raw = call(x)
        seconds = perf_counter() - begin
        outcome = _judged(raw, seconds) if detailed else assess(raw, seconds)
    except EvaluationError as error:
        outcome = Outcome(math.nan, error.status, error.reason, (), perf_counter() - begin)
    except TaskContractError as error:
        outcome = Outcome(math.nan, Status.INVALID, str(error), (), perf_counter() - begin, refused=True)
    except MemoryError as error:
        outcome = Outcome(math.nan, Status.OUT_OF_MEMORY, error_text(error), (), perf_counter() - begin)
    except BaseException as error:
        raised = error
        outcome = Outcome(math.nan, Status.FAILED, error_text(error), (), perf_counter() - begin)
    if outcome.seconds > INSTANT and ThisProcess.asked() != pid:
        _end_of_a_fork(raised, pid)
    return outcome


def _judged(raw: Any, seconds: float) -> Outcome:
    try:
        fx, *extras = raw
    except (TypeError, ValueError):
        reason = f"detailed_call returned {type(raw).__name__}, not (fx, *extras)"
        return Outcome(math.nan, Status.INVALID, reason, (), seconds)
    return assess(fx, seconds, tuple(map(without_masks, extras)))


def _end_of_a_fork(raised: BaseException | None, pid: int) -> NoReturn:
    """End this process as Python ends one: with the code of `sys.exit`, or with 1 and a word about what went wrong."""
    code = (raised.code or 0) if isinstance(raised, SystemExit) else 1
    if not isinstance(raised, SystemExit):
        how = "returned" if raised is None else f"raised {error_text(raised)}"
        logger.error(
            "the task %s in process %d, which it had forked from %d; a fork must end by itself, with os._exit or "
            "sys.exit, so it was ended there",
            how, os.getpid(), pid,
        )  # fmt: skip
    with suppress(Exception):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 1)

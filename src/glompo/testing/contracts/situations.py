"""Histories of runs that a policy must cope with, one for each trap."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from glompo.events import Paused, PauseRequested
from glompo.events.verdict import Verdict
from glompo.function import Status
from glompo.testing.histories import History, history

SLOTS = 4
"""Slots of each run."""

Situation = Callable[[ArrayLike], History]
"""From bounds to a history, the same one each time."""


def not_started(bounds: ArrayLike) -> History:
    """Return a run in which nothing has started."""
    return history(bounds, SLOTS)


def no_evaluation(bounds: ArrayLike) -> History:
    """Return a run in which nothing has been evaluated."""
    run = history(bounds, SLOTS)
    run.start()
    run.start(slots=2)
    return run


def one_evaluation(bounds: ArrayLike) -> History:
    """Return a run with one evaluation."""
    run = no_evaluation(bounds)
    run.evaluate(1, 3.0)
    return run


def few_evaluations(bounds: ArrayLike) -> History:
    """Return a run with histories shorter than any window."""
    run = no_evaluation(bounds)
    _walk(run, 1, [5.0, 4.0, 3.5])
    _walk(run, 2, [7.0, 6.5])
    return run


def long_race(bounds: ArrayLike) -> History:
    """Return a run in which one optimizer leads, one lags and has settled, and one has just started."""
    run = history(bounds, SLOTS)
    _walk(run, run.start(), 10.0 * 0.97 ** np.arange(400))
    _walk(run, run.start(), 50.0 + 10.0 * 0.9 ** np.arange(400))
    _walk(run, run.start(), [80.0, 70.0])
    return run


def nothing_but_failures(bounds: ArrayLike) -> History:
    """Return a run without any valid value: failed, invalid, outside the bounds, and valid but infinite."""
    run = history(bounds, SLOTS)
    for status in (Status.FAILED, Status.INVALID, Status.OUT_OF_BOUNDS, Status.OK):
        run.evaluate(run.start(), [np.inf] * 60, status=status)
    return run


def failures_in_between(bounds: ArrayLike) -> History:
    """Return a run in which inf and nan stand among the values, also at the end of a history."""
    run = history(bounds, SLOTS)
    for level in (2.0, 9.0):
        values = level + 0.98 ** np.arange(200)
        values[3::7], values[5::11] = np.inf, np.nan
        _walk(run, run.start(), values)
    _walk(run, run.start(), [5.0] * 100 + [np.inf] * 20)
    return run


def all_signs(bounds: ArrayLike) -> History:
    """Return a run whose values are negative, zero and positive, and do not change for long."""
    run = history(bounds, SLOTS)
    _walk(run, run.start(), np.concatenate([np.linspace(3, -3, 61), np.full(100, -3.0)]))
    _walk(run, run.start(), np.zeros(161))
    _walk(run, run.start(), np.full(161, -1.0))
    return run


def extreme_values(bounds: ArrayLike) -> History:
    """Return a run whose values reach the limits of floating-point numbers."""
    run = history(bounds, SLOTS)
    _walk(run, run.start(), np.tile([1e308, -1e308], 80))
    _walk(run, run.start(), np.full(160, 1e308))
    _walk(run, run.start(), np.tile([5e-324, 0.0], 80))
    return run


def some_have_ended(bounds: ArrayLike) -> History:
    """Return a run after a resume, in which optimizers converged, were stopped, crashed, and one goes on."""
    run = history(bounds, SLOTS)
    for level in (3.0, 4.0, 5.0, 6.0):
        _walk(run, run.start(), level + 0.9 ** np.arange(50))
    run.converge(1)
    run.stop(2)
    run.crash(3)
    run.wait(100.0)
    run.resume()
    _walk(run, 4, np.full(50, 6.0))
    return run


def one_rests(bounds: ArrayLike) -> History:
    """Return a run in which one optimizer is paused."""
    run = long_race(bounds)
    run.happen(PauseRequested(run.now, 2, "freezer", Verdict(True, "by hand")))
    run.happen(Paused(run.now, 2, 400))
    return run


SHORT: dict[str, Situation] = {
    "none has started": not_started,
    "nothing has been evaluated": no_evaluation,
    "there is one evaluation": one_evaluation,
    "there are few evaluations": few_evaluations,
}
"""Histories shorter than any window."""

FAILING: dict[str, Situation] = {
    "all evaluations failed": nothing_but_failures,
    "some evaluations failed": failures_in_between,
}
"""Histories with values that are none."""

ORDINARY: dict[str, Situation] = {
    "the race is long": long_race,
    "some have ended": some_have_ended,
    "one rests": one_rests,
    "values have all signs": all_signs,
}
"""Histories as they are."""

EXTREME: dict[str, Situation] = {"values are extreme": extreme_values}
"""Histories on which arithmetic overflows."""

ALL: dict[str, Situation] = {**SHORT, **ORDINARY, **FAILING, **EXTREME}
"""All of them."""


def _walk(run: History, opt: int, values: ArrayLike) -> None:
    """Let an optimizer evaluate along a spiral into the middle of the box."""
    f = np.array(values, dtype=float)
    run.evaluate(opt, f, X=_spiral(run.view().bounds, len(f), opt), seconds=1.0)


def _spiral(bounds: NDArray[np.float64], n: int, opt: int) -> NDArray[np.float64]:
    low, high = bounds.T
    turns = np.arange(n)[:, None] * 0.7 + np.arange(len(bounds)) + opt
    reach = 0.9 * 0.98 ** np.arange(n)[:, None] + 0.01 * opt
    return np.asarray(np.clip(low + (high - low) * (0.5 + 0.5 * reach * np.sin(turns)), low, high))

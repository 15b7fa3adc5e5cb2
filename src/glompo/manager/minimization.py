"""The manager in one call."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Mapping
from typing import Any

from glompo.errors import SettingError
from glompo.manager.arguments import ends
from glompo.manager.manager import GloMPOManager
from glompo.read import Result
from glompo.spec import refuse_unknown


def minimize(
    task: Callable[..., Any] | str,
    bounds: Any,
    *,
    optimizers: Any = None,
    exit_conditions: Any = None,
    max_evaluations: int | None = None,
    max_seconds: float | None = None,
    target: float | None = None,
    max_jobs: int | None = None,
    rng: Any = None,
    working_dir: str | os.PathLike[str] | None = None,
    progress: Any = None,
    **setup: Any,
) -> Result:
    """Minimise a function with several managed optimizers.

    A budget, time limit or target given here ends the run; until then optimizers that converge or are stopped are
    replaced. Without any of them the run ends when the first optimizer converges
    or is exhausted.

    Parameters
    ----------
    task : callable or str
        ``task(x) -> float`` for x of shape (d,), or its import path ``"module:function"``.
    bounds : sequence of (min, max), ndarray of shape (d, 2), or scipy.optimize.Bounds
        Equal bounds fix a parameter.
    optimizers : optional
        An optimizer class, an instance as a template, a tuple ``(class, init kwargs, minimize kwargs)``, or a list
        of these, which are started in turn; CMA-ES by default.
    exit_conditions : optional
        Further conditions, of which one must hold.
    max_evaluations : int, optional
        Calls of the task at most; exact.
    max_seconds : float, optional
        Seconds after which the run ends; evaluations under way are awaited.
    target : float, optional
        Value at which the run ends.
    max_jobs : int, optional
        Slots: evaluations in flight at once.
    rng : None, int, SeedSequence, BitGenerator or Generator
        Seed of everything random in the run.
    working_dir : path-like, optional
        Directory of the run; a new one below ``glompo_runs`` by default.
    progress : bool or Observer, optional
        Whether to show progress.
    **setup
        Any other setting of :meth:`GloMPOManager.setup`.

    Returns
    -------
    Result
        With ``x, fx, fun, nfev, success, message, stats, origin``, the table ``optimizers``, and ``run_dir``.

    Examples
    --------
    >>> import glompo
    >>> result = glompo.minimize(lambda x: (x**2).sum(), [(-5, 5)] * 3, max_evaluations=400, rng=1)
    >>> result.nfev
    400
    """
    short = {
        "optimizers": optimizers,
        "exit_conditions": exit_conditions,
        "max_evaluations": max_evaluations,
        "max_seconds": max_seconds,
        "target": target,
        "max_jobs": max_jobs,
        "rng": rng,
        "working_dir": working_dir,
        "progress": progress,
    }
    return managed(task, bounds, {**short, **setup}).start_manager()


def managed(task: Callable[..., Any] | str, bounds: Any, settings: Mapping[str, Any]) -> GloMPOManager:
    """Return a manager that is set up by the settings of :func:`minimize`, for a run that has not begun.

    Parameters
    ----------
    task, bounds
        As for :func:`minimize`.
    settings : mapping
        Its further arguments by name.

    Raises
    ------
    SettingError, SettingTypeError
        Naming the setting, its value and the remedy.
    """
    known = {*inspect.signature(minimize).parameters, *inspect.signature(GloMPOManager.setup).parameters}
    refuse_unknown("minimize", settings, known - {"setup", "unknown", "self"})
    given = dict(settings)
    optimizers = given.pop("optimizers", None)
    if optimizers is not None and "opt_selector" in given:
        raise SettingError("optimizers and opt_selector are both given; give one of them")
    if optimizers is None:
        from glompo.optimizers import CMAOptimizer

        optimizers = given.pop("opt_selector", CMAOptimizer)
    limits = (given.pop(name, None) for name in ("exit_conditions", "max_evaluations", "max_seconds", "target"))
    working_dir = given.pop("working_dir", None)
    return GloMPOManager.new_manager(task, bounds, optimizers, working_dir, exit_conditions=ends(*limits), **given)

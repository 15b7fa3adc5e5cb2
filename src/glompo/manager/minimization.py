"""The manager in one call."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Unpack

from glompo.errors import SettingError
from glompo.manager.manager import GloMPOManager
from glompo.read import Result
from glompo.settings import MinimizeSettings, documented, spelled_out
from glompo.settings.checks import ends
from glompo.validation import refuse_unknown


@documented(GloMPOManager.setup)
@spelled_out(MinimizeSettings)
def minimize(task: Callable[..., Any] | str, bounds: Any = None, **settings: Unpack[MinimizeSettings]) -> Result:
    """Minimise a function with several managed optimizers.

    A budget, time limit or target given here ends the run; until then optimizers that converge or are stopped are
    replaced. Without any of them the run ends when the first optimizer converges
    or is exhausted.

    Parameters
    ----------
    task : callable or str
        ``task(x) -> float`` for x of shape (d,), or its import path ``"module:function"``.
    bounds : sequence of (min, max), ndarray of shape (d, 2), or scipy.optimize.Bounds
        Equal bounds fix a parameter. Without them, those that the task brings as its attribute ``bounds``, and with
        them its ``x0``, ``names``, ``scaler`` and ``is_log_detailed``.
    optimizers : optional
        An optimizer class or its name, an instance as a template, a tuple ``(class, init kwargs, minimize kwargs)``,
        or a list of these, which are started in turn; by default the portfolio of
        :func:`~glompo.portfolio.default_portfolio`.
    opt_selector : BaseSelector, optional
        What chooses among optimizers, in place of `optimizers`.
    exit_conditions : BaseExitCondition, or a sequence, of which one must hold
        Further conditions.
    max_evaluations : int, optional
        Calls of the task at most; exact.
    max_seconds : float, optional
        Seconds after which the run ends; evaluations under way are awaited.
    target : float, optional
        Value at which the run ends.
    working_dir : path-like, optional
        Directory of the run; by default a new one below ``glompo_runs``, where of the runs that are over within a
        minute the 20 newest are kept.
    **settings
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
    return managed(task, bounds, settings).start_manager()


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
    refuse_unknown("minimize", settings, inspect.signature(minimize).parameters, peers="first")
    given = dict(settings)
    optimizers, selector = given.pop("optimizers", None), given.pop("opt_selector", None)
    if optimizers is not None and selector is not None:
        raise SettingError("optimizers and opt_selector are both given; give one of them")
    if optimizers is None:
        optimizers = selector
    limits = (given.pop(name, None) for name in ("exit_conditions", "max_evaluations", "max_seconds", "target"))
    given |= {"working_dir": given.get("working_dir"), "exit_conditions": ends(*limits)}
    return GloMPOManager.new_manager(task, bounds, optimizers, **given)

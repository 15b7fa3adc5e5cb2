"""The profile of a parameter: how good a task can be at each of some values of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.errors import SettingError
from glompo.manager.minimization import minimize


@dataclass(frozen=True, slots=True, eq=False)
class ProfilePoint:
    """One value of the parameter, and what a run found for the others.

    Attributes
    ----------
    value : float
        At which the parameter was held.
    fx : float
        Smallest value of the task there; nan if no evaluation gave one.
    x : ndarray of shape (d,) or None
        Where, the parameter that was held included.
    run_dir : Path
        Directory of the run.
    """

    value: float
    fx: float
    x: NDArray[np.float64] | None
    run_dir: Path | None


def profile(task: Any, name: str, points: Iterable[float], **settings: Any) -> list[ProfilePoint]:
    """Hold one parameter at each of some values, and let a managed run find the others.

    For a calibration with the loss ``sse`` and honest sigmas these are the profile likelihood: the values at which the
    loss is less than 3.84 above the smallest one are a 95 % confidence interval.

    Parameters
    ----------
    task : Calibration, or another task with the attributes ``bounds``, ``names`` and ``x0``
        What is minimised.
    name : str
        The parameter.
    points : iterable of float
        Its values, in the order of the runs; each begins where the one before it ended.
    **settings
        As for :func:`minimize`, for each of the runs. `x0` is where the first begins. Below `working_dir` each run has
        a directory named after its value; the same call goes on where it was interrupted.

    Returns
    -------
    list of ProfilePoint
        In the order of `points`.

    Raises
    ------
    SettingError
        If there is no such parameter, or a value lies outside its range; nothing has been run.
    """
    names, bounds = tuple(task.names), [(float(low), float(high)) for low, high in task.bounds]
    if name not in names:
        raise SettingError(f"the task has no parameter {name!r}; it has {', '.join(names)}")
    which, values = names.index(name), [float(value) for value in points]
    low, high = bounds[which]
    for value in values:
        if not low <= value <= high:
            raise SettingError(f"points hold {value!r}; give values of {name!r} between {low!r} and {high!r}")
    brought: dict[str, Any] = {"names": names, "scaler": getattr(task, "scaler", "none"), "resume": "auto"}
    brought |= {"is_log_detailed": getattr(task, "is_log_detailed", False)} | settings
    at, folder = np.array(brought.pop("x0", task.x0), dtype=np.float64), brought.pop("working_dir", None)
    found = []
    for value in values:
        at[which], bounds[which] = value, (value, value)
        place = None if folder is None else Path(folder) / repr(value)
        result = minimize(task, bounds, x0=at.copy(), working_dir=place, **brought)
        found.append(ProfilePoint(value, float(result.fx), result.x, result.run_dir))
        at = at if result.x is None else np.array(result.x)
    return found

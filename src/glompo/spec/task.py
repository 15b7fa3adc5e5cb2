"""The task, as a callable or as an import path."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from glompo.details import details_of, offers_details
from glompo.errors import SettingError, SettingTypeError
from glompo.spec.imports import imported


def task_of(given: Any) -> tuple[Callable[..., Any], str]:
    """Return the task and its name.

    Parameters
    ----------
    given : callable or str
        A function of one vector, or where to import it from: ``"module:function"``.

    Raises
    ------
    SettingTypeError, SettingError
        If it is neither, or cannot be imported.
    """
    if isinstance(given, str):
        return _imported(given), given
    if not callable(given):
        raise SettingTypeError(f"the task is {given!r}, which cannot be called; give a function task(x) -> float")
    return given, _name(given)


def columns_of(task: Any, name: str, detailed: bool) -> tuple[str, ...]:
    """Return the names of what may be recorded of an evaluation besides its value; none if the task does not say.

    Raises
    ------
    SettingError, SettingTypeError
        If details are to be logged and the task has no `detailed_call` of its own, or what it says of its extras cannot
        be meant.
    """
    if detailed and not offers_details(task):
        raise SettingError(f"is_log_detailed is set, but the task {name} has no detailed_call(x)")
    details = details_of(task)
    if details.method and offers_details(task) and not details.names:
        return ()  # how many extras come before the residuals is not known
    return details.columns


def _imported(path: str) -> Callable[..., Any]:
    target = imported(path, "the task")
    if not callable(target):
        raise SettingTypeError(f"the task {path!r} is {target!r}, which cannot be called")
    return target  # type: ignore[no-any-return]  # callable, as just checked


def _name(task: Any) -> str:
    name = getattr(task, "__qualname__", None) or type(task).__qualname__
    module = getattr(task, "__module__", None) or "?"
    module = "__main__" if module == "__mp_main__" else module  # what the main program is called in a spawned child
    return f"{module}:{name}"

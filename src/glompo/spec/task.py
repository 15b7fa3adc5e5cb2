"""The task, as a callable or as an import path."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from glompo.errors import SettingError, SettingTypeError
from glompo.function import BaseFunction, offers_details
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


def detailed_headers(task: Any, name: str) -> tuple[str, ...]:
    """Return the names of the extra values of a detailed task; none if it does not say.

    Raises
    ------
    SettingError
        If the task has no `detailed_call` of its own.
    """
    if not offers_details(task):
        raise SettingError(f"is_log_detailed is set, but the task {name} has no detailed_call(x)")
    headers = getattr(task, "headers", None)
    if headers is None or getattr(type(task), "headers", None) is BaseFunction.headers:
        return ()
    return tuple(map(str, headers()))


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

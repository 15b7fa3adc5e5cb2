"""The task, as a callable or as an import path, ``module:name``, and what else is named by one."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from types import ModuleType
from typing import Any

from glompo.details import details_of, offers_details
from glompo.errors import SettingError, SettingTypeError
from glompo.validation import refuse_class


@dataclass(frozen=True, slots=True)
class NamedTask:
    """A task: itself, its name, and what goes to other processes in its place, its import path if it has been given."""

    function: Callable[..., Any]
    name: str
    sent: Callable[..., Any] | str

    def __str__(self) -> str:
        return self.name


def task_of(given: Any) -> NamedTask:
    """Return the task that a user gave.

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
        function = imported(given, "the task")
        if not callable(function):
            raise SettingTypeError(f"the task {given!r} is {function!r}, which cannot be called")
        refuse_class(f"the task {given!r}", function)
        return NamedTask(function, given, given)
    refuse_class("the task", given)
    if not callable(given):
        raise SettingTypeError(f"the task is {given!r}, which cannot be called; give a function task(x) -> float")
    return NamedTask(given, _name(given), given)


BROUGHT = ("x0", "names", "scaler", "is_log_detailed")
"""Settings that a task may bring with it as attributes, if it brings its bounds."""


def with_brought(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a run, with those that the task brings where the caller gives none.

    A task brings settings by an attribute ``bounds``, and beside it ``x0``, ``names``, ``scaler`` and
    ``is_log_detailed``. If the caller gives bounds, all are the caller's.

    Raises
    ------
    SettingError, SettingTypeError
        If there are no bounds, or the task cannot be imported.
    """
    if given.get("bounds") is not None:
        return dict(given)
    task = task_of(given["task"])
    bounds = getattr(task.function, "bounds", None)
    if bounds is None or callable(bounds):
        raise SettingError(
            f"there are no bounds, and the task {task.name} brings none; give one (min, max) pair for each parameter"
        )
    brought = {name: getattr(task.function, name, None) for name in BROUGHT}
    said = {name: value for name, value in given.items() if value is not None or name not in brought}
    return {name: value for name, value in brought.items() if value is not None} | said | {"bounds": bounds}


def columns_of(task: NamedTask, detailed: bool) -> tuple[str, ...]:
    """Return the names of what may be recorded of an evaluation besides its value; none if the task does not say.

    Raises
    ------
    SettingError, SettingTypeError
        If details are to be logged and the task has no `detailed_call` of its own, or what it says of its extras cannot
        be meant.
    """
    has_details = offers_details(task.function)
    if detailed and not has_details:
        raise SettingError(f"is_log_detailed is set, but the task {task.name} has no detailed_call(x)")
    details = details_of(task.function)
    if (details.method or details.gradient) and has_details and not details.names:
        return ()  # how many extras come before the residuals is not known
    return details.columns


def _name(task: Any) -> str:
    name = getattr(task, "__qualname__", None) or type(task).__qualname__
    module = getattr(task, "__module__", None) or "?"
    module = "__main__" if module == "__mp_main__" else module  # what the main program is called in a spawned child
    return f"{module}:{name}"


def imported(path: str, what: str) -> Any:
    """Return the object at the import path.

    Parameters
    ----------
    path : str
        ``module:name`` or ``module:name.attribute``.
    what : str
        What it is wanted for, to begin a message with.

    Raises
    ------
    SettingError
        If the path has another form, its module cannot be imported, or there is no such name in it.
    """
    module_name, colon, name = path.partition(":")
    if not (colon and module_name and name):
        raise SettingError(f"{what} is {path!r}; an import path has the form 'module:name'")
    target: Any = _module(module_name, f"{what} {path!r}")
    for part in name.split("."):
        known = dir(target)
        if part not in known:
            near = get_close_matches(part, known, 1)
            hint = f"did you mean {near[0]!r}?" if near else "define it there or name another"
            raise SettingError(f"{what} {path!r} does not exist: there is no {part!r} in {module_name}; {hint}")
        target = getattr(target, part)
    return target


def _module(name: str, what: str) -> ModuleType:
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
            raise SettingError(
                f"{what} cannot be imported: there is no module {error.name!r}; put it beside the configuration or "
                "on PYTHONPATH"
            ) from error
        raise SettingError(f"{what} cannot be imported: {_where(error)}{error}; install or mend it") from error
    except Exception as error:  # whatever a user's module does wrong when it is imported
        raise SettingError(
            f"{what} cannot be imported: {_where(error)}{type(error).__name__}: {error}; mend the module"
        ) from error


def _where(error: Exception) -> str:
    """Return file and line at which the user's module went wrong."""
    if isinstance(error, SyntaxError):
        return ""  # its text says it
    last = traceback.extract_tb(error.__traceback__)[-1]
    return "" if last.filename.startswith("<") else f"{last.filename}, line {last.lineno}: "

"""What is named by an import path, ``module:name``."""

from __future__ import annotations

import traceback
from difflib import get_close_matches
from importlib import import_module
from types import ModuleType
from typing import Any

from glompo.errors import SettingError


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

"""Objects on their way to another process: the task, with what the main program defines."""

from __future__ import annotations

import pickle
import sys
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import cloudpickle

from glompo.errors import SettingError, SettingTypeError
from glompo.evaluators.pickle_diagnosis import why_not

SPAWNED = "__mp_main__"
"""Name of the main program in a process that multiprocessing has spawned, or that a forkserver has forked: it is
imported there under this name, which no other process knows."""


@dataclass(frozen=True, slots=True)
class ImportPath:
    """A task that travels as the place to import it from.

    Attributes
    ----------
    text : str
        ``module:name`` or ``module:name.attribute``.
    """

    text: str

    def __post_init__(self) -> None:
        """Refuse another form.

        Raises
        ------
        SettingError
            If it has not the form ``module:name``.
        """
        module, colon, name = self.text.partition(":")
        if not (colon and module and name):
            raise SettingError(f"the task is {self.text!r}; an import path has the form 'module:function'")

    def imported(self) -> Any:
        """Return what is at the path, in this process."""
        module, _, name = self.text.partition(":")
        target: Any = import_module(module)
        for part in name.split("."):
            target = getattr(target, part)
        return target


def pickled(value: object) -> bytes:
    """Return `value` as bytes. What was defined in the main program travels whole, the rest by its name.

    Whatever pickling it raises goes through.
    """
    main = sys.modules.get(SPAWNED)
    if main is not None:
        cloudpickle.register_pickle_by_value(main)
    data: bytes = cloudpickle.dumps(value)
    return data


def preflight(task: Any) -> bytes:
    """Return the task as bytes that :func:`unpacked` takes in another process.

    Functions of the main program, lambdas and closures travel whole; functions and classes of a module travel as
    their names, and the module must be importable over there. Objects that the task holds are copied.

    Parameters
    ----------
    task : callable or str
        The task, or where to import it from, ``"module:function"``.

    Raises
    ------
    SettingTypeError
        If it cannot be pickled; the message names the object inside it that is at fault.
    SettingError
        If an import path has another form.
    """
    if isinstance(task, str):
        return pickle.dumps(ImportPath(task))
    try:
        return pickled(task)
    except Exception as error:
        raise SettingTypeError(
            f"the task {_name(task)} cannot be sent to another process: {why_not(task, error)}; make that object "
            "inside the task at its first call, leave it out with __getstate__, or give the task as an import path, "
            "'module:function'"
        ) from error


def unpacked(payload: bytes) -> Any:
    """Return the task of :func:`preflight`; whatever loading it raises goes through."""
    task = pickle.loads(payload)
    return task.imported() if isinstance(task, ImportPath) else task


def here(task: Any) -> Any:
    """Return the task itself, imported in this process if it is the place to import it from."""
    return ImportPath(task).imported() if isinstance(task, str) else task


def _name(task: Any) -> str:
    return getattr(task, "__qualname__", None) or type(task).__qualname__

"""The task of a configuration: an import path, or a table that describes a program.

What is found at an import path may bring bounds, names of the parameters and a start, as attributes.

::

    [task]
    command = ["sh", "{config_dir}/simulate.sh"]
    template = "input.txt.template"

Its keys are the arguments of :class:`~glompo.tasks.command.CommandTask`, without the parameters' names where the
configuration gives them. ``{config_dir}`` in the command is the directory of the configuration, and relative paths
begin there.
"""

from __future__ import annotations

import inspect
import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from glompo.errors import SettingError, SettingTypeError
from glompo.tasks.command import CommandTask
from glompo.validation import refuse_unknown

HERE = "{config_dir}"
"""What stands for the directory of the configuration in a command."""

PATHS = ("template", "directory")
"""Settings that are paths."""


def task_in(document: Mapping[str, Any], folder: Path) -> str | CommandTask:
    """Return the task that a configuration in `folder` names or describes.

    Raises SettingError or SettingTypeError, naming the key, its value and the remedy.
    """
    task = document.get("task")
    if task is None:
        raise SettingError(
            'the configuration has no task; add task = "module:function", or a table [task] with command = [...]'
        )
    if isinstance(task, Mapping):
        return program(task, folder, "[task]", document.get("names"))
    if not isinstance(task, str):
        raise SettingTypeError(
            f"task is {task!r}; give the import path of a function, 'module:function', or a table [task] with "
            "command = [...]"
        )
    return task


def task_kept(task: Any, folder: Path) -> Any:
    """Return the task of a configuration in `folder` as it can be written into one elsewhere."""
    if not isinstance(task, Mapping):
        return task
    paths = {name: str(_below(folder, name, task[name])) for name in PATHS if name in task}
    return {**task, "command": _command(task["command"], folder), **paths}


def program(table: Mapping[str, Any], folder: Path, where: str, names: Any = None) -> CommandTask:
    """Return the program that a table describes; SettingError or SettingTypeError if it cannot be used."""
    known = inspect.signature(CommandTask).parameters
    refuse_unknown(f"the table {where}", table, known)
    if "command" not in table:
        raise SettingError(f'the table {where} has no command; add command = ["program", "argument", ...]')
    settings = {name: value for name, value in table.items() if name != "command"}
    for name in PATHS:
        if name in settings:
            settings[name] = _below(folder, name, settings[name])
    if isinstance(names, list):
        settings.setdefault("names", names)
    return CommandTask(_command(table["command"], folder), **settings)


def _command(given: Any, folder: Path) -> Any:
    """Return the command with the paths that begin at the configuration's directory; what is none is left as it is."""
    try:
        parts = shlex.split(given) if isinstance(given, str) else given
    except ValueError:  # it says so itself
        return given
    if not isinstance(parts, list) or not parts or not all(isinstance(part, str) for part in parts):
        return given
    program, *rest = (part.replace(HERE, str(folder)) for part in parts)
    return [str(folder / program) if os.sep in program else program, *rest]


def _below(folder: Path, name: str, given: Any) -> Path:
    if not isinstance(given, str):
        raise SettingTypeError(f"{name} of [task] is {given!r}; give a path as a text")
    return folder / Path(given).expanduser()

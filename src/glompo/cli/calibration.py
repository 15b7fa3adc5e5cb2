"""The table ``[calibration]`` of a configuration, in place of a task with its bounds, names and starting point.

::

    [calibration]
    model = "epidemic:model"
    parameters = "parameters.csv"
    data = "cases.csv"
    loss = "sse"

A model is an import path, a class with its arguments, ``{class = "module:Class", ...}``, or a program with those of
:class:`~glompo.tasks.command.CommandTask`, ``{command = [...], ...}``. Tables of parameters and of data are files, or
come from a function with its arguments, ``{reader = "module:function", ...}``. Paths of files are relative to the
configuration; in other texts ``{config_dir}`` stands for its directory, and ``$NAME`` for an environment variable.
"""

from __future__ import annotations

import functools
import inspect
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from glompo.calibration import Calibration, Data, Parameters
from glompo.calibration.losses import Loss, loss_of
from glompo.cli.task import HERE, program
from glompo.errors import SettingError, SettingTypeError
from glompo.spec.task import imported
from glompo.validation import refuse_unknown

KEYS = ("model", "parameters", "data", "loss", "weights", "derived", "record_residuals")
"""Keys of the table."""

OTHERWISE = ("task", "bounds", "names", "x0", "scaler")
"""Settings that a calibration brings."""

VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


def calibration_in(document: Mapping[str, Any], folder: Path) -> Calibration:
    """Return the calibration that a configuration in `folder` describes.

    Raises SettingError or SettingTypeError, naming the key, its value and the remedy.
    """
    table = _table(document)
    twice = [name for name in OTHERWISE if name in document]
    if twice:
        raise SettingError(f"the configuration has {twice[0]} beside [calibration], which brings it; take it out")
    refuse_unknown("the table [calibration]", table, KEYS)
    for name in ("model", "parameters", "data"):
        if name not in table:
            raise SettingError(f"the table [calibration] has no {name}; add {name} = ...")
    derived, weights = (_mapping(table, name) for name in ("derived", "weights"))
    settings = {"derived": derived} if derived else {}
    parameters = _read("parameters", table["parameters"], Parameters, settings, folder)
    data = _read("data", table["data"], Data, {"weights": weights} if weights else {}, folder)
    further = {name: table[name] for name in ("loss", "record_residuals") if name in table}
    return Calibration(_model(table["model"], parameters, folder), parameters, data, **further)


def training_data(document: Mapping[str, Any], folder: Path) -> tuple[Data, Loss, bool] | None:
    """Return rows for training, loss, and if there are any for validation, of a calibration whose data are a file.

    It is None for other runs. Nothing is imported. Raises SettingError if the file cannot be read.
    """
    table = document.get("calibration")
    if not isinstance(table, Mapping) or not isinstance(table.get("data"), str):
        return None
    data = Data.read(_path(folder, table["data"]), weights=_mapping(table, "weights"))
    training = data.of("training")
    return None if training is None else (training, loss_of(table.get("loss", "sse")), len(training) < len(data))


def calibration_kept(document: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return the table as it can be written into a configuration elsewhere."""
    table = dict(_table(document))
    for name in ("parameters", "data"):
        given = table[name]
        table[name] = str(_path(folder, given)) if isinstance(given, str) else _expanded(given, folder)
    if isinstance(table["model"], Mapping):
        model = _expanded(table["model"], folder)
        if "template" in model:
            model["template"] = str(folder / Path(model["template"]).expanduser())
        table["model"] = model
    return table


def _table(document: Mapping[str, Any]) -> Mapping[str, Any]:
    table = document["calibration"]
    if not isinstance(table, Mapping):
        raise SettingTypeError(f"calibration is {table!r}; give a table with model, parameters and data")
    return table


def _model(given: Any, parameters: Parameters, folder: Path) -> Any:
    if isinstance(given, str):
        return imported(given, "the model")
    if not isinstance(given, Mapping):
        raise SettingTypeError(f"model is {given!r}; give 'module:name', or a table with class or command")
    if "command" in given:
        names = list(parameters.values(parameters.x0))
        return program({"names": names} | _expanded(given, folder), folder, "[calibration] model")
    settings = _expanded(given, folder)
    path = settings.pop("class", None)
    if not isinstance(path, str):
        raise SettingError(f"model is {given!r}; add class = 'module:Class', or command = [...]")
    found = imported(path, "the model")
    if not inspect.isclass(found):
        raise SettingTypeError(f"class of the model is {path!r}, which is {found!r}; name a class")
    _check_call(found, settings, "model")
    return functools.partial(found, **settings)


def _read(name: str, given: Any, cls: Any, settings: dict[str, Any], folder: Path) -> Any:
    if isinstance(given, str):
        return cls.read(_path(folder, given), **settings)
    if not isinstance(given, Mapping) or "reader" not in given:
        raise SettingTypeError(f"{name} is {given!r}; give a file, or a table with reader = 'module:function'")
    arguments = _expanded(given, folder)
    reader = imported(arguments.pop("reader"), f"the reader of {name}")
    _check_call(reader, arguments, name)
    found = reader(**arguments)
    if not isinstance(found, cls):
        raise SettingTypeError(f"the reader of {name} returned {found!r:.80}; let it return {cls.__name__}")
    return cls(found, **settings) if settings else found


def _check_call(called: Any, arguments: Mapping[str, Any], name: str) -> None:
    try:
        inspect.signature(called).bind(**arguments)
    except TypeError as error:
        raise SettingError(f"{name} of [calibration]: {error}; it takes {inspect.signature(called)}") from None


def _mapping(table: Mapping[str, Any], name: str) -> dict[str, Any]:
    given = table.get(name, {})
    if not isinstance(given, Mapping):
        raise SettingTypeError(f"{name} of [calibration] is {given!r}; give a table")
    return dict(given)


def _path(folder: Path, given: str) -> Path:
    return folder / Path(str(_expanded(given, folder))).expanduser()


def _expanded(given: Any, folder: Path) -> Any:
    """Return texts with the directory of the configuration and variables of the environment in their places."""
    if isinstance(given, Mapping):
        return {name: _expanded(one, folder) for name, one in given.items()}
    if isinstance(given, list):
        return [_expanded(one, folder) for one in given]
    if not isinstance(given, str):
        return given
    return VARIABLE.sub(_variable, given.replace(HERE, str(folder)))


def _variable(place: re.Match[str]) -> str:
    name = place[1] or place[2]
    if name not in os.environ:
        raise SettingError(f"the table [calibration] wants ${name}, which the environment has not; export {name}=...")
    return os.environ[name]

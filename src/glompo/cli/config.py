"""A configuration file: what it says, and the call of :func:`glompo.minimize` that it amounts to.

Every argument of :func:`glompo.minimize` and of :meth:`glompo.GloMPOManager.setup` is a key of the same name. Beside
them there are ``stoppers_combine`` and ``exit_conditions_combine``, which say how several rules are joined::

    task = "module:function"
    bounds = [[-5, 5], [-5, 5]]
    max_evaluations = 2000

    [[optimizers]]
    type = "CMAOptimizer"
    workers = 2
    label = "wide"

    [[stoppers]]
    type = "MinFuncCalls"
    min_pts = 200

    [[stoppers]]
    type = "BestUnmoving"
    calls = 500
"""

from __future__ import annotations

import copy
import inspect
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from glompo.cli.calibration import calibration_in, calibration_kept
from glompo.cli.searches import REGIMES, each, searches
from glompo.cli.task import task_in, task_kept
from glompo.core.policies.rule import Rule
from glompo.core.policies.rule_text import combine
from glompo.errors import SettingError, SettingTypeError, UserError
from glompo.manager import GloMPOManager, minimize
from glompo.settings.components import (
    ALLOCATORS,
    EXIT_CONDITIONS,
    FREEZERS,
    GENERATORS,
    STOPPERS,
    ComponentKind,
    named,
)
from glompo.spec import CheckpointingControl
from glompo.storage.files import read_regular
from glompo.validation import refuse_unknown

LONGEST = 2**24
"""Bytes of the largest configuration that is read."""

COMBINE = "_combine"
"""What the name of a list of rules and the name of its combination differ by."""


def read_config(path: Path) -> dict[str, Any]:
    """Return what a TOML file says.

    Raises
    ------
    UserError
        If it cannot be read, or is no TOML.
    """
    try:
        return tomllib.loads(read_regular(path, LONGEST).decode())
    except FileNotFoundError:
        raise UserError(f"there is no file {path}; name a configuration in TOML") from None
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}; name a configuration in TOML") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is no TOML: it is not UTF-8 at byte {error.start}; save it as UTF-8") from error
    except RecursionError as error:
        raise UserError(f"{path} is nested too deeply; write tables of their own") from error
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{path} is no TOML: {error}; mend that line") from error


def settings_known() -> set[str]:
    """Return all keys that a configuration may have."""
    taken = {*inspect.signature(minimize).parameters, *inspect.signature(GloMPOManager.setup).parameters}
    return (taken - {"self", "configuration"}) | {*_OURS}


def arguments(document: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return the keyword arguments of :func:`glompo.minimize` that a configuration amounts to.

    Components are constructed, which checks their settings; nothing is read or written. Paths are relative to `folder`.
    Bounds that it leaves out the task may bring.
    Raises SettingError or SettingTypeError, naming the key, its value and the remedy.
    """
    known = settings_known()
    refuse_unknown("the configuration", document, known, peers="first")
    call = {name: value for name, value in document.items() if name not in _PARSED}
    call["task"] = calibration_in(document, folder) if CALIBRATION in document else task_in(document, folder)
    call["bounds"] = _bounds(document)
    if "working_dir" in document:
        call["working_dir"] = _below(folder, document["working_dir"])
    if isinstance(document.get("known_points"), str):
        call["known_points"] = folder / Path(document["known_points"]).expanduser()
    for name, kind in (("stoppers", STOPPERS), ("exit_conditions", EXIT_CONDITIONS)):
        if name in document or name + COMBINE in document:
            call[name] = _rules(document, name, kind)
    call |= searches(document, known)
    if isinstance(document.get("checkpoint_control"), Mapping):
        call["checkpoint_control"] = _control(document["checkpoint_control"])
    for name, kind in _SINGLE.items():
        if name in document:
            call[name] = named(document[name], kind, name, known).built()
    return call


_SINGLE = {"x0_generator": GENERATORS, "allocator": ALLOCATORS, "freezer": FREEZERS}
"""Settings that are one component."""


def python_path(document: Mapping[str, Any], folder: Path) -> list[str]:
    """Return the folders in which modules are looked for first: that of the file, and those that it names.

    Raises SettingTypeError if they are no texts.
    """
    named = document.get("python_path", [])
    if not isinstance(named, list) or not all(isinstance(one, str) for one in named):
        raise SettingTypeError(f"python_path is {named!r}; give a list of folders, each as a text")
    return [str(folder), *(str(folder / Path(one).expanduser()) for one in named)]


def kept(document: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return the configuration as it is kept in the run directory: it says the same there, also if that is moved."""
    once = ("overwrite_existing", "resume", "resume_task")
    lasting = {name: value for name, value in document.items() if name not in once}
    in_place = _below(folder, document.get("working_dir", "glompo_runs")) == folder  # it was read from there
    folders = python_path(document, folder)[in_place:]
    if isinstance(document.get("known_points"), str):
        lasting["known_points"] = str(folder / Path(document["known_points"]).expanduser())
    if CALIBRATION in document:
        task = {CALIBRATION: calibration_kept(document, folder)}
    else:
        task = {"task": task_kept(document["task"], folder)}
    return lasting | task | {"working_dir": ".", "python_path": folders}


CALIBRATION = "calibration"
"""Table in place of a task."""

_OURS = (CALIBRATION, REGIMES, "stoppers" + COMBINE, "exit_conditions" + COMBINE, "python_path")
"""Keys that are no arguments."""

_PARSED = {
    *_SINGLE,
    "python_path",
    CALIBRATION,
    "task",
    "bounds",
    "working_dir",
    "stoppers",
    "stoppers" + COMBINE,
    "exit_conditions",
    "exit_conditions" + COMBINE,
    "optimizers",
    "opt_selector",
    REGIMES,
}
"""Settings that are not passed on as they stand."""


def _control(given: Mapping[str, Any]) -> CheckpointingControl:
    """Return when checkpoints are made."""
    refuse_unknown("the table [checkpoint_control]", given, inspect.signature(CheckpointingControl).parameters)
    return CheckpointingControl(**given)


def _bounds(document: Mapping[str, Any]) -> Any:
    """Return the bounds as pairs: in a configuration a row of bounds is always (min, max)."""
    bounds = document.get("bounds")
    if bounds is None:
        return None  # the task may bring them
    if not isinstance(bounds, list):
        raise SettingTypeError(f"bounds is {bounds!r}; give [[min, max], ...], one for each parameter")
    for number, row in enumerate(bounds):
        numbers = isinstance(row, list) and all(type(value) in (int, float) for value in row)
        if not numbers or len(row) != 2:
            raise SettingError(f"bounds of parameter {number} are {row!r}; give two numbers, [min, max]")
    return [tuple(row) for row in bounds]


def _below(folder: Path, given: Any) -> Path:
    if not isinstance(given, str):
        raise SettingTypeError(f"working_dir is {given!r}; give the path of a directory as a text")
    return folder / Path(given).expanduser()


def _rules(document: Mapping[str, Any], name: str, kind: ComponentKind) -> Rule | list[Rule]:
    """Return a list of rules, of which one must hold; or one rule, if the configuration says how they combine."""
    rules = [one.built() for one in each(document.get(name, []), name, kind, settings_known())]
    how = document.get(name + COMBINE)
    if how is None:
        return rules
    if not rules:
        raise SettingError(f"{name + COMBINE} is {how!r}, but there are no {name}; add [[{name}]] or take it out")
    try:
        return combine(how, rules)
    except UserError as error:
        raise SettingError(f"{name + COMBINE}: {error}") from error


def assignments(given: Iterable[str], option: str) -> dict[str, Any]:
    """Return ``name=value`` pairs; a value is read as in TOML, and as a text if it is none."""
    found: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise SettingError(f"{option} is {text!r}; give name=value")
        found[name.strip()] = _value(value.strip())
    return found


def changed(document: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of `document` with other values at the given keys.

    A dotted key leads into a table, and a number in it to that item of a list, counted from 1: ``stoppers.2.calls``.

    Raises
    ------
    SettingError
        If a key leads nowhere.
    """
    new = copy.deepcopy(dict(document))
    for key, value in changes.items():
        *way, last = key.split(".")
        node: Any = new
        for step in way:
            node = node[_at(node, step, key)]
        node[_at(node, last, key, new=True)] = value
    return new


def _at(node: Any, step: str, key: str, new: bool = False) -> str | int:
    """Return the index of a step in a table or a list."""
    if isinstance(node, dict) and (new or step in node):
        return step
    if isinstance(node, list) and step.isdecimal() and 1 <= int(step) <= len(node):
        return int(step) - 1
    if isinstance(node, dict):
        has = f"it has {', '.join(map(str, node))}"
    else:
        has = f"it is a list of {len(node)}" if isinstance(node, list) else f"it is {node!r}"
    raise SettingError(f"{key!r} leads nowhere: there is no {step!r} in what comes before; {has}")


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text

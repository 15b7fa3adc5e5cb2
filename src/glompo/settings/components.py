"""From names in a configuration to optimizers, stoppers, exit conditions, generators and selectors.

A component is written as its name, or as a table whose ``type`` is its name and whose other keys are its settings::

    stoppers = ["CatchUp"]

    [[optimizers]]
    type = "CMAOptimizer"
    sigma0 = 0.2
    workers = 2
    label = "wide"

One of the user's own is named by its import path, ``type = "module:Class"``, and one of an installed plug-in by the
name before the ``=`` in the ``pyproject.toml`` of its distribution, which declares it in the group of its kind::

    [project.entry-points."glompo.stoppers"]
    MySlope = "my_package.stoppers:MySlope"

Finding plug-ins reads the metadata of what is installed and imports nothing; a plug-in is imported when it is named, or
listed. Where a component takes a function, a text is its import path too; where it takes a generator, that is written
in the same way.
"""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module, metadata
from typing import Any

from glompo.earlier_names import present_name
from glompo.errors import GlompoError, SettingError, SettingTypeError
from glompo.exit_conditions import BaseExitCondition
from glompo.freezers import BaseFreezer
from glompo.generators import BaseGenerator
from glompo.optimizer import BaseOptimizer
from glompo.selectors import BaseSelector
from glompo.spec.constructor import FOR_THE_MANAGER, required_settings
from glompo.spec.constructor import settings_known as _settings_known
from glompo.spec.task import imported
from glompo.stoppers import BaseStopper


@dataclass(frozen=True, slots=True)
class Plugin:
    """One component that a distribution declares.

    Attributes
    ----------
    name : str
        What it is called in a configuration.
    path : str
        Its import path, ``module:Class``.
    source : str
        Name and version of the distribution.
    """

    name: str
    path: str
    source: str
    entry: metadata.EntryPoint

    def load(self) -> Any:
        """Return the component; raises PluginError if importing it fails in whatever way."""
        try:
            return self.entry.load()
        except (Exception, SystemExit) as error:  # a module that leaves must not take the command with it
            raise PluginError(f"{type(error).__name__}: {error}{_where(error)}") from error


class PluginError(Exception):
    """A plug-in cannot be imported, and why."""


def plugins(group: str) -> list[Plugin]:
    """Return what installed distributions declare in an entry-point group, by name and source."""
    found = [Plugin(entry.name, entry.value, _source(entry), entry) for entry in metadata.entry_points(group=group)]
    return sorted(found, key=lambda one: (one.name, one.source))


def _source(entry: metadata.EntryPoint) -> str:
    if entry.dist is None:
        return "an unknown distribution"
    return f"{entry.dist.name} {entry.dist.version}"


def _where(error: BaseException) -> str:
    """Return file and line at which importing went wrong, unless the import system itself says so."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return "" if last.filename.startswith("<") else f" ({last.filename}, line {last.lineno})"


@dataclass(frozen=True, slots=True)
class ComponentKind:
    """Where the components of one setting live.

    Attributes
    ----------
    noun : str
        What one of them is called.
    module : str
        Their module; those in its ``__all__`` can be named. Also the entry-point group of plug-ins.
    fits : callable
        Whether a class is one of them.
    """

    noun: str
    module: str
    fits: Callable[[type], bool]

    def names(self) -> dict[str, type]:
        """Return the bundled components by name."""
        module = import_module(self.module)
        found = {name: getattr(module, name) for name in module.__all__}
        classes = {name: cls for name, cls in found.items() if inspect.isclass(cls) and self.fits(cls)}
        return {
            name: cls for name, cls in classes.items() if not name.startswith("Base") and not inspect.isabstract(cls)
        }

    def plugins(self) -> list[Plugin]:
        """Return what other distributions declare of this kind; nothing is imported."""
        return plugins(self.module)

    def plugged(self, name: str, where: str) -> type | None:
        """Return the plug-in of that name; None if there is none.

        Raises SettingError if it cannot be imported, is of another kind, or if several distributions declare the name.
        """
        found = [one for one in self.plugins() if one.name == name]
        if not found:
            return None
        if len(found) > 1:
            sources = " and ".join(f"{one.source} ({one.path})" for one in found)
            raise SettingError(
                f"{where}: the {self.noun} {name!r} is declared by {sources}; name one by its import path"
            )
        [one] = found
        try:
            cls = one.load()
        except PluginError as error:
            raise SettingError(
                f"{where}: the {self.noun} {name!r} of {one.source} cannot be imported: {error}; mend or remove it"
            ) from error
        if not (inspect.isclass(cls) and self.fits(cls)):
            raise SettingTypeError(f"{where}: {name!r} of {one.source} is {cls!r}, which is no {self.noun}")
        return cls


def _below(base: type) -> Callable[[type], bool]:
    return lambda cls: issubclass(cls, base)


def _allocates(cls: type) -> bool:
    return callable(getattr(cls, "allocate", None))


OPTIMIZERS = ComponentKind("optimizer", "glompo.optimizers", _below(BaseOptimizer))
STOPPERS = ComponentKind("stopper", "glompo.stoppers", _below(BaseStopper))
EXIT_CONDITIONS = ComponentKind("exit condition", "glompo.exit_conditions", _below(BaseExitCondition))
GENERATORS = ComponentKind("generator", "glompo.generators", _below(BaseGenerator))
SELECTORS = ComponentKind("selector", "glompo.selectors", _below(BaseSelector))
SPAWN_CONTROLS = ComponentKind("spawn control", "glompo.selectors", lambda cls: not issubclass(cls, BaseSelector))
FREEZERS = ComponentKind("freezer", "glompo.freezers", _below(BaseFreezer))
ALLOCATORS = ComponentKind("allocator", "glompo.allocators", _allocates)

COMPONENT_KINDS = {
    "optimizers": OPTIMIZERS,
    "stoppers": STOPPERS,
    "exit_conditions": EXIT_CONDITIONS,
    "generators": GENERATORS,
    "selectors": SELECTORS,
    "spawn_controls": SPAWN_CONTROLS,
    "allocators": ALLOCATORS,
    "freezers": FREEZERS,
}
"""All kinds of components by the name of their setting."""


@dataclass(frozen=True, slots=True)
class Named:
    """One component as the configuration gives it.

    Attributes
    ----------
    where : str
        Its place in the configuration, to begin a message with.
    cls : type
        Its class.
    settings : dict
        What it is constructed with.
    """

    where: str
    cls: type
    settings: dict[str, Any]

    def missing(self, given: int = 0) -> list[str]:
        """Return the settings that it lacks, so many of them being given by position."""
        return [name for name in required_settings(self.cls, given) if name not in self.settings]

    def built(self, *args: Any) -> Any:
        """Return the component; an error names the place."""
        missing = self.missing(len(args))
        if missing:
            raise SettingError(f"{self.where} lacks the setting {missing[0]!r}; add {missing[0]} = ... to it")
        try:
            return self.cls(*args, **self.settings)
        except GlompoError as error:
            raise SettingError(f"{self.where}: {error}") from error
        except Exception as error:  # the constructor of a component of the user's own
            raise SettingError(f"{self.where} cannot be made: {type(error).__name__}: {error}") from error


def named(given: Any, kind: ComponentKind, where: str, run_settings: Collection[str] = ()) -> Named:
    """Return the component of one `kind` that `given`, a name or a table of the configuration, describes.

    `where` is its place there, which begins each message; `run_settings` are the settings of the run, for a hint when
    one of them slipped into the table. Raises SettingError or SettingTypeError, naming the nearest right name.
    """
    if isinstance(given, str):
        given = {"type": given}
    if not isinstance(given, Mapping):
        raise SettingTypeError(f"{where} is {given!r}; give the name of a {kind.noun}, or a table with its type")
    settings = dict(given)
    type_name = settings.pop("type", None)
    cls = _class_of(type_name, kind, where)
    where = f"{where} ({cls.__name__})"
    known, closed = _settings_known(cls)
    further = FOR_THE_MANAGER if issubclass(cls, BaseOptimizer) else ()
    for name in settings:
        if closed and name not in (*known, *further):
            raise _unknown(where, name, known, run_settings)
    for name, value in settings.items():
        settings[name] = _inner(value, str(known[name].annotation) if name in known else "", f"{where}: {name}")
    return Named(where, cls, settings)


def _inner(value: Any, annotation: str, where: str) -> Any:
    """Return what a setting stands for: a function, or just its value."""
    if "Callable" in annotation and isinstance(value, str):
        return imported(value, where)
    return value


def _class_of(type_name: Any, kind: ComponentKind, where: str) -> type:
    names = kind.names()
    if type_name is None:
        raise SettingError(f"{where} has no type; add type = ... with one of {', '.join(names)}")
    if not isinstance(type_name, str):
        raise SettingTypeError(f"{where}: type is {type_name!r}; give the name of a {kind.noun} as a text")
    if ":" in type_name:
        cls = imported(type_name, f"{where}: type")
        if not (inspect.isclass(cls) and kind.fits(cls)):
            raise SettingTypeError(f"{where}: type {type_name!r} is {cls!r}, which is no {kind.noun}")
        return cls
    if type_name in names:
        return names[type_name]
    plugged = kind.plugged(type_name, where)
    if plugged is not None:
        return plugged
    known = dict.fromkeys([*names, *(one.name for one in kind.plugins())])
    hint = (
        present_name(kind.module, type_name)
        or _nearest(type_name, known)
        or f"there are {', '.join(known)}, and 'module:Class' for one of your own"
    )
    raise SettingError(f"{where}: there is no {kind.noun} {type_name!r}; {hint}")


def _nearest(type_name: str, names: Collection[str]) -> str:
    """Return a question for the name that may have been meant: alike in any case, or one that holds the text."""
    folded = {name.lower(): name for name in names}
    part = type_name.lower()
    near = get_close_matches(part, folded, 1) or [name for name in folded if part and part in name]
    return f"did you mean {folded[near[0]]!r}?" if near else ""


def _unknown(where: str, name: str, known: Collection[str], run_settings: Collection[str]) -> SettingError:
    near = get_close_matches(name, known, 1)
    if near:
        hint = f"did you mean {near[0]!r}?"
    elif name in run_settings:
        hint = "it is a setting of the run: move it above the first [table], where TOML ends the settings of the run"
    elif known:
        hint = f"it has {', '.join(sorted(known))}"
    else:
        hint = "it has none"
    return SettingError(f"{where} has no setting {name!r}; {hint}")

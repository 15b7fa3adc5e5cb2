"""By what a task is known again when a run is resumed: digests of its source and of the data that it holds.

A task is followed through functions and classes of the user's own: their sources, defaults, closures, the globals that
they look up, and the attributes of instances. What an installed library, Python or GloMPO defines is known by its name,
so that an update is no other task. What the task itself changes on its way (counters, caches, logs) does not count, nor
does what is no plain data (open files, locks, generators). Where a file lies does not matter, nor the module's name: a
script that is run and one that is imported hold the same task.

A task that has a method ``resume_key()`` says itself what it is: it returns a mapping of names to plain data.
"""

from __future__ import annotations

import functools
import inspect
import logging
import os
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path, PurePath
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from glompo.spec.source import Source, computed, names_rebound, names_used, source_of

logger = logging.getLogger("glompo.spec")

BEGINNING = ("__init__", "__new__", "__post_init__", "__setstate__")
"""Methods that set what an instance holds in the beginning."""

RULES = "1"
"""Version of the rules by which digests are made; those of other versions say nothing."""

MOST_PARTS = 300
"""Parts of a task that are looked at."""

LONGEST = 40
"""Characters of a number, or several, that are recorded as they are."""

MOST_TEXT = 200
"""Characters of a text from ``resume_key()`` that are recorded as they are."""

WHOLE = 64 * 2**20
"""Bytes of an array of which all values count; of a larger one a million that are spread over it."""

_PYTHON = f"code {sys.version_info[0]}.{sys.version_info[1]}"
_STANDARD = [Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "platstdlib")]
_LASTING = (
    *(bool, int, float, complex, str, bytes, tuple, frozenset, type, PurePath, np.generic),
    *(FunctionType, MethodType, BuiltinFunctionType, ModuleType, functools.partial),
)
_DEFINED = (FunctionType, MethodType, BuiltinFunctionType, ModuleType, type)
_GLOMPO = Path(__file__).resolve().parents[1]


def fingerprint(task: Any) -> dict[str, str]:
    """Return the digests of the parts of a task, by the names of these; empty if it cannot be looked at."""
    try:
        return _Look(task).parts
    except Exception as error:  # user code may answer anything when it is looked at
        logger.info("the task cannot be told from another one when the run is resumed: %r", error)
        return {}


def differences(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Return what differs between two fingerprints, in words; nothing where one of them does not say."""
    if not before or not now or before.get("rules") != now.get("rules"):
        return []
    told = []
    blind = any(said.startswith("code ") for said in (*before.values(), *now.values()))
    for part in dict.fromkeys((*before, *now)):
        was, given = before.get(part, "nothing"), now.get(part, "nothing")
        if was != given and not (blind and _says_nothing(was, given)):
            told.append(f"{part}: recorded {was}, given {given}")
    return told


def _says_nothing(was: str, given: str) -> bool:
    """Return whether two parts cannot be compared: one is compiled code, and the other is of another Python or text."""
    kinds = {said.partition(":")[0] for said in (was, given)}
    return len(kinds) > 1 and any(kind == "nothing" or kind.startswith("code ") for kind in kinds)


class _Look:
    """One look at a task."""

    def __init__(self, task: Any) -> None:
        self.parts: dict[str, str] = {}
        self._found: list[tuple[tuple[str, ...], str]] = []
        self._changed: set[str] = set()
        self._blind = False  # whether there is code without source, so that what it changes is not known
        self._seen: dict[int, Any] = {}  # what was looked at lives on, for its id to stay its own
        self._home = _file_of(task)
        self._walk(("task",), task)
        for path, said in self._found:
            if not self._changed.intersection(path[1:]):
                self.parts[".".join(path)] = said
        self.parts["rules"] = RULES

    def _say(self, path: tuple[str, ...], said: str) -> None:
        self._found.append((path, said))

    def _walk(self, path: tuple[str, ...], value: Any) -> None:
        told = _plain(value)
        if told is not None:
            self._say(path, told)
            return
        if id(value) in self._seen or len(self._found) > MOST_PARTS:
            return
        self._seen[id(value)] = value
        if callable(key := getattr(value, "resume_key", None)) and not inspect.isclass(value):
            for name, item in dict(key()).items():
                if isinstance(item, str):  # what the task says of itself is told as it says it
                    self._say((*path, name), f"text: {item if len(item) <= MOST_TEXT else _digest(item)}")
                else:
                    self._walk((*path, name), item)
            return
        self._say_what(path, value)

    def _say_what(self, path: tuple[str, ...], value: Any) -> None:
        if isinstance(value, functools.partial):
            self._say(path, f"partial: {len(value.args)} arguments")
            self._walk((*path, "func"), value.func)
            self._walk_all(path, ((f"args[{i}]", one) for i, one in enumerate(value.args)))
            self._walk_all(path, value.keywords.items())
        elif isinstance(value, MethodType):
            self._walk(path, value.__func__)
            self._walk((*path, "self"), value.__self__)
        elif isinstance(value, FunctionType):
            self._function(path, value)
        elif inspect.isclass(value):
            self._class(path, value)
        elif isinstance(value, (list, tuple)):
            self._say(path, f"{type(value).__name__}: {len(value)} items")
            self._walk_all(path, ((f"[{i}]", one) for i, one in enumerate(value)))
        elif isinstance(value, dict):
            self._say(path, f"dict: {len(value)} items")
            self._walk_all(path, ((f"[{name!r}]", one) for name, one in value.items() if isinstance(name, str)))
        elif isinstance(value, (ModuleType, BuiltinFunctionType, np.ufunc)):
            self._say(path, f"name: {_name(value)}")
        elif callable(inner := getattr(value, "py_func", getattr(value, "__wrapped__", None))):
            self._walk(path, inner)  # compiled or cached
        else:
            self._instance(path, value)

    def _walk_all(self, path: tuple[str, ...], items: Any) -> None:
        for name, value in items:
            self._walk((*path, name), value)

    def _function(self, path: tuple[str, ...], function: FunctionType) -> None:
        code = function.__code__
        if not self._own(code.co_filename):
            self._say(path, f"name: {_name(function)}")
            return
        source = source_of(code)
        self._say(path, f"{_PYTHON}: {_digest(_code(code))}" if source is None else f"source: {_digest(source.text)}")
        self._blind = self._blind or source is None
        self._note_changes(function, source)
        self._walk_all(path, self._given(function))
        self._globals(path, function)

    def _given(self, function: FunctionType) -> Iterator[tuple[str, Any]]:
        """Yield what a function gets besides its arguments; without its source only what it cannot change."""
        code = function.__code__
        positional = code.co_varnames[: code.co_argcount]
        defaults = function.__defaults__ or ()
        found = list(zip(positional[len(positional) - len(defaults) :], defaults, strict=True))
        found += (function.__kwdefaults__ or {}).items()
        for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
            if name != "__class__":
                try:
                    found.append((name, cell.cell_contents))
                except ValueError:  # not yet assigned
                    continue
        return (one for one in found if not (self._blind and _is_mutable(one[1])))

    def _globals(self, path: tuple[str, ...], function: FunctionType) -> None:
        """Look at the globals that a function looks up: of one that its module computes, how; of others, what."""
        for name, value, file in _globals(function):
            text = None if isinstance(value, _DEFINED) else computed(file, name)
            if text is not None:
                self._say((*path, name), f"source: {_digest(text)}")
                if _plain(value) is None:
                    self._class((*path, name, "class"), type(value))
            elif not (self._blind and _is_mutable(value)):
                self._walk((*path, name), value)

    def _class(self, path: tuple[str, ...], cls: type) -> None:
        if not self._own(_file_of(cls)):
            self._say(path, f"name: {_name(cls)}")
            return
        foreign = [_name(base) for base in cls.__mro__[1:] if not self._own(_file_of(base))]
        self._say(path, f"class: {', '.join(foreign)}")
        for base in reversed([one for one in cls.__mro__ if self._own(_file_of(one))]):
            for name, value in vars(base).items():
                for member in _members(name, value):
                    self._walk((*path, name), member)

    def _instance(self, path: tuple[str, ...], value: Any) -> None:
        cls = type(value)
        own = self._own(_file_of(cls))
        self._class((*path, "class"), cls)
        if not own:
            for function in _methods(cls):
                self._note_changes(function, source_of(function.__code__))
        inside = own or cls.__module__.startswith("glompo.")  # what others keep to themselves may change with a version
        for name, item in _state(value):
            if (inside or not name.startswith("_")) and not (self._blind and _is_mutable(item)):
                self._walk((*path, name), item)

    def _note_changes(self, function: FunctionType, source: Source | None) -> None:
        """Note what a function changes; what is set in the beginning is not changed on the way."""
        if function.__name__ not in BEGINNING:
            self._changed.update(names_rebound(function.__code__) if source is None else source.changed)

    def _own(self, file: str) -> bool:
        """Return whether code in `file` is the user's: not installed, or the module of the task itself."""
        return not _given_by_python(file) and (file == self._home or not _installed(file))


def _globals(function: FunctionType) -> Iterator[tuple[str, Any, str]]:
    """Yield the globals that a function looks up, also in modules: name, value, and file of the module."""
    for name, *attributes in dict.fromkeys(names_used(function.__code__)):
        if name not in function.__globals__ or name.startswith("__"):
            continue
        value, last, file = function.__globals__[name], name, function.__code__.co_filename
        for attribute in attributes:
            if not isinstance(value, ModuleType) or not hasattr(value, attribute):
                break
            value, last, file = getattr(value, attribute), attribute, getattr(value, "__file__", None) or ""
        yield last, value, file


def _members(name: str, value: Any) -> Iterator[Any]:
    """Yield what counts of a class attribute."""
    if isinstance(value, property):
        if value.fget is not None:
            yield value.fget
    elif isinstance(value, (staticmethod, classmethod)):
        yield value.__func__
    elif isinstance(value, functools.cached_property):
        yield value.func
    elif isinstance(value, FunctionType):
        special = name.startswith("__") and name != "__call__"
        if not special or source_of(value.__code__) is not None:  # else it was generated, as by dataclass
            yield value
    elif not name.startswith("__") and _plain(value) is not None:
        yield value


def _methods(cls: type) -> Iterator[FunctionType]:
    return (value for base in cls.__mro__ for value in vars(base).values() if isinstance(value, FunctionType))


def _state(value: Any) -> Iterator[tuple[str, Any]]:
    yield from getattr(value, "__dict__", {}).items()
    for base in type(value).__mro__:
        slots = vars(base).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if not name.startswith("__") and hasattr(value, name):
                yield name, getattr(value, name)


def _plain(value: Any, depth: int = 0) -> str | None:
    """Return what plain data say: numbers as they are if they are short, everything else as a digest; else None."""
    text = _numbers(value, depth)
    if text is not None:
        return f"value: {text if len(text) <= LONGEST else _digest(text)}"
    if isinstance(value, str):
        return f"text: {_digest(os.path.basename(value) if os.path.isabs(value) else value)}"
    if isinstance(value, bytes):
        return f"bytes: {_digest(value)}"
    if isinstance(value, PurePath):
        return f"path: {_digest(value.name)}"
    if isinstance(value, (set, frozenset)):
        items = [_plain(one, depth + 1) for one in value]
        return None if None in items else f"set: {_digest(repr(sorted(map(str, items))))}"
    if isinstance(value, (list, tuple, dict)) and depth < 20:
        pairs = [part for pair in value.items() for part in pair] if isinstance(value, dict) else value
        items = [_plain(one, depth + 1) for one in pairs]
        return None if None in items else f"{type(value).__name__}: {_digest(repr(items))}"
    return _array(value)


def _numbers(value: Any, depth: int) -> str | None:
    if isinstance(value, np.generic) and not value.dtype.hasobject and value.dtype.kind in "biufc":
        value = value.item()
    if value is None or type(value) in (bool, float, complex):
        return repr(value)
    if type(value) is int:
        return hex(value) if value.bit_length() > 64 else repr(value)
    if type(value) in (tuple, list) and depth < 4 and len(value) < LONGEST:
        items = [_numbers(one, depth + 1) for one in value]
        return None if None in items else f"{type(value).__name__}({', '.join(map(str, items))})"
    return None


def _array(value: Any) -> str | None:
    if not isinstance(value, np.ndarray):
        if inspect.isclass(value) or not hasattr(value, "__array__") or isinstance(value, np.ufunc):
            return None
        try:
            value = np.asarray(value)  # tables and tensors
        except Exception:  # whatever a library raises about what lies elsewhere
            return None
    if value.dtype.hasobject:
        return None
    flat = np.asarray(value).reshape(-1)
    if flat.nbytes > WHOLE:
        flat = flat[:: max(1, len(flat) // 2**20)]
    digest = sha256(np.ascontiguousarray(flat).tobytes()).hexdigest()[:16]
    return f"array: {value.dtype.str}{list(value.shape)} {digest}"


def _is_mutable(value: Any) -> bool:
    return value is not None and not isinstance(value, _LASTING)


def _code(code: CodeType) -> str:
    """Return what a code object does, in the terms of this version of Python."""
    doc = code.co_consts[:1] if code.co_consts and isinstance(code.co_consts[0], str) else ()
    consts = [_code(one) if isinstance(one, CodeType) else repr(one) for one in code.co_consts[len(doc) :]]
    return repr((code.co_code, code.co_names, code.co_varnames, code.co_freevars, consts))


def _digest(text: str | bytes) -> str:
    return sha256(text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text).hexdigest()[:16]


def _name(value: Any) -> str:
    name = getattr(value, "__qualname__", None) or getattr(value, "__name__", None) or type(value).__qualname__
    return f"{getattr(value, '__module__', None) or ''}:{name}"


def _file_of(value: Any) -> str:
    """Return the file of a function, class or instance; '' if it has none."""
    inner = value
    while isinstance(inner, functools.partial):
        inner = inner.func
    inner = inspect.unwrap(inner) if callable(inner) else inner
    if isinstance(inner, MethodType):
        inner = inner.__func__
    if isinstance(inner, FunctionType):
        return inner.__code__.co_filename
    cls = inner if inspect.isclass(inner) else type(inner)
    for value in vars(cls).values():
        if isinstance(value, FunctionType) and value.__code__.co_filename != "<string>":
            return value.__code__.co_filename
    module = sys.modules.get(cls.__module__)
    file = getattr(module, "__file__", None)
    return file or ("<main>" if cls.__module__ == "__main__" else "")


@functools.lru_cache(1024)
def _installed(file: str) -> bool:
    return not {"site-packages", "dist-packages"}.isdisjoint(Path(file).resolve().parts)


@functools.lru_cache(1024)
def _given_by_python(file: str) -> bool:
    """Return whether a file is part of Python or of this library; code without a file is written in C."""
    if not file or file.startswith("<frozen"):
        return True
    path = Path(file).resolve()
    return path.is_relative_to(_GLOMPO) or (not _installed(file) and any(map(path.is_relative_to, _STANDARD)))

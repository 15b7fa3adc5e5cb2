"""Finds what inside an object cannot be pickled."""

from __future__ import annotations

import functools
import pickle
import types
from collections.abc import Iterator, Mapping, Set
from typing import Any

import cloudpickle

from glompo.safe_text import error_text

DEPTH = 20


def why_not(item: object, error: Exception) -> str:
    """Say which object inside `item` cannot be pickled, and how it is reached."""
    steps: list[str] = []
    seen: set[int] = set()
    while len(steps) < DEPTH:
        seen.add(id(item))
        for step, part in _parts(item):
            if id(part) not in seen and (failure := _failure(part)) is not None:
                steps.append(step)
                item, error = part, failure
                break
        else:
            break
    where = ", ".join(steps)
    return f"{where + ' is ' if where else ''}{_named(item)}, which cannot be pickled ({error_text(error)})"


def _failure(part: object) -> Exception | None:
    try:
        cloudpickle.dumps(part)
    except Exception as error:  # whatever a __reduce__ or __getstate__ raises
        return error
    return None


def _parts(item: Any) -> Iterator[tuple[str, Any]]:
    """Yield what pickling `item` would pickle, with the words for the way to it."""
    if isinstance(item, types.FunctionType):
        yield from _of_function(item)
    elif isinstance(item, types.MethodType):
        yield f"the object of its method {item.__name__!r}", item.__self__
    elif isinstance(item, functools.partial):
        yield "its function", item.func
        yield from ((f"its argument {i}", part) for i, part in enumerate(item.args))
        yield from ((f"its argument {name!r}", part) for name, part in item.keywords.items())
    elif isinstance(item, Mapping):
        yield from ((f"its item {key!r}", part) for key, part in item.items())
    elif isinstance(item, (list, tuple)):
        yield from ((f"its item {i}", part) for i, part in enumerate(item))
    elif isinstance(item, Set):
        yield from (("an item", part) for part in item)
    elif isinstance(item, type):
        yield from ((f"its attribute {name!r}", part) for name, part in vars(item).items())
    else:
        yield from _of_object(item)


def _of_function(item: types.FunctionType) -> Iterator[tuple[str, Any]]:
    for name, cell in zip(item.__code__.co_freevars, item.__closure__ or (), strict=True):
        try:
            yield f"its closure variable {name!r}", cell.cell_contents
        except ValueError:  # not filled yet
            continue
    for name in _global_names(item.__code__):
        if name in item.__globals__:
            yield f"its global variable {name!r}", item.__globals__[name]
    yield from (("a default of its arguments", part) for part in item.__defaults__ or ())
    yield from ((f"the default of its argument {name!r}", part) for name, part in (item.__kwdefaults__ or {}).items())
    yield from ((f"its attribute {name!r}", part) for name, part in vars(item).items())


def _global_names(code: types.CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _global_names(constant)


def _of_object(item: Any) -> Iterator[tuple[str, Any]]:
    """Yield what the object gives to be pickled in its place; nothing if it refuses."""
    try:
        reduced = item.__reduce_ex__(pickle.HIGHEST_PROTOCOL)
    except Exception:  # it refuses, so it is at fault itself
        return
    if isinstance(reduced, tuple):
        whole: tuple[Any, ...] = (*reduced, None)
        arguments, state = whole[1], whole[2]
        for states in state if isinstance(state, tuple) else (state,):
            if isinstance(states, Mapping):
                yield from ((f"its attribute {name!r}", part) for name, part in states.items())
            else:
                yield "its state", states
        yield from (("an argument it is rebuilt from", part) for part in arguments)


def _named(item: object) -> str:
    text = object.__repr__(item) if isinstance(item, (Mapping, Set, list, tuple)) else repr(item)
    return text if len(text) <= 100 else f"{text[:97]}..."

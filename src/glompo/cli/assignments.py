"""Settings on the command line: ``name=value``, the value written as in TOML."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

from glompo.errors import SettingError


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

"""Plain data as TOML: what is read back is what was written."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

import msgspec


def toml_of(document: Mapping[str, Any]) -> str:
    """Return `document` as TOML, one line for each of its keys; tables below them are written in line.

    Raises
    ------
    TypeError
        If it holds what TOML does not know, such as None.
    """
    return "".join(f"{_key(name)} = {_value(value)}\n" for name, value in document.items())


def _key(name: str) -> str:
    bare = name.isascii() and name.replace("-", "").replace("_", "").isalnum()
    return name if bare else _text(name)


def _value(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else str(value)  # inf, -inf and nan are spelled alike
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(name)} = {_value(item)}" for name, item in value.items()) + "}"
    if isinstance(value, Sequence):
        return "[" + ", ".join(map(_value, value)) + "]"
    raise TypeError(f"TOML does not know {value!r}")


def _text(text: str) -> str:
    """Return a text in quotes; those of JSON are TOML's, but that it forbids DEL."""
    return msgspec.json.encode(text).decode().replace("\x7f", "\\u007f")

"""How a setting is declared: a field of a frozen dataclass that knows its default, its check and its record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from inspect import Parameter
from typing import Any

import numpy as np

from glompo.safe_text import writable

REQUIRED = Parameter.empty
"""Default of a setting that has none."""


@dataclass(frozen=True, slots=True)
class Declared:
    """What is said of one field.

    Attributes
    ----------
    convert : callable
        Takes the name, what the user gave, and the values of the fields named by `after`; returns the value or raises.
    after : tuple of str
        Fields that are needed first, in the order in which `convert` takes them.
    default : object
        What a user who does not give the setting has given.
    record : callable or None
        What the journal holds instead of the value, before it is written as plain data; None for nothing.
    is_setting : bool
        Whether users set it; otherwise it follows from others.
    in_checkpoint : bool
        Whether a checkpoint holds what the user gave.
    """

    convert: Callable[..., Any]
    after: tuple[str, ...] = ()
    default: Any = None
    record: Callable[[Any], Any] | None = None
    is_setting: bool = True
    in_checkpoint: bool = True


def setting(
    default: Any,
    convert: Callable[..., Any] = lambda given: given,
    *after: str,
    check: Callable[..., Any] | None = None,
    record: Callable[[Any], Any] | None = lambda value: value,
    in_checkpoint: bool = True,
) -> Any:
    """Declare a setting.

    Parameters
    ----------
    default, after, record, in_checkpoint
        See :class:`Declared`.
    convert : callable
        Takes what the user gave and the values of the fields `after`.
    check : callable, optional
        The same for a check that serves several settings: the name comes first.
    """
    whole = check or (lambda _, *values: convert(*values))
    declared = Declared(whole, after, default, record, in_checkpoint=in_checkpoint)
    return field(metadata={"declared": declared})


def derived(convert: Callable[..., Any], *after: str, record: Callable[[Any], Any] | None = None) -> Any:
    """Declare what follows from other fields."""
    declared = Declared(lambda _, __, *values: convert(*values), after, record=record, is_setting=False)
    return field(metadata={"declared": declared})


def optional(convert: Callable[..., Any]) -> Callable[..., Any]:
    """Return a conversion that leaves None as it is."""
    return lambda given, *others: None if given is None else convert(given, *others)


@cache
def declarations(cls: type) -> Mapping[str, Declared]:
    """Return what is said of the fields of a class, in their order."""
    return {one.name: one.metadata["declared"] for one in fields(cls)}


@cache
def settings_of(cls: type) -> Mapping[str, Declared]:
    """Return what is said of the fields that users set."""
    return {name: one for name, one in declarations(cls).items() if one.is_setting}


def resolved(cls: type, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the value of every field from what a user gave, in the order of the fields; those needed first before.

    Raises
    ------
    SettingError, SettingTypeError
        For the first setting that cannot be used.
    """
    declared = declarations(cls)
    values: dict[str, Any] = {}

    def value(name: str) -> Any:
        if name not in values:
            one = declared[name]
            others = [value(other) for other in one.after]
            values[name] = one.convert(name, given.get(name, one.default), *others)
        return values[name]

    for name in declared:
        value(name)
    return values


def recorded(cls: type, settings: object) -> dict[str, Any]:
    """Return the fields that go into the journal as plain data, by name and in their order."""
    declared = declarations(cls).items()
    return {name: _plain(one.record(getattr(settings, name))) for name, one in declared if one.record is not None}


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return writable(str(value))

"""Options whose settings a selector changes from start to start."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from glompo.box import usual_population
from glompo.core.policies.ports import Option
from glompo.errors import SettingError, SettingTypeError


def named(owner: object, option: Option) -> Option:
    """Return the same option with all arguments by name.

    Raises
    ------
    SettingError
        If it has more positional arguments than its constructor names.
    """
    if not option.args:
        return option
    parameters = list(inspect.signature(option.cls.__init__).parameters.values())[1:]  # type: ignore[misc]
    names = [one.name for one in parameters if one.kind is one.POSITIONAL_OR_KEYWORD]
    if len(option.args) > len(names):
        raise SettingError(
            f"{type(owner).__name__}: {option.kind} is given {len(option.args)} arguments without a name; name them, "
            "for the selector has to change some of them"
        )
    return replace(option, args=(), kwargs={**dict(zip(names, option.args, strict=False)), **option.kwargs})


def require(owner: object, option: Option, *settings: str) -> None:
    """Refuse an option whose class has no setting of these names.

    Raises
    ------
    SettingTypeError
        Naming the class and the setting.
    """
    for name in settings:
        if not has_setting(option, name):
            raise SettingTypeError(
                f"{type(owner).__name__} sets {name!r} anew at each start, but {option.kind} has no such setting; "
                "give an optimizer that has it"
            )


def has_setting(option: Option, name: str) -> bool:
    """Say whether the constructor of the option's class, or of one of its bases, knows a setting."""
    return name in settings_named(option.cls)


def altered(option: Option, **changes: Any) -> Option:
    """Return the option with some settings changed."""
    return replace(option, kwargs={**option.kwargs, **changes})


def population(option: Option, dims: int) -> int:
    """Return its `popsize` if the user gave one; else 4 + ⌊3 ln D⌋, rounded up to a multiple of its slots.

    Parameters
    ----------
    dims : int
        Number of parameters D that are not fixed.
    """
    given = option.kwargs.get("popsize")
    return usual_population(dims, option.slots) if given is None else int(given)


def settings_named(cls: type) -> Iterator[str]:
    """Yield the names that the constructors of a class and its bases know."""
    for one in cls.__mro__:
        if "__init__" in vars(one) and one is not object:
            yield from inspect.signature(vars(one)["__init__"]).parameters

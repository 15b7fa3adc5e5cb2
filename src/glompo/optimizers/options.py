"""Checks of what a user sets on an optimizer; each message names the class, the setting, its value and the remedy."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Any

from glompo.errors import SettingError, SettingTypeError
from glompo.values import called


def one_of(owner: object, name: str, value: Any, known: Collection[str]) -> str:
    """Return the name among `known` that is `value` in any case."""
    folded = {one.lower(): one for one in known}
    if isinstance(value, str) and value.lower() in folded:
        return folded[value.lower()]
    near = get_close_matches(str(value).lower(), folded, 1)
    hint = f"did you mean {folded[near[0]]!r}?" if near else f"use one of {_listed(known)}"
    raise SettingError(f"{called(owner)}: {name} is {value!r}; {hint}")


def options_of(
    owner: object, value: Any, known: Collection[str] | None = None, name: str = "options"
) -> dict[str, Any]:
    """Return a copy of the mapping `value`, which may hold only names that are `known`; None is empty."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise SettingTypeError(f"{called(owner)}: {name} is {value!r}; give a mapping from names to values")
    for option in value:
        if known is not None and option not in known:
            near = get_close_matches(str(option), known, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {_listed(known)}"
            raise SettingError(f"{called(owner)}: {name} has no {option!r}; {hint}")
    return dict(value)


def _listed(known: Collection[str]) -> str:
    names = sorted(map(str, known))
    return ", ".join(names) if len(names) <= 40 else f"{', '.join(names[:40])} and {len(names) - 40} more"

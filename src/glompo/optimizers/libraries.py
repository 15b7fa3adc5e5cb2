"""The modules that searches import, so that this need not happen while they evaluate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Settings = Mapping[str, Any]
"""What an optimizer is constructed with."""


def libraries_of(options: Iterable[Any]) -> tuple[str, ...]:
    """Return the modules that the searches of some options import; none for optimizers of users.

    Parameters
    ----------
    options : iterable of Option
        Each with a class `cls` and the settings `kwargs` that it is constructed with.
    """
    found: dict[str, None] = {}
    for option in options:
        # a class of a user may inherit from one of ours, and then needs what that needs
        ours = next(one for one in option.cls.__mro__ if one.__module__.startswith("glompo."))
        declared = getattr(ours, "libraries", None)
        found |= dict.fromkeys([ours.__module__, *(declared(option.kwargs) if declared else ())])
    return tuple(found)

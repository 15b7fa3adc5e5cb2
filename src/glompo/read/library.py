"""Libraries that only some formats need."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from glompo.errors import UserError


def library(what: str, module: str, extra: str, otherwise: str = "") -> Any:
    """Return the library that `what` needs.

    Raises
    ------
    UserError
        If it cannot be imported; what installs it is named, and what to do `otherwise`.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise UserError(
            f"{what} needs {module}, which cannot be imported ({error}); install it: pip install 'glompo[{extra}]'"
            f"{otherwise}"
        ) from error

"""Libraries that only a part of what the library offers needs."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from glompo.errors import SettingError


def library(needs: object, module: str, extra: str, otherwise: str = "") -> Any:
    """Return the library that something needs: what a text says, or an instance of a class.

    Raises
    ------
    SettingError
        If it cannot be imported; what installs it is named, and what to do `otherwise`.
    """
    try:
        return import_module(module)
    except ImportError as error:
        what = needs if isinstance(needs, str) else type(needs).__name__
        raise SettingError(
            f"{what} needs {module}, which cannot be imported ({error}); install it: pip install 'glompo[{extra}]'"
            f"{otherwise}"
        ) from error

"""Libraries that only a part of what the library offers needs."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from glompo.errors import SettingError
from glompo.values import called


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
        raise SettingError(
            f"{called(needs)} needs {module}, which cannot be imported ({error}); install it: "
            f"pip install 'glompo[{extra}]'{otherwise}"
        ) from error

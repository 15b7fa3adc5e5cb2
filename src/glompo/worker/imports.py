"""Imports that are made before they are needed."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from importlib import import_module


def import_all(names: Iterable[str]) -> None:
    """Import the modules; one that cannot be imported is left to the search that needs it, which says why."""
    for name in names:
        with suppress(Exception):
            import_module(name)

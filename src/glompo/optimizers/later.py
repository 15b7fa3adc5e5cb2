"""Importing a library without the parts of it that no search needs."""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import ModuleType
from typing import Any


class _Later(MetaPathFinder):
    """Finds some modules as other finders do, and leaves their execution to their first use."""

    def __init__(self, names: Collection[str]) -> None:
        self._names = names

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where a module is; None leaves it to the other finders."""
        spec = PathFinder.find_spec(fullname, path, target) if fullname in self._names else None
        if spec is not None and spec.loader is not None:
            spec.loader = LazyLoader(spec.loader)
        return spec


def imported(name: str, later: Collection[str]) -> Any:
    """Return the module `name`, imported such that those called `later` are executed when something uses them.

    They get Python's own lazy loader: a program that uses them itself finds them whole, a moment later.
    """
    finder = _Later(later)
    sys.meta_path.insert(0, finder)
    try:
        return import_module(name)
    finally:
        sys.meta_path.remove(finder)

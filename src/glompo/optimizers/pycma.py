"""The package cma, of which two modules are executed only when something asks for what is in them.

``import cma`` takes ten times as long as what a search needs of it: its module of surrogates draws in all of
scipy.stats for a rank correlation, and its shortcuts for interactive use matplotlib.pyplot. No search of ours calls
either. So they are given Python's own lazy loader; a program that uses pycma itself finds them whole, a moment later.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import ModuleType
from typing import Any

LATER = ("cma.fitness_models", "cma.s")
"""Modules of the package that are executed when they are first used."""


class _Later(MetaPathFinder):
    """Finds the modules :data:`LATER` as other finders do, and leaves their execution to their first use."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where a module is; None leaves it to the other finders."""
        spec = PathFinder.find_spec(fullname, path, target) if fullname in LATER else None
        if spec is not None and spec.loader is not None:
            spec.loader = LazyLoader(spec.loader)
        return spec


def _imported() -> Any:
    finder = _Later()
    sys.meta_path.insert(0, finder)
    try:
        return import_module("cma")
    finally:
        sys.meta_path.remove(finder)


cma = _imported()

"""Components that other distributions bring along, as entry points.

A distribution declares them in its ``pyproject.toml``, in the group of their room::

    [project.entry-points."glompo.stoppers"]
    MySlope = "my_package.stoppers:MySlope"

The name before the ``=`` is the one to use in a configuration. Finding plug-ins reads the metadata of what is
installed and imports nothing; a plug-in is imported when it is named, or listed.
"""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from importlib import metadata
from typing import Any


@dataclass(frozen=True, slots=True)
class Plugin:
    """One component that a distribution declares.

    Attributes
    ----------
    name : str
        What it is called in a configuration.
    path : str
        Its import path, ``module:Class``.
    source : str
        Name and version of the distribution.
    """

    name: str
    path: str
    source: str
    entry: metadata.EntryPoint

    def load(self) -> Any:
        """Return the component.

        Raises
        ------
        PluginError
            If importing it fails in whatever way.
        """
        try:
            return self.entry.load()
        except (Exception, SystemExit) as error:  # a module that leaves must not take the command with it
            raise PluginError(f"{type(error).__name__}: {error}{_where(error)}") from error


class PluginError(Exception):
    """A plug-in cannot be imported, and why."""


def plugins(group: str) -> list[Plugin]:
    """Return what installed distributions declare in an entry-point group, by name and source."""
    found = [Plugin(entry.name, entry.value, _source(entry), entry) for entry in metadata.entry_points(group=group)]
    return sorted(found, key=lambda one: (one.name, one.source))


def _source(entry: metadata.EntryPoint) -> str:
    if entry.dist is None:
        return "an unknown distribution"
    return f"{entry.dist.name} {entry.dist.version}"


def _where(error: BaseException) -> str:
    """Return file and line at which importing went wrong, unless the import system itself says so."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return "" if last.filename.startswith("<") else f" ({last.filename}, line {last.lineno})"

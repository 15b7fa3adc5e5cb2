"""``glompo components``: everything installed, one line each."""

from __future__ import annotations

import inspect
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import NamedTuple

from glompo._version import __version__
from glompo.errors import SettingError
from glompo.safe_text import legible
from glompo.settings.components import COMPONENT_KINDS, SPAWN_CONTROLS, ComponentKind, Plugin, PluginError

OURS = f"glompo {__version__}"
"""Where the bundled components come from."""

MARKUP = re.compile(r"(:[\w:]+:)?`+~?")
"""Roles and quotes of reStructuredText."""


class Line(NamedTuple):
    """One component: its name, what it is in one sentence or why it cannot be used, and where it comes from."""

    name: str
    says: str
    source: str


def listed(kind: str | None) -> str:
    """Return a text with all components, or those of one of ``COMPONENT_KINDS``; raises SettingError for another."""
    if kind is not None and kind not in COMPONENT_KINDS:
        near = get_close_matches(kind, COMPONENT_KINDS, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"use one of {', '.join(COMPONENT_KINDS)}"
        raise SettingError(f"there is no kind of components {kind!r}; {hint}")
    shown = COMPONENT_KINDS if kind is None else {kind: COMPONENT_KINDS[kind]}
    return "\n".join(block for name, one in shown.items() if (block := _block(name, _lines(one))))


def _block(title: str, lines: Iterable[Line]) -> str:
    rows = [Line(*map(legible, line)) for line in lines]
    if not rows:
        return ""
    names, sources = max(len(row.name) for row in rows), max(len(row.source) for row in rows)
    return "\n".join([f"{title}:", *(f"  {row.name:<{names}}  {row.source:<{sources}}  {row.says}" for row in rows)])


def _lines(kind: ComponentKind) -> Iterator[Line]:
    bundled = kind.names()
    for name, cls in bundled.items():
        yield Line(name, _summary(cls), OURS)
    found = kind.plugins()
    times = Counter(plugin.name for plugin in found)
    for plugin in found:
        says = _clash(plugin, bundled, times) or _plugged(plugin, kind)
        if says is not None:
            yield Line(plugin.name, says, plugin.source)


def _clash(plugin: Plugin, bundled: Iterable[str], times: Counter[str]) -> str | None:
    """Return why the name does not lead to the plug-in."""
    if plugin.name in bundled:
        return f"not available by this name, which is one of glompo's own; use {plugin.path!r}"
    if times[plugin.name] > 1:
        return f"not available by this name, which {times[plugin.name]} distributions declare; use {plugin.path!r}"
    return None


def _plugged(plugin: Plugin, kind: ComponentKind) -> str | None:
    """Return what a plug-in says of itself, or why it is not available; None if it is of the kind beside it."""
    try:
        cls = plugin.load()
    except PluginError as error:
        return None if kind is SPAWN_CONTROLS else f"not available: {' '.join(str(error).split())}"
    if inspect.isclass(cls) and kind.fits(cls):
        return _summary(cls)
    siblings = [other for other in COMPONENT_KINDS.values() if other.module == kind.module and other is not kind]
    if any(inspect.isclass(cls) and other.fits(cls) for other in siblings):
        return None
    return None if kind is SPAWN_CONTROLS else f"not available: {plugin.path} is no {kind.noun}"


def _summary(cls: type) -> str:
    """Return the first line of the docstring, without its markup."""
    text = (cls.__doc__ or "").strip()
    return MARKUP.sub("", text.splitlines()[0]) if text else "(no description)"

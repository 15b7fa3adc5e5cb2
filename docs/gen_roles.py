"""Shows docstrings, which are written for every reader of the source, as Markdown.

A Griffe extension: references such as ``:class:`Result``` become links where their target is documented, and the
double colon before a literal block becomes a single one.
"""

from __future__ import annotations

import re
from typing import Any

from griffe import Extension, Object

ROLE = re.compile(r":(?:class|meth|func|mod|data|attr|exc):`(?P<short>~?)(?P<target>[\w.]+)`")
LITERAL = re.compile(r"::$", re.MULTILINE)


class Roles(Extension):
    """Rewrite the docstring of each object before it is parsed."""

    def on_object(self, *, obj: Object, **_: Any) -> None:
        """Rewrite one docstring."""
        if obj.docstring is not None:
            obj.docstring.value = as_markdown(obj.docstring.value, obj)


def as_markdown(text: str, obj: Object) -> str:
    """Return a docstring as Markdown."""

    def link(found: re.Match[str]) -> str:
        target = found["target"]
        shown = target.rpartition(".")[2] if found["short"] else target
        return f'<autoref identifier="{_full(target, obj)}" optional><code>{shown}</code></autoref>'

    return LITERAL.sub(":", ROLE.sub(link, text))


def _full(target: str, obj: Object) -> str:
    """Return the path of a target that is named as in the source: in full, or as a neighbour."""
    if target.startswith("glompo."):
        return target
    first, dot, rest = target.partition(".")
    home = obj if obj.is_class else obj.parent
    while home is not None:
        if first in home.members:
            found = home.members[first]
            return f"{found.target_path if found.is_alias else found.path}{dot}{rest}"
        home = home.parent
    return target

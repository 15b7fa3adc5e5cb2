"""Draws the life of an optimizer from the table in ``glompo.core.lifecycle``, whenever the site is built.

A hook of MkDocs: the mark ``<!-- lifecycle -->`` of a page becomes the diagram and the table of its events. So they
show what the library does, not what somebody once drew. ``python docs/gen_lifecycle.py`` prints both.
"""

from __future__ import annotations

from collections import defaultdict
from html import escape
from typing import Any

from glompo.core.lifecycle import ENDINGS, TABLE, Phase

MARK = "<!-- lifecycle -->"
WIDTH, LEFT, BOX, STEP, LINE = 760, 30, 250, 165, 16
"""Pixels: width of the picture, left edge and width of the boxes, from one box to the next, height of a line."""

Edges = dict[tuple[Phase | None, Phase], list[str]]


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Replace the mark in a page; called by MkDocs."""
    return markdown.replace(MARK, f"{diagram()}\n\n{endings()}") if MARK in markdown else markdown


def edges() -> Edges:
    """Return the names of the events that lead from one phase to another, from the table."""
    found: Edges = defaultdict(list)
    for (before, event), after in TABLE.items():
        found[before, after].append(event.__name__)
    return dict(found)


def diagram() -> str:
    """Return the phases as boxes below one another, with the events that lead from one to the next, as SVG."""
    arrows = edges()
    top = {phase: 30 + i * STEP for i, phase in enumerate(Phase)}
    height = {phase: 30 + LINE * len(_wrapped(arrows.get((phase, phase), []))) for phase in Phase}
    shapes = [_box(phase, top[phase], height[phase], arrows.get((phase, phase), [])) for phase in Phase]
    jumps = 0
    for (before, after), events in arrows.items():
        if before is after:
            continue
        if before is None:
            shapes.append(_straight(0, top[after], events))
        elif list(Phase).index(after) == list(Phase).index(before) + 1:
            shapes.append(_straight(top[before] + height[before], top[after], events))
        else:
            jumps += 1
            begin, end = top[before] + height[before] / 2, top[after] + 6 + 10 * jumps
            shapes.append(_around(begin, end, 110 * jumps, events))
    bottom = max(top[phase] + height[phase] for phase in Phase) + 12
    return (
        f'<svg viewBox="0 0 {WIDTH} {bottom}" role="img" aria-label="Phases of an optimizer and the events between '
        f'them" style="max-width:100%;font:13px sans-serif" fill="currentColor" stroke="none">'
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        f'<path d="M0,0 L8,4 L0,8 z"/></marker></defs>{"".join(shapes)}</svg>'
    )


def endings() -> str:
    """Return the table of how an optimizer has ended, as Markdown."""
    rows = ["| its worker said | it had been asked to stop | it has |", "| --- | --- | --- |"]
    rows += [f"| {ending} | {'yes' if asked else 'no'} | **{how}** |" for (ending, asked), how in ENDINGS.items()]
    return "\n".join(rows)


def _wrapped(events: list[str], per_line: int = 3) -> list[str]:
    return [" · ".join(events[i : i + per_line]) for i in range(0, len(events), per_line)]


def _box(phase: Phase, top: float, height: float, inside: list[str]) -> str:
    middle = LEFT + BOX / 2
    lines = "".join(
        f'<text x="{middle}" y="{top + 34 + LINE * i}" text-anchor="middle" font-size="11">{escape(line)}</text>'
        for i, line in enumerate(_wrapped(inside))
    )
    return (
        f'<rect x="{LEFT}" y="{top}" width="{BOX}" height="{height}" rx="8" fill="none" stroke="currentColor"/>'
        f'<text x="{middle}" y="{top + 18}" text-anchor="middle" font-weight="bold">{phase}</text>{lines}'
    )


def _straight(begin: float, end: float, events: list[str]) -> str:
    x = LEFT + BOX / 2
    return _arrow(f"M{x},{begin} L{x},{end}") + _label(x + 8, (begin + end) / 2 + 4, events)


def _around(begin: float, end: float, out: float, events: list[str]) -> str:
    edge = LEFT + BOX
    path = f"M{edge},{begin} C{edge + out},{begin} {edge + out},{end} {edge},{end}"
    return _arrow(path) + _label(edge + 0.75 * out + 8, (begin + end) / 2 + 4, events)


def _arrow(path: str) -> str:
    return f'<path d="{path}" fill="none" stroke="currentColor" marker-end="url(#tip)"/>'


def _label(x: float, y: float, events: list[str]) -> str:
    return f'<text x="{x}" y="{y}">{escape(", ".join(events))}</text>'


if __name__ == "__main__":
    print(diagram(), endings(), sep="\n\n")

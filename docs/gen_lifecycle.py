"""Draws the life of an optimizer from the table in ``glompo.core.state.lifecycle``, whenever the site is built.

A hook of MkDocs: the mark ``<!-- lifecycle -->`` of a page becomes the diagram and the table of the ends. So they show
what the library does, not what was drawn once. ``python docs/gen_lifecycle.py`` prints both.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from glompo.core.state.lifecycle import ENDINGS, TABLE, Phase

MARK = "<!-- lifecycle -->"
PHASES = list(Phase)
LEFT, BOX, GAP, LINE, LANE = 100, 280, 46, 16, 26
"""Pixels: left edge and width of the boxes, between boxes, per line of a box, between lines beside the boxes."""

Steps = dict[tuple[str, Phase], list[Phase | None]]
Span = dict[Phase, tuple[float, float]]


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Replace the mark in a page; called by MkDocs."""
    return markdown.replace(MARK, f"{diagram()}\n\n{endings()}") if MARK in markdown else markdown


def diagram() -> str:
    """Return the phases as boxes below one another, with the events that lead from one to another, as SVG.

    Events that change nothing stand in the box. An event that leads only to the next phase is an arrow to it. All
    others have a line beside the boxes: on the right if they lead to the last phase, else on the left.
    """
    kept, steps = _table()
    span = _spans(kept)
    shapes = [_box(phase, span[phase], kept[phase]) for phase in PHASES]
    around: dict[bool, Steps] = {True: {}, False: {}}
    for (event, after), sources in steps.items():
        if sources == [None] or sources == [PHASES[PHASES.index(after) - 1]]:
            begin = 4.0 if sources[0] is None else span[sources[0]][1]
            shapes.append(_arrow(event, begin, span[after][0]))
        else:
            around[after is PHASES[-1]][event, after] = sources
    for on_the_right, lanes in around.items():
        for lane, ((event, after), sources) in enumerate(lanes.items(), 1):
            shapes.append(_lane(event, [span[s] for s in sources if s], span[after], lane if on_the_right else -lane))
    width = LEFT + BOX + LANE * (len(around[True]) + 2)
    return (
        f'<svg viewBox="0 0 {width} {span[PHASES[-1]][1] + 4:g}" role="img" aria-label="Phases of an optimizer, and '
        f'the events between them" style="max-width:{width}px;font:13px sans-serif" fill="currentColor"><defs>'
        '<marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        f'<path d="M0,0 L8,4 L0,8 z"/></marker></defs>{"".join(shapes)}</svg>'
    )


def endings() -> str:
    """Return the table of how an optimizer has ended, as Markdown."""
    rows = ["| its worker says | it had been asked to stop | it has |", "| --- | --- | --- |"]
    rows += [f"| {ending} | {'yes' if asked else 'no'} | **{how}** |" for (ending, asked), how in ENDINGS.items()]
    return "\n".join(rows)


def _table() -> tuple[dict[Phase, list[str]], Steps]:
    """Return the events that leave each phase as it is, and for each other step the phases that it may come from."""
    kept: dict[Phase, list[str]] = defaultdict(list)
    steps: Steps = defaultdict(list)
    for (before, event), after in TABLE.items():
        if before is after:
            kept[after].append(event.__name__)
        else:
            steps[event.__name__, after].append(before)
    return kept, steps


def _spans(kept: dict[Phase, list[str]]) -> Span:
    """Return top and bottom of each box."""
    spans, top = {}, 34.0
    for phase in PHASES:
        spans[phase] = (top, top + 28 + LINE * len(_lines(kept[phase])))
        top = spans[phase][1] + GAP
    return spans


def _lines(events: list[str], per_line: int = 3) -> list[str]:
    return [" · ".join(events[i : i + per_line]) for i in range(0, len(events), per_line)]


def _box(phase: Phase, span: tuple[float, float], events: list[str]) -> str:
    middle, (top, bottom) = LEFT + BOX / 2, span
    small = "".join(
        f'<text x="{middle:g}" y="{top + 34 + LINE * i:g}" text-anchor="middle" font-size="11">{line}</text>'
        for i, line in enumerate(_lines(events))
    )
    return (
        f'<rect x="{LEFT}" y="{top:g}" width="{BOX}" height="{bottom - top:g}" rx="8" fill="none" '
        f'stroke="currentColor"/><text x="{middle:g}" y="{top + 18:g}" text-anchor="middle" font-weight="bold">{phase}'
        f"</text>{small}"
    )


def _arrow(event: str, begin: float, end: float) -> str:
    x = LEFT + BOX / 2
    label = f'<text x="{x + 8:g}" y="{(begin + end) / 2 + 4:g}">{event}</text>'
    return _path(f"M{x:g},{begin:g} V{end:g}", tip=True) + label


def _lane(event: str, sources: list[tuple[float, float]], target: tuple[float, float], lane: int) -> str:
    """Return a line beside the boxes that gathers an event from several phases; negative lanes lie on the left."""
    edge = LEFT + BOX if lane > 0 else LEFT
    x = edge + LANE * lane
    leaves = [sum(span) / 2 + 5 * lane for span in sources]
    arrives = sum(target) / 2 + (5 * lane if lane < 0 else 0)
    low, high = min([*leaves, arrives]), max([*leaves, arrives])
    shapes = [_path(f"M{edge},{y:g} H{x:g}") for y in leaves]
    shapes += [_path(f"M{x:g},{low:g} V{high:g}"), _path(f"M{x:g},{arrives:g} H{edge}", tip=True)]
    turned = f"translate({x + (14 if lane > 0 else -6):g} {(low + high) / 2:g}) rotate(-90)"
    return "".join(shapes) + f'<text transform="{turned}" text-anchor="middle">{event}</text>'


def _path(d: str, tip: bool = False) -> str:
    head = ' marker-end="url(#tip)"' if tip else ""
    return f'<path d="{d}" fill="none" stroke="currentColor"{head}/>'


if __name__ == "__main__":
    print(diagram(), endings(), sep="\n\n")

"""Draws columns on axes of matplotlib."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.safe_text import legible
from glompo.show.axis import Scale
from glompo.show.colours import COLOURS, FAILED, colour_of_each, colours_of, leader_colours
from glompo.show.columns import BestColumns, Marks, Points, TrajectoryColumns
from glompo.show.ends import end_of, shapes_for
from glompo.show.figure import FAINT, INK, note

NUMBERED = 24
"""Optimizers whose numbers are written at their ends at most."""

LEADERS_SHOWN = 16
"""Optimizers in the legend of the best value at most."""

NUMBER_WIDTH = 0.15
"""Inches that the number of an optimizer takes."""

START = {"marker": "o", "color": "white", "markersize": 4.5, "linestyle": "none", "zorder": 4}
"""How the start of an optimizer looks."""


@dataclass(frozen=True, slots=True)
class Names:
    """What the legend calls optimizers.

    Attributes
    ----------
    given : mapping of int or str to str
        The caller's names of optimizers by their numbers, and of kinds of optimizers by theirs.
    """

    given: Mapping[int | str, str]

    def of_kind(self, kind: str) -> str:
        """Return the name of a kind; matplotlib leaves out what begins with an underscore."""
        shown = self.given.get(kind) or legible(kind)
        return f"class {shown}" if shown.startswith("_") else shown

    def of_one(self, opt: int, kind: str) -> str:
        """Return the name of an optimizer."""
        return self.given.get(opt) or f"{opt} {self.given.get(kind) or legible(kind)}"


def paint_trajectories(axes: Any, columns: TrajectoryColumns, names: Names) -> list[Any]:
    """Draw all trajectories and return the handles of the legend."""
    colours = colours_of(columns.rows)
    handles = _incumbent(axes, columns)
    _dots(axes, columns, colours)
    handles += _lines(axes, columns, colours, names)
    handles += _ends(axes, columns, colours)
    handles += _ticks(axes, columns.failed, columns.missing)
    handles += _marks(axes, columns.above, 0.99, FAINT, 4, 0.8, 0.35, "above the picture")
    return handles


def paint_best(axes: Any, columns: BestColumns, names: Names) -> list[Any]:
    """Draw the best value in the colours of the optimizers that found it, numbered where they took the lead."""
    opt, at, value = columns.incumbent
    heights = columns.scale.heights(value)
    handles: list[Any] = []
    if at.size:
        leads = np.flatnonzero(np.diff(opt, prepend=-1))
        stretches = list(zip(leads.tolist(), np.append(leads[1:], len(opt) - 1).tolist(), strict=True))
        for one, colour in leader_colours(columns).items():
            own = [slice(first, after + 1) for first, after in stretches if opt[first] == one]
            x, y = _broken([at[part] for part in own]), _broken([heights[part] for part in own])
            label = names.of_one(one, columns.names[one])
            handles += axes.plot(
                x, y, drawstyle="steps-post", solid_joinstyle="round", color=colour, linewidth=2.4, label=label
            )
            first = [part.start for part in own]
            axes.plot(at[first], heights[first], "o", color=colour, markeredgecolor="white", markersize=7, zorder=3)
        shown = _apart(at, leads, NUMBER_WIDTH * axes.figure.dpi / axes.bbox.width)
        _number(axes, at[shown], heights[shown], opt[shown])
    return handles[:LEADERS_SHOWN] + _ticks(axes, columns.failed, columns.missing)


def _incumbent(axes: Any, columns: TrajectoryColumns) -> list[Any]:
    if not columns.incumbent.at.size:
        return []
    return axes.plot(  # type: ignore[no-any-return]
        columns.incumbent.at, columns.scale.heights(columns.incumbent.value), drawstyle="steps-post", color="#d9d9d9",
        linewidth=7, solid_capstyle="round", solid_joinstyle="round", zorder=1.5, label="best of the run",
    )  # fmt: skip


def _dots(axes: Any, columns: TrajectoryColumns, colours: Mapping[int, int]) -> None:
    dots = columns.dots
    if not dots.at.size:
        return
    from matplotlib.colors import to_rgba_array

    total = sum(row.evaluations for row in columns.rows)
    size = float(np.clip(60_000 / max(total, 1), 2.0, 14.0))
    palette = to_rgba_array(COLOURS, 0.28)
    painted = palette[colour_of_each(dots.opt, colours)]
    axes.scatter(dots.at, columns.scale.heights(dots.value), s=size, color=painted, linewidths=0, zorder=2)


def _lines(axes: Any, columns: TrajectoryColumns, colours: Mapping[int, int], names: Names) -> list[Any]:
    """Draw the line of each optimizer's best, and the point where it began; one artist for all that look alike."""
    width = 1.8 if len(columns.rows) <= 12 else 1.2
    parts = _by_optimizer(columns.lines)
    groups: dict[tuple[int, str], list[slice]] = {}
    for label, row in zip(_labels(columns, names), columns.rows, strict=True):
        if row.opt_id in parts:
            groups.setdefault((colours[row.opt_id], label), []).append(parts[row.opt_id])
    heights, handles = columns.scale.heights(columns.lines.value), []
    for (colour, label), own in groups.items():
        x, y = _broken([columns.lines.at[part] for part in own]), _broken([heights[part] for part in own])
        style = {"color": COLOURS[colour], "linewidth": width, "drawstyle": "steps-post", "zorder": 3}
        (line,) = axes.plot(x, y, label=label, **style)
        handles += [line] if label else []
    starts = columns.starts
    _grouped(axes, starts, columns.scale, colour_of_each(starts.opt, colours), START, "markeredgecolor")
    return handles + axes.plot([], [], markeredgecolor=INK, label="start", **START)  # type: ignore[no-any-return]


def _labels(columns: TrajectoryColumns, names: Names) -> list[str]:
    """Return what the legend says of each line; the same for all of a kind where these share a colour."""
    if len(columns.rows) <= len(COLOURS):
        return [names.of_one(row.opt_id, row.name) for row in columns.rows]
    kinds = {row.name for row in columns.rows}
    return [names.of_kind(row.name) if len(kinds) > 1 else "" for row in columns.rows]


def _ends(axes: Any, columns: TrajectoryColumns, colours: Mapping[int, int]) -> list[Any]:
    handles, ends = [], columns.ends
    endings = [end_of(row) for row in columns.rows]
    place = colour_of_each(ends.opt, colours)
    for end, (shape, count) in shapes_for(columns.rows).items():
        style = {"marker": shape, "markersize": 8, "linestyle": "none", "zorder": 5}
        style |= {"markeredgecolor": "white", "markeredgewidth": 0.8} if shape != "|" else {"markeredgewidth": 2.2}
        here = np.array([one == end for one in endings])
        _grouped(
            axes, Points(ends.opt[here], ends.at[here], ends.value[here]), columns.scale, place[here], style, "color"
        )
        handles += axes.plot([], [], color=INK, label=f"{legible(end.text)} ({count})", **{**style, "markersize": 7})
    if len(columns.rows) <= NUMBERED:
        _number(axes, ends.at, columns.scale.heights(ends.value), ends.opt)
    return handles


def _grouped(
    axes: Any, points: Points, scale: Scale, colours: NDArray[np.intp], style: Mapping[str, Any], coloured: str
) -> None:
    """Draw markers, one artist for each colour; those without a height lie at the bottom."""
    heights = scale.heights(points.value)
    seen = np.isfinite(heights)
    for colour in np.unique(colours).tolist():
        look = {**style, coloured: COLOURS[colour]}
        if (own := (colours == colour) & seen).any():
            axes.plot(points.at[own], heights[own], **look)
        if (own := (colours == colour) & ~seen).any():
            axes.plot(points.at[own], np.full(own.sum(), 0.02), transform=axes.get_xaxis_transform(), **look)


def _by_optimizer(points: Points) -> dict[int, slice]:
    ends = np.flatnonzero(np.diff(points.opt, append=-1)) + 1
    spans = map(slice, np.append(0, ends[:-1]).tolist(), ends.tolist())
    return {int(points.opt[span.start]): span for span in spans}


def _broken(parts: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return lines as one, interrupted between any two."""
    gap = np.array([np.nan])
    return np.concatenate([piece for part in parts for piece in (gap, part)][1:])


def _apart(at: NDArray[np.float64], points: NDArray[np.intp], share: float) -> list[int]:
    """Return those of `points` that lie a share of the whole from the one before, to write a number at each."""
    kept: list[int] = []
    for point in points.tolist():
        if not kept or at[point] - at[kept[-1]] > share * (at[-1] - at[0]):
            kept.append(point)
    return kept


def _number(axes: Any, at: NDArray[np.float64], heights: NDArray[np.float64], opts: NDArray[np.int64]) -> None:
    """Write the number of its optimizer above each point."""
    for x, y, opt in zip(at.tolist(), heights.tolist(), opts.tolist(), strict=True):
        if np.isfinite(y):
            note(axes, str(opt), (x, y))


def _ticks(axes: Any, failed: Marks, missing: Marks) -> list[Any]:
    """Draw evaluations without a value as ticks at the bottom."""
    handles = _marks(axes, failed, 0.012, FAILED, 9, 0.9, 0.7, "failed evaluation")
    return handles + _marks(axes, missing, 0.012, FAINT, 5, 0.9, 0.7, "infinite or out of bounds")


def _marks(
    axes: Any, marks: Marks, height: float, colour: str, length: float, width: float, alpha: float, text: str
) -> list[Any]:
    if not marks.count:
        return []
    return axes.plot(  # type: ignore[no-any-return]
        marks.at, np.full(marks.at.size, height), "|", color=colour, markersize=length, markeredgewidth=width,
        alpha=alpha, transform=axes.get_xaxis_transform(), label=f"{text} ({marks.count:,})", zorder=2.5,
    )  # fmt: skip

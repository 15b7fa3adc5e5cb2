"""All trajectories with their starts and ends."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from bokeh.models import HoverTool
from numpy.typing import NDArray

from glompo.read import OptimizerRow
from glompo.safe_text import legible
from glompo.show import formatting as fmt
from glompo.show.bokeh.picture import Data, Picture, axis_of, heights, marker_size, steps
from glompo.show.bokeh.theme import ThemeName
from glompo.show.colours import COLOURS, colour_of_each, colours_of
from glompo.show.columns import Marks, Points, TrajectoryColumns
from glompo.show.ends import end_of, shapes_for

AXES = {
    "evaluations": "evaluations of the run",
    "time": "run time in seconds",
    "cost": "time of all evaluations in seconds",
}
"""What may stand on the horizontal axis."""

MARKERS = {
    "o": "circle", "h": "hex", "X": "x", "|": "dash", "*": "star", "D": "diamond", "H": "hex", ">": "triangle",
    "<": "inverted_triangle", "P": "plus", "v": "inverted_triangle", "s": "square", "p": "hex", "d": "diamond",
}  # fmt: skip
"""Markers of Bokeh for those of :mod:`glompo.show.ends`."""

KINDS_SHOWN = 16
"""Names of optimizers in the legend at most."""

HOVER = [
    ("optimizer", "@opt @name"), ("value", "@shown"), ("started because", "@why"), ("ended", "@end"),
]  # fmt: skip


class TrajectoriesPicture(Picture[TrajectoryColumns]):
    """Dots of evaluations, lines of the best values of optimizers, their starts, and their ends with the reasons.

    Parameters
    ----------
    theme : {'light', 'dark'}
        Of the page on which it stands.
    against : {'evaluations', 'time', 'cost'}
        What stands on the horizontal axis of the columns.
    """

    def __init__(self, theme: ThemeName = "light", against: str = "evaluations") -> None:
        super().__init__(theme)
        self.against = against

    def empty(self, columns: TrajectoryColumns) -> bool:
        """Return whether there is nothing to draw."""
        return not columns.rows

    def kind(self, columns: TrajectoryColumns) -> Hashable:
        """Return what must stay the same for the figure to be used again."""
        return (self.against, axis_of(columns.scale))

    def data(self, columns: TrajectoryColumns) -> dict[str, Data]:
        """Return the contents of each source."""
        colours = colours_of(columns.rows)
        palette = np.array(self.theme.colours)
        scale = columns.scale
        floor = _floor(columns)
        dots = columns.dots
        run_x, run_y = steps(columns.incumbent.at, heights(scale, columns.incumbent.value))
        found: dict[str, Data] = {
            "run": {"x": run_x, "y": run_y},
            "dots": {
                "x": dots.at,
                "y": heights(scale, dots.value),
                "colour": palette[colour_of_each(dots.opt, colours)] if dots.opt.size else [],
            },
            "starts": self._marked(columns, columns.starts, colours),
            "ends": self._marked(columns, columns.ends, colours),
            "failed": _ticks(columns.failed, floor),
            "missing": _ticks(columns.missing, floor),
        }
        for colour, (x, y) in enumerate(_lines(columns, colours)):
            found[f"lines{colour}"] = {"x": x, "y": y}
        return found

    def figure(self, columns: TrajectoryColumns) -> Any:
        """Return the figure that draws the sources."""
        made = self.value_canvas(AXES[self.against], columns.scale)
        sources, theme = self.sources, self.theme
        made.line("x", "y", source=sources["run"], color=theme.halo, width=7)
        made.scatter("x", "y", source=sources["dots"], color="colour", size=3, alpha=0.3)
        for colour, shown in enumerate(theme.colours):
            made.line("x", "y", source=sources[f"lines{colour}"], color=shown, width=1.6)
        made.scatter("x", "y", source=sources["failed"], marker="dash", angle=1.5708, size=9, color=theme.failed)
        made.scatter("x", "y", source=sources["missing"], marker="dash", angle=1.5708, size=6, color=theme.faint)
        started = made.scatter(
            "x", "y", source=sources["starts"], fill_color=theme.card, line_color="colour", size="small"
        )
        ended = made.scatter(
            "x", "y", source=sources["ends"], marker="marker", size="size", fill_color="colour", line_color=theme.ink,
            line_width=0.7,
        )  # fmt: skip
        made.add_tools(HoverTool(renderers=[started, ended], tooltips=HOVER))
        return made

    def legend_of(self, columns: TrajectoryColumns) -> str:
        """Return what stands below the figure."""
        theme, colours = self.theme, colours_of(columns.rows)
        entries = [("line", theme.halo, "best of the run"), ("ring", theme.ink, "start")]
        kinds: dict[str, str] = {}
        alike = len({row.name for row in columns.rows}) == 1 < len(columns.rows)
        for row in columns.rows:
            kinds.setdefault(f"{row.opt_id} {row.name}" if alike else row.name, theme.colours[colours[row.opt_id]])
        entries += [("line", colour, name) for name, colour in list(kinds.items())[:KINDS_SHOWN]]
        if len(kinds) > KINDS_SHOWN:
            entries.append(("line", theme.faint, f"and {len(kinds) - KINDS_SHOWN} more"))
        for end, (shape, count) in shapes_for(columns.rows).items():
            entries.append((MARKERS[shape], theme.ink, f"{end.text} ({count})"))
        for marks, colour, text in (
            (columns.failed, theme.failed, "failed evaluation"),
            (columns.missing, theme.faint, "infinite or out of bounds"),
            (columns.above, theme.faint, "above the picture"),
        ):
            if marks.count:
                entries.append(("tick", colour, f"{text} ({marks.count:,})"))
        return self.chips(entries)

    def _marked(self, columns: TrajectoryColumns, points: Points, colours: Mapping[int, int]) -> Data:
        """Return starts or ends with what is told of them when they are pointed at."""
        rows = {row.opt_id: row for row in columns.rows}
        shapes = {end: MARKERS[shape] for end, (shape, _) in shapes_for(columns.rows).items()}
        own = [rows[opt] for opt in points.opt.tolist()]
        name, why, end = zip(*map(_told, own), strict=True) if own else ((), (), ())
        height = heights(columns.scale, points.value)
        size = marker_size(len(own))
        return {
            "x": points.at,
            "y": np.where(np.isfinite(height), height, _floor(columns)),
            "colour": [self.theme.colours[colours[row.opt_id]] for row in own],
            "marker": [shapes[end_of(row)] for row in own],
            "size": np.full(len(own), size),
            "small": np.full(len(own), 0.6 * size),
            "opt": points.opt,
            "name": name,
            "shown": list(map(fmt.value, points.value.tolist())),
            "why": why,
            "end": end,
        }


@lru_cache(maxsize=4096)
def _told(row: OptimizerRow) -> tuple[str, str, str]:
    """Return name, why it started and how it ended, as they are shown; the rows of those that ended stay the same."""
    return legible(row.name, 80), legible(row.started_because, 160), legible(row.ending, 240)


def _floor(columns: TrajectoryColumns) -> float:
    """Return the height at which evaluations without a value are marked: the lowest that is drawn."""
    drawn = heights(columns.scale, columns.lines.value)
    finite = drawn[np.isfinite(drawn)]
    return float(finite.min()) if finite.size else 1.0


def _ticks(marks: Marks, floor: float) -> Data:
    return {"x": marks.at, "y": np.full(marks.at.size, floor)}


def _lines(
    columns: TrajectoryColumns, colours: Mapping[int, int]
) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Return for each colour the lines of all optimizers that have it as one, interrupted between any two."""
    opt, at, value = columns.lines
    height = heights(columns.scale, value)
    x, y = np.repeat(at, 2), np.roll(np.repeat(height, 2), 1)
    own = np.repeat(opt, 2)
    first = np.flatnonzero(np.diff(own, prepend=-1))
    y[first] = np.nan  # nothing leads from the line of one optimizer to that of the next
    colour = colour_of_each(own, colours)
    return [(x[colour == k], y[colour == k]) for k in range(len(COLOURS))]

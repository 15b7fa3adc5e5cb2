"""Who evaluated when, who waited, who rested, and why it ended."""

from __future__ import annotations

from typing import Any

import numpy as np
from bokeh.models import HoverTool, Range1d
from numpy.typing import NDArray

from glompo.safe_text import legible
from glompo.show.bokeh.picture import Data, Picture, marker_size
from glompo.show.bokeh.theme import ThemeName
from glompo.show.bokeh.trajectories import MARKERS
from glompo.show.colours import colours_of
from glompo.show.columns import TimelineColumns
from glompo.show.ends import end_of, shapes_for


class TimelinePicture(Picture[TimelineColumns]):
    """A bar for the life of each optimizer, thick where it evaluated, hatched where it rested."""

    height = 460

    def __init__(self, theme: ThemeName = "light") -> None:
        super().__init__(theme)
        self._range = Range1d(start=0.0, end=1.0)

    def empty(self, columns: TimelineColumns) -> bool:
        """Return whether there is nothing to draw."""
        return not columns.rows

    def data(self, columns: TimelineColumns) -> dict[str, Data]:
        """Return the contents of each source."""
        rows = columns.rows
        colours = {opt: self.theme.colours[place] for opt, place in colours_of(rows).items()}
        names = {row.opt_id: legible(row.name, 80) for row in rows}
        numbers = [row.opt_id for row in rows] or [1]
        self._range.update(start=max(numbers) + 0.7, end=min(numbers) - 0.7)
        shapes = shapes_for(rows)
        ended = [row for row in rows if row.ended_at is not None]
        return {
            "lives": _bars(columns.lives, colours, names, "waits, or is asked nothing"),
            "works": _bars(columns.works, colours, names, "evaluates"),
            "rests": _bars(columns.rests, colours, names, "rests"),
            "ends": {
                "x": [row.ended_at for row in ended],
                "opt": [row.opt_id for row in ended],
                "size": [marker_size(len(ended), 9.0)] * len(ended),
                "marker": [MARKERS[shapes[end_of(row)][0]] for row in ended],
                "colour": [colours[row.opt_id] for row in ended],
                "name": [names[row.opt_id] for row in ended],
                "what": [legible(row.ending, 240) for row in ended],
            },
        }

    def figure(self, columns: TimelineColumns) -> Any:
        """Return the figure that draws the sources."""
        made = self.canvas("run time in seconds", "optimizer", y_range=self._range)
        made.yaxis.ticker.min_interval = 1
        made.yaxis.minor_tick_line_color = None
        made.ygrid.grid_line_color = None
        sources = self.sources
        lives = made.hbar(
            "opt", left="x", right="end", height=0.24, source=sources["lives"], color="colour", alpha=0.35
        )
        works = made.hbar("opt", left="x", right="end", height=0.72, source=sources["works"], color="colour")
        rests = made.hbar(
            "opt", left="x", right="end", height=0.5, source=sources["rests"], fill_color=self.theme.card,
            line_color="colour", hatch_pattern="/", hatch_color="colour", hatch_alpha=0.7,
        )  # fmt: skip
        ends = made.scatter(
            "x",
            "opt",
            source=sources["ends"],
            marker="marker",
            size="size",
            fill_color="colour",
            line_color=self.theme.ink,
        )
        told = [("optimizer", "@opt @name"), ("", "@what")]
        made.add_tools(HoverTool(renderers=[lives, works, rests, ends], tooltips=told))
        return made

    def legend_of(self, columns: TimelineColumns) -> str:
        """Return what stands below the figure."""
        ink = self.theme.ink
        entries = [("square", ink, "evaluates"), ("line", self.theme.faint, "lives and waits"), ("ring", ink, "rests")]
        entries += [
            (MARKERS[shape], ink, f"{end.text} ({count})")
            for end, (shape, count) in shapes_for(columns.rows).items()
            if end.how not in ("alive", "paused")
        ]
        said = "Rows are optimizers: the journal does not say in which slot an evaluation was made."
        if columns.left_out:
            said += f" {columns.left_out:,} older optimizers are left out."
        return self.chips(entries) + self.note(said)


def _bars(bars: NDArray[np.float64], colours: dict[int, str], names: dict[int, str], what: str) -> Data:
    opts = bars[:, 0].astype(int).tolist()
    return {
        "x": bars[:, 1],
        "end": bars[:, 2],
        "opt": opts,
        "colour": [colours[opt] for opt in opts],
        "name": [names[opt] for opt in opts],
        "what": [what] * len(opts),
    }

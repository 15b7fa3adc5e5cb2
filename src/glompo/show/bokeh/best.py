"""The best value of the run as it fell."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
from bokeh.models import HoverTool

from glompo.safe_text import legible
from glompo.show import formatting as fmt
from glompo.show.bokeh.picture import Data, Picture, axis_of, heights, steps
from glompo.show.bokeh.theme import ThemeName
from glompo.show.bokeh.trajectories import AXES, KINDS_SHOWN
from glompo.show.colours import COLOURS, leader_colours
from glompo.show.columns import BestColumns

LEADS_SHOWN = 500
"""Changes of the lead that are marked at most: the last ones."""


class BestPicture(Picture[BestColumns]):
    """The best value so far, and a marker in the colour of the optimizer that took the lead.

    Parameters
    ----------
    theme : {'light', 'dark'}
        Of the page on which it stands.
    against : {'evaluations', 'time', 'cost'}
        What stands on the horizontal axis of the columns.
    """

    height = 340

    def __init__(self, theme: ThemeName = "light", against: str = "evaluations") -> None:
        super().__init__(theme)
        self.against = against

    def empty(self, columns: BestColumns) -> bool:
        """Return whether there is nothing to draw."""
        return not columns.incumbent.at.size

    def kind(self, columns: BestColumns) -> Hashable:
        """Return what must stay the same for the figure to be used again."""
        return (self.against, axis_of(columns.scale))

    def data(self, columns: BestColumns) -> dict[str, Data]:
        """Return the contents of each source."""
        opt, at, value = columns.incumbent
        height = heights(columns.scale, value)
        x, y = steps(at, height)
        leads = np.flatnonzero(np.diff(opt, prepend=-1))[-LEADS_SHOWN:]
        colours = self._colours(columns)
        own = opt[leads].tolist()
        return {
            "line": {"x": x, "y": y},
            "leads": {
                "x": at[leads],
                "y": height[leads],
                "opt": own,
                "colour": [colours[one] for one in own],
                "name": [legible(columns.names.get(one, ""), 80) for one in own],
                "shown": [fmt.value(one) for one in value[leads].tolist()],
            },
        }

    def figure(self, columns: BestColumns) -> Any:
        """Return the figure that draws the sources."""
        made = self.value_canvas(AXES[self.against], columns.scale)
        made.line("x", "y", source=self.sources["line"], color=self.theme.ink, width=2)
        leads = made.scatter(
            "x", "y", source=self.sources["leads"], size=9, fill_color="colour", line_color=self.theme.card
        )
        made.add_tools(HoverTool(renderers=[leads], tooltips=[("takes the lead", "@opt @name"), ("value", "@shown")]))
        return made

    def legend_of(self, columns: BestColumns) -> str:
        """Return what stands below the figure."""
        colours = self._colours(columns)
        by_kind = len(columns.kinds) > 1
        names = {(name if by_kind else f"{opt} {name}"): colours[opt] for opt, name in columns.names.items()}
        shown = [("circle", colour, name) for name, colour in list(names.items())[:KINDS_SHOWN]]
        return self.chips([("line", self.theme.ink, "best of the run"), *shown])

    def _colours(self, columns: BestColumns) -> dict[int, str]:
        own = dict(zip(COLOURS, self.theme.colours, strict=True))
        return {opt: own[colour] for opt, colour in leader_colours(columns).items()}

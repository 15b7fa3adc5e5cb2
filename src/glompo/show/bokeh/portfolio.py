"""What each part of a portfolio should have had, has had, and has found."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
from bokeh.models import HoverTool, NumeralTickFormatter, Range1d
from bokeh.transform import dodge

from glompo.safe_text import legible
from glompo.show import formatting as fmt
from glompo.show.bokeh.picture import Data, Picture
from glompo.show.columns import PortfolioColumns

HOVER = [
    ("", "@name"), ("planned", "@plan"), ("spent", "@part, @evaluations evaluations"), ("optimizers", "@started"),
    ("improvements of the best value", "@improvements"), ("best", "@best"),
]  # fmt: skip


class PortfolioPicture(Picture[PortfolioColumns]):
    """Two bars for each part: the share that it should have, and the share that it has had."""

    def empty(self, columns: PortfolioColumns) -> bool:
        """Return whether there is nothing to draw."""
        return not columns.names

    def kind(self, columns: PortfolioColumns) -> Hashable:
        """Return what must stay the same for the figure to be used again."""
        return columns.names

    def data(self, columns: PortfolioColumns) -> dict[str, Data]:
        """Return the contents of each source."""
        planned = np.array(columns.planned, np.float64)
        return {
            "parts": {
                "name": _factors(columns),
                "planned": np.where(np.isfinite(planned), planned, 0.0),
                "spent": columns.spent,
                "plan": [f"{one:.0%}" if np.isfinite(one) else "not on record" for one in columns.planned],
                "part": [f"{one:.1%}" for one in columns.spent],
                "evaluations": [f"{one:,}" for one in columns.evaluations],
                "improvements": columns.improvements,
                "earned": [
                    f"{fmt.counted(n, 'improvement')}, best {fmt.value(best)}"
                    for n, best in zip(columns.improvements, columns.best, strict=True)
                ],
                "started": columns.started,
                "best": [fmt.value(one) for one in columns.best],
            }
        }

    def figure(self, columns: PortfolioColumns) -> Any:
        """Return the figure that draws the sources."""
        factors = _factors(columns)[::-1]
        most = max((*columns.spent, *(one for one in columns.planned if np.isfinite(one)), 0.05))
        made = self.canvas(
            "share of the evaluations", "", y_range=factors or [""],
            x_range=Range1d(start=0.0, end=min(1.6, 1.5 * most)),
            height=150 + 52 * max(1, len(factors)),
        )  # fmt: skip
        source, theme = self.sources["parts"], self.theme
        made.xaxis.formatter = NumeralTickFormatter(format="0 %")
        made.ygrid.grid_line_color = None
        bars = made.hbar(dodge("name", -0.16, range=made.y_range), right="spent", height=0.3, source=source,
                         color=theme.colours[0])  # fmt: skip
        plan = made.hbar(dodge("name", 0.2, range=made.y_range), right="planned", height=0.22, source=source,
                         fill_color=None, line_color=theme.colours[1], line_width=2)  # fmt: skip
        made.text("spent", dodge("name", -0.16, range=made.y_range), text="earned", source=source, x_offset=8,
                  text_baseline="middle", text_font_size="12px", text_color=theme.ink)  # fmt: skip
        made.add_tools(HoverTool(renderers=[bars, plan], tooltips=HOVER))
        return made

    def legend_of(self, columns: PortfolioColumns) -> str:
        """Return what stands below the figure."""
        theme = self.theme
        entries = [("square", theme.colours[0], "evaluations spent, and what they earned")]
        if not columns.regimes:
            return self.chips(entries) + self.note("The run has no portfolio; these are its kinds of optimizers.")
        return self.chips([*entries, ("frame", theme.colours[1], "share that it should have at this moment")])


def _factors(columns: PortfolioColumns) -> list[str]:
    """Return names that can be told apart, as an axis needs them."""
    return [f"{k + 1}  {legible(name, 60)}" for k, name in enumerate(columns.names)]

"""Where optimizers started and ended, which minima they found, and which parameters matter."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
from bokeh.models import DataRange1d, HoverTool, Range1d
from numpy.typing import NDArray

from glompo.safe_text import legible
from glompo.show import formatting as fmt
from glompo.show.axis import Scale, scale_for
from glompo.show.bokeh.picture import Data, Picture, axis_of, heights, marker_size
from glompo.show.bokeh.theme import ThemeName
from glompo.show.colours import colours_of
from glompo.show.columns import ParameterColumns

MINIMA_SHOWN = 60
"""Distinct minima in the plane of two parameters at most."""

LINES_SHOWN = 60
"""Optimizers in parallel coordinates at most."""

NAMES_SHOWN = 40
"""Parameters that are named in one picture at most."""


class ParametersPicture(Picture[ParameterColumns]):
    """What the pictures of parameters have in common."""

    def empty(self, columns: ParameterColumns) -> bool:
        """Return whether there is nothing to draw."""
        return not columns.rows

    def colours(self, columns: ParameterColumns) -> list[str]:
        """Return the colour of each optimizer, as in other pictures, where they stand in the order of their starts."""
        own = colours_of(sorted(columns.rows, key=lambda row: row.opt_id))
        return [self.theme.colours[own[row.opt_id]] for row in columns.rows]

    def names(self, columns: ParameterColumns) -> list[str]:
        """Return number and name of each optimizer."""
        return [f"{row.opt_id} {legible(row.name, 80)}" for row in columns.rows]


class CoordinatesPicture(ParametersPicture):
    """Parallel coordinates: the best point of each optimizer as shares of the ranges; the best one is thick."""

    def kind(self, columns: ParameterColumns) -> Hashable:
        """Return what must stay the same for the figure to be used again."""
        return columns.names

    def data(self, columns: ParameterColumns) -> dict[str, Data]:
        """Return the contents of each source."""
        ends = columns.unit_ends[:LINES_SHOWN]
        rows = columns.rows[: len(ends)]
        places = list(range(len(columns.names)))
        return {
            "lines": {
                "xs": [places] * len(ends),
                "ys": list(ends),
                "colour": self.colours(columns)[: len(ends)],
                "width": [3.5 if k == 0 else 1.2 for k in range(len(ends))],
                "alpha": [1.0 if k == 0 else 0.5 for k in range(len(ends))],
                "name": self.names(columns)[: len(ends)],
                "value": [fmt.value(row.best_f) for row in rows],
            }
        }

    def figure(self, columns: ParameterColumns) -> Any:
        """Return the figure that draws the sources."""
        made = self.canvas("", "share of the range", y_range=Range1d(start=-0.04, end=1.04))
        _name_places(made.xaxis, columns.names)
        lines = made.multi_line(
            "xs", "ys", source=self.sources["lines"], line_color="colour", line_width="width", line_alpha="alpha"
        )
        made.add_tools(HoverTool(renderers=[lines], tooltips=[("optimizer", "@name"), ("best", "@value")]))
        return made

    def legend_of(self, columns: ParameterColumns) -> str:
        """Return what stands below the figure."""
        left_out = len(columns.rows) - LINES_SHOWN
        said = "Each line is the best point of an optimizer; the thick one is the best of the run."
        return self.note(f"{said} Shown are the {LINES_SHOWN} best." if left_out > 0 else said)


class SlicePicture(ParametersPicture):
    """The value against one parameter: some of the evaluations, and the ends of optimizers.

    Parameters
    ----------
    theme : {'light', 'dark'}
        Of the page on which it stands.
    parameter : int
        Number of the parameter, from 0.
    """

    height = 340

    def __init__(self, theme: ThemeName = "light", parameter: int = 0) -> None:
        super().__init__(theme)
        self.parameter = parameter

    def kind(self, columns: ParameterColumns) -> Hashable:
        """Return what must stay the same for the figure to be used again."""
        return (self.parameter, columns.names, axis_of(_scale(columns)))

    def data(self, columns: ParameterColumns) -> dict[str, Data]:
        """Return the contents of each source."""
        scale = _scale(columns)
        return {
            "points": {"x": columns.points[:, self.parameter], "y": heights(scale, columns.values)},
            "ends": {
                "x": columns.ends[:, self.parameter],
                "y": heights(scale, _best(columns)),
                "colour": self.colours(columns),
                "size": [marker_size(len(columns.rows), 9.0)] * len(columns.rows),
                "name": self.names(columns),
                "value": [fmt.value(row.best_f) for row in columns.rows],
            },
        }

    def figure(self, columns: ParameterColumns) -> Any:
        """Return the figure that draws the sources."""
        name = legible(columns.names[self.parameter], 60)
        made = self.value_canvas(name, _scale(columns))
        made.scatter("x", "y", source=self.sources["points"], size=3, color=self.theme.faint, alpha=0.35)
        ends = made.scatter(
            "x", "y", source=self.sources["ends"], size="size", fill_color="colour", line_color=self.theme.card
        )
        made.add_tools(HoverTool(renderers=[ends], tooltips=[("ends here", "@name"), ("value", "@value")]))
        return made

    def legend_of(self, columns: ParameterColumns) -> str:
        """Return what stands below the figure."""
        return self.note(f"{len(columns.values):,} of the evaluations, and the best point of each optimizer in colour.")


def _best(columns: ParameterColumns) -> NDArray[np.float64]:
    return np.array([row.best_f for row in columns.rows], np.float64)


def _scale(columns: ParameterColumns) -> Scale:
    """Return the scale for the evaluations that are shown and the ends of optimizers, which need not be among them."""
    return scale_for(np.concatenate([columns.values, _best(columns)]), columns.values)


class PairPicture(ParametersPicture):
    """Starts, ends and distinct minima in the plane of two parameters.

    Parameters
    ----------
    theme : {'light', 'dark'}
        Of the page on which it stands.
    pair : tuple of int
        Numbers of the two parameters, from 0.
    """

    def __init__(self, theme: ThemeName = "light", pair: tuple[int, int] = (0, 1)) -> None:
        super().__init__(theme)
        self.pair = pair

    def kind(self, columns: ParameterColumns) -> Hashable:
        """Return what must stay the same for the figure to be used again."""
        return (self.pair, columns.names)

    def data(self, columns: ParameterColumns) -> dict[str, Data]:
        """Return the contents of each source."""
        i, j = self.pair
        own, names = self.colours(columns), self.names(columns)
        starts, ends = columns.starts, columns.ends
        shown = columns.minima[:MINIMA_SHOWN]
        minima = np.array([one.x for one in shown], np.float64).reshape(-1, len(columns.names))
        gaps = np.full(len(starts), np.nan)
        return {
            "paths": {"x": _braid(starts[:, i], ends[:, i], gaps), "y": _braid(starts[:, j], ends[:, j], gaps)},
            "starts": {"x": starts[:, i], "y": starts[:, j], "colour": own, "name": names},
            "ends": {"x": ends[:, i], "y": ends[:, j], "colour": own, "name": names},
            "minima": {
                "x": minima[:, i],
                "y": minima[:, j],
                "size": [12 + 4 * min(one.times, 8) ** 0.5 for one in shown],
                "value": [fmt.value(one.fx) for one in shown],
                "times": [fmt.counted(one.times, "optimizer") for one in shown],
            },
        }

    def figure(self, columns: ParameterColumns) -> Any:
        """Return the figure that draws the sources."""
        i, j = self.pair
        (x_low, x_high), (y_low, y_high) = columns.bounds[[i, j]].tolist()
        names = [legible(columns.names[place], 60) for place in self.pair]
        made = self.canvas(*names, x_range=_padded(x_low, x_high), y_range=_padded(y_low, y_high))
        sources, theme = self.sources, self.theme
        made.line("x", "y", source=sources["paths"], color=theme.faint, alpha=0.35)
        starts = made.scatter("x", "y", source=sources["starts"], size=6, fill_color=None, line_color="colour")
        ends = made.scatter("x", "y", source=sources["ends"], size=8, fill_color="colour", line_color=theme.card)
        minima = made.scatter(
            "x", "y", source=sources["minima"], size="size", fill_color=None, line_color=theme.ink, line_width=1.5
        )
        made.add_tools(HoverTool(renderers=[starts, ends], tooltips=[("optimizer", "@name")]))
        made.add_tools(HoverTool(renderers=[minima], tooltips=[("minimum", "@value"), ("found by", "@times")]))
        return made

    def legend_of(self, columns: ParameterColumns) -> str:
        """Return what stands below the figure."""
        ink, n = self.theme.ink, len(columns.minima)
        found = str(n) if n <= MINIMA_SHOWN else f"the {MINIMA_SHOWN} best of {n}"
        entries = [("ring", ink, "start"), ("circle", ink, "best point of an optimizer")]
        return self.chips([*entries, ("ringed", ink, f"distinct minima ({found}), larger if found often")])


class SensitivityPicture(ParametersPicture):
    """On which parameters the value depends, that with the largest index first."""

    def kind(self, columns: ParameterColumns) -> Hashable:
        """Return what must stay the same for the figure to be used again."""
        return _order(columns)

    def data(self, columns: ParameterColumns) -> dict[str, Data]:
        """Return the contents of each source."""
        found = columns.sensitivity
        order = _order(columns)
        return {
            "bars": {
                "y": [len(order) - place for place in range(len(order))],
                "index": [] if found is None else found.index[list(order)],
                "name": [legible(columns.names[place], 60) for place in order],
            }
        }

    def figure(self, columns: ParameterColumns) -> Any:
        """Return the figure that draws the sources."""
        order = _order(columns)
        made = self.canvas("dependence of the value (HSIC of ranks)", "", height=130 + 20 * max(1, len(order)),
                           x_range=DataRange1d(start=0.0))  # fmt: skip
        made.yaxis.ticker = [len(order) - place for place in range(len(order))]
        made.yaxis.major_label_overrides = {
            len(order) - place: legible(columns.names[k], 60) for place, k in enumerate(order)
        }
        made.ygrid.grid_line_color = None
        bars = made.hbar("y", right="index", height=0.6, source=self.sources["bars"], color=self.theme.colours[0])
        made.add_tools(HoverTool(renderers=[bars], tooltips=[("@name", "@index{0.000}")]))
        return made

    def legend_of(self, columns: ParameterColumns) -> str:
        """Return what stands below the figure."""
        found = columns.sensitivity
        if found is None:
            return self.note("There are too few evaluations with a value to judge that.")
        return self.note(
            f"From {found.n:,} of the evaluations, which the optimizers chose: only the order counts, and a parameter "
            "that all of them kept still looks as if it did not matter."
        )


def _order(columns: ParameterColumns) -> tuple[int, ...]:
    if columns.sensitivity is None:
        return ()
    return tuple(np.argsort(-columns.sensitivity.index, kind="stable")[:NAMES_SHOWN].tolist())


def _name_places(axis: Any, names: tuple[str, ...]) -> None:
    stride = -(-len(names) // NAMES_SHOWN)
    axis.ticker = list(range(0, len(names), stride))
    axis.major_label_overrides = {k: legible(names[k], 24) for k in range(0, len(names), stride)}
    axis.major_label_orientation = 0.0 if len(names) <= 12 else 0.9


def _padded(low: float, high: float) -> Any:
    pad = 0.04 * (high - low) or 1.0
    return Range1d(start=low - pad, end=high + pad)


def _braid(*parts: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.column_stack(parts).ravel()

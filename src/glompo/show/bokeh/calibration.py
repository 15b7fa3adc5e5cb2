"""Pictures of a calibration while it goes on, from what its run has recorded; the model is not called."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from bokeh.models import HoverTool

from glompo.safe_text import legible
from glompo.show import formatting as fmt
from glompo.show.bokeh.picture import Data, Picture, marker_size, steps
from glompo.show.columns.calibration import FitColumns

NO_SUMS = "The run has recorded no sums by group; they come with the first evaluation of a calibration."
NO_RESIDUALS = "The run records no residuals; a calibration with record_residuals = true does."
NO_DATA = (
    "Which residual belongs to which row of the data is not known: that takes a run begun from a configuration whose "
    "data are a file."
)
VALIDATION = (
    "Rows for validation are left out while a run goes on. glompo report DIR calls the model for them and shows the "
    "losses of training and validation at each of these points."
)


class FitPicture(Picture[FitColumns]):
    """What pictures of a calibration have in common: a colour for each group."""

    def colours(self, columns: FitColumns) -> dict[str, str]:
        """Return the colour of each group."""
        known = self.theme.colours
        return {name: known[i % len(known)] for i, name in enumerate(columns.groups)}

    def by_group(self, columns: FitColumns) -> list[tuple[str, str, str]]:
        """Return the legend of the groups."""
        return [("circle", colour, name) for name, colour in self.colours(columns).items()]


class LossesPicture(FitPicture):
    """What each group added to the loss of the best point so far."""

    missing = NO_SUMS

    def empty(self, columns: FitColumns) -> bool:
        """Return whether there is nothing to draw."""
        return not columns.number.size

    def kind(self, columns: FitColumns) -> Hashable:
        """Return what must stay the same for the figure to be used again."""
        return bool((columns.sums > 0.0).all())

    def data(self, columns: FitColumns) -> dict[str, Data]:
        """Return the contents of each source."""
        colours = self.colours(columns)
        at = np.append(columns.number, columns.count)
        lines = [steps(at, np.append(values, values[-1])) for values in (columns.loss, *columns.sums.T)]
        return {
            "lines": {
                "xs": [x for x, _ in lines],
                "ys": [y for _, y in lines],
                "colour": [self.theme.ink, *(colours[name] for name in columns.groups)],
                "name": ["training, in sum", *(legible(name, 60) for name in columns.groups)],
                "last": [fmt.value(float(y[-1])) for _, y in lines],
            }
        }

    def figure(self, columns: FitColumns) -> Any:
        """Return the figure that draws the sources."""
        axis = "log" if self.kind(columns) else "linear"
        made = self.canvas("evaluations", "share in the loss of the best point", y_axis_type=axis, height=320)
        lines = made.multi_line("xs", "ys", color="colour", line_width=2, source=self.sources["lines"])
        made.add_tools(HoverTool(renderers=[lines], tooltips=[("", "@name"), ("now", "@last")]))
        return made

    def legend_of(self, columns: FitColumns) -> str:
        """Return what stands below the figure."""
        lines = [("line", colour, name) for name, colour in self.colours(columns).items()]
        validated = columns.tables is None or columns.tables.validated
        chips = self.chips([("line", self.theme.ink, "training, in sum"), *lines])
        return chips + (self.note(VALIDATION) if validated else "")


class ResidualsPicture(FitPicture):
    """The weighted residuals of the best point in the order of the data."""

    missing = NO_RESIDUALS

    def empty(self, columns: FitColumns) -> bool:
        """Return whether there is nothing to draw."""
        return not columns.residuals.size

    def data(self, columns: FitColumns) -> dict[str, Data]:
        """Return the contents of each source."""
        n, colours = len(columns.residuals), self.colours(columns)
        members = columns.members or [""] * n
        return {
            "rows": {
                "row": np.arange(1, n + 1),
                "residual": columns.residuals,
                "none": np.zeros(n),
                "colour": [colours.get(name, self.theme.colours[0]) for name in members],
                "name": _labels(columns),
            }
        }

    def figure(self, columns: FitColumns) -> Any:
        """Return the figure that draws the sources."""
        made = self.canvas("row of the data", "weighted residual of the best point", height=320)
        source = self.sources["rows"]
        made.segment("row", "none", "row", "residual", color="colour", alpha=0.6, source=source)
        size = marker_size(len(columns.residuals), 8.0)
        dots = made.scatter("row", "residual", color="colour", size=size, source=source)
        made.add_tools(HoverTool(renderers=[dots], tooltips=[("", "@name"), ("residual", "@residual")]))
        return made

    def legend_of(self, columns: FitColumns) -> str:
        """Return what stands below the figure."""
        return self.chips(self.by_group(columns)) if columns.members else self.note(NO_DATA)


class ParityPicture(FitPicture):
    """Predictions of the best point against references."""

    missing = ""  # that is told below the residuals

    def empty(self, columns: FitColumns) -> bool:
        """Return whether there is nothing to draw."""
        return not columns.parity[0].size

    def data(self, columns: FitColumns) -> dict[str, Data]:
        """Return the contents of each source."""
        reference, prediction = columns.parity
        n, colours = len(reference), self.colours(columns)
        ends = [float(reference.min()), float(reference.max())]
        return {
            "rows": {
                "reference": reference,
                "prediction": prediction,
                "colour": [colours.get(name, self.theme.colours[0]) for name in columns.members[:n]],
                "name": _labels(columns)[:n],
            },
            "equal": {"x": ends, "y": ends},
        }

    def figure(self, columns: FitColumns) -> Any:
        """Return the figure that draws the sources."""
        made = self.canvas("reference", "prediction of the best point", height=420)
        made.line("x", "y", color=self.theme.faint, source=self.sources["equal"])
        size = marker_size(len(columns.parity[0]), 8.0)
        dots = made.scatter("reference", "prediction", color="colour", size=size, source=self.sources["rows"])
        told = [("", "@name"), ("reference", "@reference"), ("prediction", "@prediction")]
        made.add_tools(HoverTool(renderers=[dots], tooltips=told))
        return made

    def legend_of(self, columns: FitColumns) -> str:
        """Return what stands below the figure."""
        return self.chips([("line", self.theme.faint, "prediction = reference"), *self.by_group(columns)])


def _labels(columns: FitColumns) -> Sequence[str]:
    n = len(columns.residuals)
    if columns.tables is None or not columns.members:
        return [f"row {k}" for k in range(1, n + 1)]
    rows = [legible(f"{entry.label} ({entry.group})", 80) for entry in columns.tables.training]
    return [*rows, *["prior"] * (n - len(rows))]

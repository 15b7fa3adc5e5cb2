"""What all pictures of Bokeh have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping, Sequence
from html import escape
from typing import Any, Generic, TypeVar

import numpy as np
from bokeh.layouts import column
from bokeh.models import BasicTickFormatter, ColumnDataSource, DataRange1d, FixedTicker, PlainText
from bokeh.models.widgets import Div
from bokeh.plotting import figure
from numpy.typing import NDArray

from glompo.safe_text import legible
from glompo.show.axis import DEEPEST, Scale
from glompo.show.bokeh.theme import FONT, THEMES, Theme, ThemeName, dress

Columns = TypeVar("Columns")
Data = Mapping[str, Any]

CHIPS = {
    "circle": "●", "x": "✕", "plus": "✚", "square": "■", "diamond": "◆", "triangle": "▲", "inverted_triangle": "▼",
    "star": "★", "hex": "⬢", "dash": "▬", "line": "━", "ring": "○", "ringed": "◎", "frame": "□", "tick": "❘",
}  # fmt: skip
"""How a marker stands in a legend."""

LINEAR_DECADES = 0.6
"""Length of the part of a shifted axis that leads to zero, as in the pictures for paper."""


class Picture(ABC, Generic[Columns]):
    """A picture that can be drawn again in place.

    Parameters
    ----------
    theme : {'light', 'dark'}
        Of the page on which it stands.

    Attributes
    ----------
    layout : bokeh.models.Column
        What is put on the page.
    """

    height = 420
    missing = "There is nothing to draw."
    """What is said in the place of an empty picture; it leaves no trace if that is nothing."""

    def __init__(self, theme: ThemeName = "light") -> None:
        self.theme: Theme = THEMES[theme]
        self.legend = Div(text="", sizing_mode="stretch_width")
        self.layout: Any = column(children=[self.legend], sizing_mode="stretch_width")
        self.sources: dict[str, Any] = {}
        self._built: Hashable = None
        self._columns: Columns | None = None

    def update(self, columns: Columns) -> None:
        """Draw these columns; the figure is made anew only where its axes change."""
        self._columns = columns
        if self.empty(columns):
            self._built, self.layout.children = None, [self.legend] if self.missing else []
            self.legend.text = self.note(self.missing)
            return
        built = (self.kind(columns), self.theme)
        data = self.data(columns)
        if built != self._built:
            self._built = built
            self.sources = {name: ColumnDataSource(one) for name, one in data.items()}
            self.layout.children = [self.figure(columns), self.legend]
        else:
            for name, one in data.items():
                self.sources[name].data = one
        text = self.legend_of(columns)
        if text != self.legend.text:
            self.legend.text = text

    def restyle(self, theme: ThemeName) -> None:
        """Draw it for another page."""
        self.theme = THEMES[theme]
        if self._columns is not None:
            self.update(self._columns)

    @abstractmethod
    def empty(self, columns: Columns) -> bool:
        """Return whether there is nothing to draw."""

    def kind(self, columns: Columns) -> Hashable:
        """Return what must stay the same for a figure to be used again."""
        return None

    @abstractmethod
    def data(self, columns: Columns) -> dict[str, Data]:
        """Return the contents of each source."""

    @abstractmethod
    def figure(self, columns: Columns) -> Any:
        """Return a figure that draws `sources`."""

    def legend_of(self, columns: Columns) -> str:
        """Return the legend as HTML; none by default."""
        return ""

    def canvas(self, x: str, y: str, **settings: Any) -> Any:
        """Return an empty figure with names of its axes."""
        settings = {"height": self.height, "tools": "pan,box_zoom,wheel_zoom,reset,save", **settings}
        made = figure(sizing_mode="stretch_width", **settings)
        made.xaxis.axis_label, made.yaxis.axis_label = PlainText(text=x), PlainText(text=y)
        made.toolbar.active_scroll = None
        made.xaxis.formatter = BasicTickFormatter(use_scientific=False)
        dress(made, self.theme)
        return made

    def value_canvas(self, x: str, scale: Scale, **settings: Any) -> Any:
        """Return an empty figure whose vertical axis shows values."""
        axis = "linear" if scale.kind == "linear" else "log"
        made = self.canvas(x, scale.label(), y_axis_type=axis, y_range=DataRange1d(range_padding=0.06), **settings)
        if scale.kind == "shifted":
            zero = float(heights(scale, np.array([scale.origin]))[0])
            decades = scale.threshold * 10.0 ** np.arange(DEEPEST + 2)
            made.yaxis.ticker = FixedTicker(ticks=[zero, *decades.tolist()])
            made.yaxis.major_label_overrides = {zero: "0"}
        return made

    def chips(self, entries: Sequence[tuple[str, str, str]]) -> str:
        """Return a legend of markers, their colours and what they mean, as HTML; the texts may be foreign."""
        parts = [
            f'<span style="white-space:nowrap"><span style="color:{colour}" aria-hidden="true">{CHIPS[marker]}</span> '
            f"{escape(legible(text, 80))}</span>"
            for marker, colour, text in entries
        ]
        style = f"display:flex;flex-wrap:wrap;gap:4px 18px;font:13px {FONT};color:{self.theme.ink};padding:2px 12px 8px"
        return f'<div style="{style}">{"".join(parts)}</div>' if parts else ""

    def note(self, text: str) -> str:
        """Return a line below a picture as HTML; the text may be foreign."""
        style = f"font:13px {FONT};color:{self.theme.faint};padding:0 12px 8px"
        return f'<div style="{style}">{escape(legible(text))}</div>'


def heights(scale: Scale, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what is drawn for values: a shifted scale is linear from its threshold down to zero, at its lower edge."""
    raised = scale.heights(values)
    if scale.kind != "shifted":
        return raised
    share = np.minimum(raised / scale.threshold, 1.0)
    near = scale.threshold * 10.0 ** (LINEAR_DECADES * (share - 1.0))
    return np.where(raised < scale.threshold, near, raised)


def axis_of(scale: Scale) -> Hashable:
    """Return what must stay the same for an axis of values to be used again."""
    return (scale.kind, scale.label(), scale.threshold)


def steps(at: NDArray[np.float64], value: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the corners of a line that falls in steps."""
    return np.repeat(at, 2)[1:], np.repeat(value, 2)[:-1] if at.size else value


def marker_size(n: int, largest: float = 10.0) -> float:
    """Return the size of a marker of which there are `n`: many small ones can be told apart, large ones cannot."""
    return float(max(4.0, largest * min(1.0, (40.0 / max(n, 1)) ** 0.4)))

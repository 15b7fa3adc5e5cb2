"""How pictures of Bokeh look, on a light page and on a dark one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from glompo.show.colours import COLOURS

ThemeName = Literal["light", "dark"]
"""Of the page on which a picture stands."""

FONT = "system-ui, -apple-system, 'Segoe UI', sans-serif"


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of a page and of the pictures on it.

    Attributes
    ----------
    page, card : str
        Background of the page, and of what lies on it.
    ink, faint, grid, halo : str
        Of texts; of what is less important; of lines behind the data; of what lies under the lines.
    failed : str
        Of what failed.
    colours : tuple of str
        Of optimizers, as many as in :data:`glompo.show.colours.COLOURS` and in that order.
    """

    page: str
    card: str
    ink: str
    faint: str
    grid: str
    halo: str
    failed: str
    colours: tuple[str, ...]


THEMES: dict[str, Theme] = {
    "light": Theme("#f4f5f7", "#ffffff", "#23272e", "#5f6672", "#e4e7eb", "#d3d7dd", "#b3261e", COLOURS),
    "dark": Theme(
        "#14171c", "#1d2128", "#e4e7ec", "#a0a8b4", "#313742", "#4a515e", "#ff8a80",
        ("#4FA9E0", "#F0B440", "#2FC79A", "#E39BC4", "#8ED3F7", "#F07F3C", "#C4A15F", "#A78FE0"),
    ),
}  # fmt: skip


def dress(figure: Any, theme: Theme) -> None:
    """Give a figure the looks of a theme."""
    figure.background_fill_color = figure.border_fill_color = theme.card
    figure.outline_line_color = None
    figure.toolbar.logo = None
    figure.toolbar.autohide = True
    for axis in figure.axis:
        axis.axis_line_color = axis.major_tick_line_color = theme.faint
        axis.minor_tick_line_color = None
        axis.major_label_text_color = axis.axis_label_text_color = theme.ink
        axis.major_label_text_font = axis.axis_label_text_font = FONT
        axis.major_label_text_font_size = "12px"
        axis.axis_label_text_font_size = "13px"
        axis.axis_label_text_font_style = "normal"
    for grid in figure.grid:
        grid.grid_line_color = theme.grid

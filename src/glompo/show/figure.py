"""A figure to draw on, without touching the global state of pyplot, which is the caller's."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from glompo.errors import UserError
from glompo.read import atomic_write

INK = "#2b2b2b"
FAINT = "#8a8a8a"
GRID = "#e6e6e6"


def new_axes(size: tuple[float, float], dpi: float) -> Any:
    """Return the axes of a new figure, whose width and height are in inches.

    Raises
    ------
    UserError
        If matplotlib is not installed.
    """
    try:
        from glompo.show.picture import Picture
    except ImportError as error:
        raise UserError("pictures need matplotlib, which is not installed: pip install 'glompo[plot]'") from error
    figure = Picture(figsize=size, dpi=dpi, facecolor="white", layout="constrained")
    axes = figure.add_subplot(facecolor="white")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(FAINT)
    axes.tick_params(colors=FAINT, labelcolor=INK, labelsize=9, which="both")
    axes.grid(True, color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    return axes


def headline(axes: Any, title: str, facts: str) -> None:
    """Write a title, and a line of facts below it in a fainter ink, above the axes."""
    # names that users gave may hold dollars, between which matplotlib reads mathematics
    axes.set_title(title, loc="left", fontsize=13, fontweight="bold", color=INK, pad=26, parse_math=False)
    axes.annotate(
        facts, (0, 1), xytext=(0, 10), xycoords="axes fraction", textcoords="offset points", fontsize=9,
        color=FAINT, parse_math=False,
    )  # fmt: skip


def note(axes: Any, text: str, at: tuple[float, float]) -> None:
    """Write a small text above a point, legible over lines."""
    from matplotlib.patheffects import withStroke

    axes.annotate(
        text, at, xytext=(0, 7), textcoords="offset points", ha="center", fontsize=8, color=INK, zorder=6,
        path_effects=[withStroke(linewidth=2.5, foreground="white")],
    )  # fmt: skip


def typographic(text: str) -> str:
    """Return a number with the minus sign of print."""
    return text.replace("-", "−")


def legend_below(axes: Any, handles: Sequence[Any], columns: int, mathematics: Collection[str]) -> None:
    """Put the legend below the axes of a figure of ours, in as many columns as its width has room for.

    In entries that are not among `mathematics` dollars are dollars.
    """
    figure = axes.figure
    for number in range(min(columns, len(handles)), 0, -1):
        drawn = figure.legend(
            handles=handles,
            loc="outside lower left",
            ncols=number,
            frameon=False,
            fontsize=9,
            labelcolor=INK,
            handletextpad=0.6,
            columnspacing=1.8,
        )
        _literal(drawn, mathematics)
        if number == 1 or drawn.get_window_extent(figure.canvas.get_renderer()).width <= figure.bbox.width:
            return
        drawn.remove()


def legend_inside(axes: Any, handles: Sequence[Any], mathematics: Collection[str]) -> None:
    """Put the legend into the axes of a caller, who may move it or take it away."""
    if handles:
        _literal(axes.legend(handles=handles, fontsize="small"), mathematics)


def _literal(legend: Any, mathematics: Collection[str]) -> None:
    for text in legend.get_texts():
        text.set_parse_math(text.get_text() in mathematics)


def save(figure: Any, path: str | os.PathLike[str]) -> Path:
    """Write the figure; the kind of file follows from the suffix. It appears when it is complete.

    Raises
    ------
    UserError
        If the suffix is no kind of picture.
    StoreError
        If the file cannot be written.
    """
    target = Path(path)
    kind = target.suffix.lstrip(".").lower()
    kinds = figure.canvas.get_supported_filetypes()
    if kind not in kinds:
        raise UserError(f"{target} has no suffix of a picture; use one of {', '.join(f'.{name}' for name in kinds)}")
    with atomic_write(target, "give another path") as draft:
        figure.savefig(draft, format=kind, facecolor=figure.get_facecolor())
    return target

"""A figure to draw on, without touching the global state of pyplot, which is the caller's."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from glompo.errors import UserError
from glompo.read import atomic_write

INK = "#2b2b2b"
FAINT = "#8a8a8a"
GRID = "#e6e6e6"

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#8C6D31", "#6A51A3")
"""Distinct also for colour-blind readers: six after Okabe and Ito (2008), and two that are darker."""

FAILED = "#C1272D"


def new_figure(width: float = 10.0, height: float = 6.0) -> tuple[Any, Any]:
    """Return a figure and its axes, sizes in inches.

    Raises
    ------
    UserError
        If matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise UserError("pictures need matplotlib, which is not installed: pip install 'glompo[plot]'") from error
    figure = Figure(figsize=(width, height), dpi=150, facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot(facecolor="white")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(FAINT)
    axes.tick_params(colors=FAINT, labelcolor=INK, labelsize=9, which="both")
    axes.grid(True, color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    return figure, axes


def headline(axes: Any, title: str, subtitle: str) -> None:
    """Write a title, and a line below it in a fainter ink, above the axes."""
    # names that users gave may hold dollars, between which matplotlib reads mathematics
    axes.set_title(title, loc="left", fontsize=13, fontweight="bold", color=INK, pad=26, parse_math=False)
    axes.annotate(
        subtitle, (0, 1), xytext=(0, 10), xycoords="axes fraction", textcoords="offset points", fontsize=9,
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


def legend(figure: Any, handles: list[Any], columns: int = 4) -> None:
    """Put the legend below the axes."""
    if handles:
        drawn = figure.legend(
            handles=handles,
            loc="outside lower left",
            ncols=min(columns, len(handles)),
            frameon=False,
            fontsize=9,
            labelcolor=INK,
            handletextpad=0.6,
            columnspacing=1.8,
        )
        for text in drawn.get_texts():
            text.set_parse_math(False)


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
        figure.savefig(draft, format=kind, facecolor="white")
    return target

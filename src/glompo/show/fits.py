"""Pictures of a report on a calibration."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from glompo.calibration import Report
from glompo.show.colours import COLOURS
from glompo.show.figure import FAINT, INK, headline, legend_below, new_axes, save

MOVED_SHOWN = 40
"""Parameters in the picture of their movement at most: those that moved most."""

Size: TypeAlias = tuple[float, float]
"""Width and height in inches; the height that many names need comes first."""


def pictures(report: Report, directory: str | os.PathLike[str]) -> list[Path]:
    """Draw ``parity.png``, ``residuals.png``, ``movement.png``, and ``losses.png`` if a run is known.

    Parameters
    ----------
    report : Report
        What is drawn.
    directory : path-like
        Where; it is made if it does not exist.

    Returns
    -------
    list of Path
        The pictures.

    Raises
    ------
    UserError
        If matplotlib is missing.
    """
    wanted: dict[str, Callable[[Report], Any]] = {"parity": parity, "residuals": residuals, "movement": movement}
    if report.trail:
        wanted["losses"] = losses
    figures = {name: draw(report) for name, draw in wanted.items()}
    folder = Path(directory)
    folder.mkdir(parents=True, exist_ok=True)
    return [save(figure, folder / f"{name}.png") for name, figure in figures.items()]


def parity(report: Report, size: Size = (7.0, 6.5)) -> Any:
    """Return a picture of predictions against references, by group; filled marks are for training."""
    axes = new_axes(size, 150.0)
    handles = []
    for i, ((split, group), rows) in enumerate(_by_group(report).items()):
        fill = {"markerfacecolor": "none"} if split == "validation" else {}
        x, y = [row.reference for row in rows], [row.prediction for row in rows]
        style = {"marker": "o", "markersize": 4, "linestyle": "none", "color": COLOURS[i % len(COLOURS)], **fill}
        handles += axes.plot(x, y, label=f"{group} ({split})", **style)
    numbers = [row.reference for row in report.residuals]
    ends = [min(numbers), max(numbers)]
    axes.plot(ends, ends, color=FAINT, linewidth=1.0, zorder=1)
    axes.set_xlabel("reference", color=INK)
    axes.set_ylabel("prediction", color=INK)
    headline(axes, "Predictions against references", f"loss {report.loss:.6g}")
    legend_below(axes, handles, 4, ())
    return axes.figure


def residuals(report: Report, size: Size = (10.0, 5.0)) -> Any:
    """Return a picture of the weighted residuals in the order of the data."""
    axes = new_axes(size, 150.0)
    handles, begin = [], 0
    for i, ((split, group), rows) in enumerate(_by_group(report).items()):
        places = np.arange(begin, begin + len(rows))
        begin += len(rows)
        colour = COLOURS[i % len(COLOURS)]
        axes.vlines(places, 0.0, [row.residual for row in rows], color=colour, linewidth=1.0, alpha=0.6)
        style = {"marker": "o", "markersize": 3, "linestyle": "none", "color": colour}
        handles += axes.plot(places, [row.residual for row in rows], label=f"{group} ({split})", **style)
    axes.axhline(0.0, color=FAINT, linewidth=1.0)
    axes.set_xlabel("row", color=INK)
    axes.set_ylabel("(prediction − reference) / sigma, weighted", color=INK)
    headline(axes, "Residuals", f"{begin} rows")
    legend_below(axes, handles, 4, ())
    return axes.figure


def losses(report: Report, size: Size = (9.0, 5.0)) -> Any:
    """Return a picture of the losses of training and validation along the points by which the run improved."""
    axes = new_axes(size, 150.0)
    numbers = [point.number for point in report.trail]
    series = {"training": [p.training for p in report.trail], "validation": [p.validation for p in report.trail]}
    handles = []
    for (name, values), colour in zip(series.items(), COLOURS, strict=False):
        handles += axes.plot(numbers, values, marker="o", markersize=3, color=colour, label=name)
    best = report.best_by_validation
    if best is not None:
        axes.axvline(best.number, color=FAINT, linewidth=1.0, linestyle="--")
    if min(map(min, series.values())) > 0.0:
        axes.set_yscale("log")
    axes.set_xlabel("evaluation", color=INK)
    axes.set_ylabel("loss", color=INK)
    told = "" if best is None else f"validation would choose evaluation {best.number}"
    headline(axes, "Training against validation", told)
    legend_below(axes, handles, 4, ())
    return axes.figure


def movement(report: Report, size: Size = (8.0, 1.6)) -> Any:
    """Return a picture of where parameters began and where they are, as shares of their ranges."""
    rows = sorted(report.parameters, key=lambda row: -abs(row.value - row.start) / (row.upper - row.lower))
    rows = rows[:MOVED_SHOWN][::-1]
    axes = new_axes((size[0], max(size[1], 1.6 + 0.22 * len(rows))), 150.0)
    for place, row in enumerate(rows):
        start, end = ((value - row.lower) / (row.upper - row.lower) for value in (row.start, row.value))
        axes.plot([start, end], [place, place], color=FAINT, linewidth=1.5, zorder=2)
        axes.plot(start, place, marker="o", color="white", markeredgecolor=FAINT, markersize=5, zorder=3)
        axes.plot(end, place, marker="o", color=COLOURS[0], markersize=5, zorder=4)
    axes.set_yticks(range(len(rows)), [row.name for row in rows], fontsize=8, parse_math=False)
    axes.set_xlim(-0.02, 1.02)
    axes.set_xlabel("share of the range", color=INK)
    headline(axes, "Movement of parameters", "from the table, white, to the point of the report")
    return axes.figure


def _by_group(report: Report) -> dict[tuple[str, str], list[Any]]:
    found: dict[tuple[str, str], list[Any]] = {}
    for row in report.residuals:
        found.setdefault((row.split, row.group), []).append(row)
    return found

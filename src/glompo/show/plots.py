"""Pictures of a run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.errors import SettingError
from glompo.read import History, load, summarize
from glompo.safe_text import legible
from glompo.show import formatting as fmt
from glompo.show.axis import Scale, scale_for
from glompo.show.curves import Against, Curve, curves_of, end_of, incumbent, shapes_for
from glompo.show.figure import COLOURS, FAILED, FAINT, INK, headline, legend, new_figure, note, save, typographic

POINTS = 30_000
"""Evaluations that are drawn as dots at most; of more, evenly many of each optimizer."""

NUMBERED = 24
"""Optimizers whose numbers are written at their ends at most."""

LEADERS_SHOWN = 16
"""Optimizers in the legend of the best value at most."""

START = {"marker": "o", "color": "white", "markersize": 4.5, "linestyle": "none", "zorder": 4}
"""How the start of an optimizer looks."""

AXES = {"evaluations": "evaluations of the run", "time": "run time in seconds"}


def trajectories(
    run_dir: str | os.PathLike[str],
    path: str | os.PathLike[str],
    best_only: bool = False,
    against: Against = "evaluations",
) -> Path:
    """Draw the trajectories of all optimizers, with their starts and their ends, and return the path of the picture.

    Each optimizer has a line for its best value so far and, unless `best_only`, a dot for each evaluation; its end is
    a marker whose shape says how, and the legend why. Below them lies the best value of the run. Evaluations that
    failed are ticks at the bottom.

    Parameters
    ----------
    run_dir : path-like
        Working directory of a run, alive or dead.
    path : path-like
        The picture; its suffix says of which kind.
    best_only : bool
        Leave out the dots.
    against : {'evaluations', 'time'}
        What stands on the horizontal axis.

    Raises
    ------
    UserError
        If `run_dir` holds no run, or matplotlib is missing.
    StoreError
        If the picture cannot be written.
    """
    return save(trajectories_figure(_loaded(run_dir, against), best_only, against), path)


def trajectories_figure(history: History, best_only: bool = False, against: Against = "evaluations") -> Any:
    """Return the figure that :func:`trajectories` writes, of a run that was loaded."""
    figure, axes = new_figure()
    curves = curves_of(history, against)
    drawn = [curve.best if best_only else curve.values for curve in curves]
    scale = scale_for(_joined(drawn), _joined([curve.steps[1] for curve in curves]))
    colours = _colours(curves)
    handles = _incumbent(axes, curves, scale)
    if not best_only:
        _dots(axes, curves, scale, colours)
    handles += _lines(axes, curves, scale, colours)
    handles += _ends(axes, curves, scale, colours)
    handles += _ticks(axes, curves)
    handles += _above(axes, curves, scale, best_only)
    _finish(axes, history, scale, against)
    legend(figure, handles)
    return figure


def best_so_far(
    run_dir: str | os.PathLike[str], path: str | os.PathLike[str], against: Against = "evaluations"
) -> Path:
    """Draw the best value of the run as it fell, and which optimizer found it, and return the path of the picture.

    Parameters
    ----------
    run_dir, path, against
        As for :func:`trajectories`.

    Raises
    ------
    UserError
        If `run_dir` holds no run, or matplotlib is missing.
    StoreError
        If the picture cannot be written.
    """
    return save(best_so_far_figure(_loaded(run_dir, against), against), path)


def best_so_far_figure(history: History, against: Against = "evaluations") -> Any:
    """Return the figure that :func:`best_so_far` writes, of a run that was loaded."""
    figure, axes = new_figure(10.0, 5.0)
    curves = curves_of(history, against)
    at, value, owner = incumbent(curves)
    scale = scale_for(value, value)
    handles = _leading(axes, history, at, scale.heights(value), owner)[:LEADERS_SHOWN]
    handles += _ticks(axes, curves)
    _finish(axes, history, scale, against)
    legend(figure, handles, 5)
    return figure


def _loaded(run_dir: str | os.PathLike[str], against: str) -> History:
    if against not in AXES:
        raise SettingError(f"against is {against!r}; use one of {', '.join(map(repr, AXES))}")
    return load(run_dir)


def _colours(curves: Sequence[Curve]) -> list[str]:
    """Return a colour for each: that of its label, or its own where all have the same label."""
    kinds = list(dict.fromkeys(curve.row.name for curve in curves))
    if len(kinds) > 1:
        return [COLOURS[kinds.index(curve.row.name) % len(COLOURS)] for curve in curves]
    return [_own_colour(curve.row.opt_id) for curve in curves]


def _leaders(history: History, opts: Sequence[int]) -> dict[int, str]:
    """Return a colour for each optimizer that led: that of its label, as in :func:`_colours`."""
    names = list(dict.fromkeys(one.name for one in history.view))
    if len(names) > 1:
        return {opt: COLOURS[names.index(history.view[opt].name) % len(COLOURS)] for opt in opts}
    own = [_own_colour(opt) for opt in opts]
    return dict(zip(opts, own if len(set(own)) == len(own) else map(_own_colour, range(1, len(opts) + 1)), strict=True))


def _own_colour(opt: int) -> str:
    return COLOURS[(opt - 1) % len(COLOURS)]


def _leading(
    axes: Any, history: History, at: NDArray[np.float64], heights: NDArray[np.float64], owner: NDArray[np.int64]
) -> list[Any]:
    """Draw the best value in the colour of the optimizer that found it, with its number where it took the lead."""
    if not at.size:
        return []
    changes = np.flatnonzero(np.diff(owner, prepend=-1))
    colours = _leaders(history, list(dict.fromkeys(owner.tolist())))
    handles: dict[int, Any] = {}
    for first, after in zip(changes, np.append(changes[1:], len(owner) - 1), strict=True):
        opt, stretch = int(owner[first]), slice(first, after + 1)
        style = {"color": colours[opt], "linewidth": 2.4, "label": f"{opt} {legible(history.view[opt].name)}"}
        (line,) = axes.plot(at[stretch], heights[stretch], drawstyle="steps-post", solid_joinstyle="round", **style)
        axes.plot(at[first], heights[first], "o", color=style["color"], markeredgecolor="white", markersize=7, zorder=3)
        handles.setdefault(opt, line)
    shown = _apart(at, changes)
    _number(axes, at[shown], heights[shown], [str(opt) for opt in owner[shown]])
    return list(handles.values())


def _incumbent(axes: Any, curves: Sequence[Curve], scale: Scale) -> list[Any]:
    at, value, _ = incumbent(curves)
    if not at.size:
        return []
    return axes.plot(  # type: ignore[no-any-return]
        at, scale.heights(value), drawstyle="steps-post", color="#d9d9d9", linewidth=7, solid_capstyle="round",
        solid_joinstyle="round", zorder=1.5, label="best of the run",
    )  # fmt: skip


def _dots(axes: Any, curves: Sequence[Curve], scale: Scale, colours: Sequence[str]) -> None:
    total = sum(len(curve.at) for curve in curves)
    stride = max(1, -(-total // POINTS))
    size = float(np.clip(60_000 / max(total, 1), 2.0, 14.0))
    for curve, colour in zip(curves, colours, strict=True):
        axes.scatter(
            curve.at[::stride], scale.heights(curve.values[::stride]), s=size, color=colour, alpha=0.28,
            linewidths=0, zorder=2,
        )  # fmt: skip


def _lines(axes: Any, curves: Sequence[Curve], scale: Scale, colours: Sequence[str]) -> list[Any]:
    """Draw the line of each optimizer's best, and the point where it began."""
    width = 1.8 if len(curves) <= 12 else 1.2
    labels = _labels(curves)
    handles = []
    for curve, colour, label in zip(curves, colours, labels, strict=True):
        at, best = curve.steps
        if not at.size:
            continue
        (line,) = axes.plot(
            at, scale.heights(best), drawstyle="steps-post", color=colour, linewidth=width, zorder=3, label=label
        )
        axes.plot(at[:1], scale.heights(best[:1]), markeredgecolor=colour, **START)
        handles += [line] if label else []
    return handles + axes.plot([], [], markeredgecolor=INK, label="start", **START)  # type: ignore[no-any-return]


def _labels(curves: Sequence[Curve]) -> list[str]:
    """Return what the legend says of each line; nothing where colours repeat."""
    if len(curves) <= len(COLOURS):
        return [f"{curve.row.opt_id} {legible(curve.row.name)}" for curve in curves]
    kinds = [curve.row.name for curve in curves]
    shown = [_entry(kind) if i == kinds.index(kind) else "" for i, kind in enumerate(kinds)]
    return shown if len(set(kinds)) > 1 else [""] * len(kinds)


def _entry(kind: str) -> str:
    """Return a name as an entry of a legend; matplotlib leaves out what begins with an underscore."""
    shown = legible(kind)
    return f"class {shown}" if shown.startswith("_") else shown


def _ends(axes: Any, curves: Sequence[Curve], scale: Scale, colours: Sequence[str]) -> list[Any]:
    shapes = shapes_for([curve.row for curve in curves])
    handles = []
    for end, (shape, count) in shapes.items():
        style = {"marker": shape, "markersize": 8, "linestyle": "none", "zorder": 5}
        edge = {"markeredgecolor": "white", "markeredgewidth": 0.8} if shape != "|" else {"markeredgewidth": 2.2}
        for curve, colour in zip(curves, colours, strict=True):
            if end_of(curve.row) == end:
                at, height = _last(curve, scale)
                transform = {} if np.isfinite(height) else {"transform": axes.get_xaxis_transform()}
                axes.plot(at, height if np.isfinite(height) else 0.02, color=colour, **style, **edge, **transform)
        handles += axes.plot(
            [], [], color=INK, label=f"{legible(end.text)} ({count})", **{**style, "markersize": 7}, **edge
        )
    if len(curves) <= NUMBERED:
        points = np.array([_last(curve, scale) for curve in curves]).reshape(-1, 2)
        _number(axes, points[:, 0], points[:, 1], [str(curve.row.opt_id) for curve in curves])
    return handles


def _apart(at: NDArray[np.float64], points: NDArray[np.intp]) -> list[int]:
    """Return those of `points` that are far enough from the one before to write a number at each."""
    kept: list[int] = []
    for point in points.tolist():
        if not kept or at[point] - at[kept[-1]] > 0.015 * (at[-1] - at[0]):
            kept.append(point)
    return kept


def _last(curve: Curve, scale: Scale) -> tuple[float, float]:
    return float(curve.at[-1]), float(scale.heights(curve.best[-1:])[0])


def _number(axes: Any, at: NDArray[np.float64], heights: NDArray[np.float64], texts: Sequence[str]) -> None:
    """Write a number above each point."""
    for x, y, text in zip(at, heights, texts, strict=True):
        if np.isfinite(y):
            note(axes, text, (float(x), float(y)))


def _ticks(axes: Any, curves: Sequence[Curve]) -> list[Any]:
    """Draw evaluations without a value as ticks at the bottom."""
    handles = []
    for colour, length, text, wanted in (
        (FAILED, 9, "failed evaluation", [curve.at[curve.failed] for curve in curves]),
        (FAINT, 5, "infinite or out of bounds", [curve.at[curve.missing] for curve in curves]),
    ):
        at = _joined(wanted)
        if at.size:
            handles += axes.plot(
                at, np.full(at.size, 0.012), "|", color=colour, markersize=length, markeredgewidth=0.9, alpha=0.7,
                transform=axes.get_xaxis_transform(), label=f"{text} ({at.size:,})", zorder=2.5,
            )  # fmt: skip
    return handles


def _above(axes: Any, curves: Sequence[Curve], scale: Scale, best_only: bool) -> list[Any]:
    """Draw values above the picture as ticks at its top."""
    at = _joined([curve.at[(curve.best if best_only else curve.values) > scale.ceiling] for curve in curves])
    if not at.size:
        return []
    return axes.plot(  # type: ignore[no-any-return]
        at, np.full(at.size, 0.99), "|", color=FAINT, markersize=4, markeredgewidth=0.8, alpha=0.35,
        transform=axes.get_xaxis_transform(), label=f"above the picture ({at.size:,})", zorder=2.5,
    )  # fmt: skip


def _joined(arrays: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    return np.concatenate(arrays) if arrays else np.empty(0)


def _finish(axes: Any, history: History, scale: Scale, against: Against) -> None:
    summary = summarize(history.view, history.writer_lives)
    axes.margins(x=0.02, y=0.08)
    scale.set_on(axes)
    axes.set_xlabel(AXES[against], color=INK)
    axes.yaxis.label.set_color(INK)
    task = legible(summary.task.rpartition(":")[2])
    found = "no value yet" if summary.best_opt is None else f"best {typographic(fmt.value(summary.best_f))}"
    facts = (fmt.share(summary), fmt.census(summary), _short(summary.message))
    headline(axes, f"{task}: {found}", " · ".join(facts))


def _short(text: str) -> str:
    shown = legible(text)
    return shown if len(shown) <= 90 else f"{shown[:87]}..."

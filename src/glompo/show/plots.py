"""Pictures of a run, as figures of matplotlib."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from textwrap import fill
from typing import TYPE_CHECKING, Any

from glompo.errors import SettingError, SettingTypeError, UserError
from glompo.read import History, Result, load, summarize
from glompo.safe_text import legible
from glompo.show import formatting as fmt
from glompo.show.axis import Scale, ScaleKind
from glompo.show.columns import Against, TimeUnit, best_columns, trajectory_columns
from glompo.show.figure import INK, headline, legend_below, legend_inside, new_axes, save, typographic
from glompo.show.painter import Names, paint_best, paint_trajectories

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Run = str | os.PathLike[str] | History | Result
"""A run: its working directory, what :func:`glompo.read.load` returned, or its result."""

UNITS = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days"}
"""Units of run time in words."""


def trajectories(
    run: Run,
    path: str | os.PathLike[str] | None = None,
    best_only: bool = False,
    against: Against = "evaluations",
    *,
    ax: Axes | None = None,
    yscale: ScaleKind = "auto",
    title: str = "",
    headline: bool = False,
    xlabel: str = "",
    ylabel: str = "value",
    xunit: TimeUnit = "s",
    yunit: str = "",
    labels: Mapping[int | str, str] | None = None,
    legend: bool = True,
    size: tuple[float, float] = (10.0, 6.0),
    dpi: float = 150.0,
) -> Figure:
    """Draw the trajectories of all optimizers, with their starts and their ends, and return the figure.

    Each optimizer has a line for its best value so far and, unless `best_only`, a dot for each evaluation; its end is
    a marker whose shape says how, and the legend why. Below them lies the best value of the run. Evaluations that
    failed are ticks at the bottom.

    Parameters
    ----------
    run : path-like, History or Result
        A run, alive or dead.
    path : path-like, optional
        Where the figure is written as well; the suffix says of which kind.
    best_only : bool
        Leave out the dots.
    against : {'evaluations', 'time'}
        What stands on the horizontal axis.
    ax : matplotlib.axes.Axes, optional
        Axes of yours to draw on; their looks stay yours. Without them a figure is made, of which pyplot knows nothing:
        it need not be closed, and needs no display.
    yscale : {'auto', 'linear', 'log', 'shifted'}
        Scale of the values; shifted: logarithmic in the distance to the smallest one. By default what shows them best.
    title : str
        Title of the picture.
    headline : bool
        Write above the picture what the run has found and how it stands, below `title` if there is one.
    xlabel, ylabel : str
        Names of the axes; `ylabel` what a value is, such as ``"energy"``: what it is counted from is added.
    xunit : {'s', 'min', 'h', 'd'}
        Unit of run time.
    yunit : str
        Unit of the values, which is added to their name.
    labels : mapping, optional
        What the legend calls optimizers, by their numbers or by what displays call them.
    legend : bool
        Whether there is a legend: below a figure of ours, inside `ax`.
    size : tuple of float
        Width and height of a figure of ours, in inches.
    dpi : float
        Dots per inch of a figure of ours.

    Returns
    -------
    matplotlib.figure.Figure
        That of `ax`, or a new one; a notebook shows it.

    Raises
    ------
    SettingError, SettingTypeError
        If an argument cannot be used.
    UserError
        If there is no run, or matplotlib is missing.
    StoreError
        If the picture cannot be written.
    """
    look = _Look(ax, title, headline, xlabel, ylabel, xunit, yunit, labels or {}, legend, size, dpi)
    history = look.checked(run, against)
    columns = trajectory_columns(history, against, best_only=best_only, yscale=yscale, xunit=xunit)
    axes = look.axes()
    handles = paint_trajectories(axes, columns, Names(look.labels))
    return look.finished(axes, handles, 4, history, columns.scale, against, path)


def best_so_far(
    run: Run,
    path: str | os.PathLike[str] | None = None,
    against: Against = "evaluations",
    *,
    ax: Axes | None = None,
    yscale: ScaleKind = "auto",
    title: str = "",
    headline: bool = False,
    xlabel: str = "",
    ylabel: str = "value",
    xunit: TimeUnit = "s",
    yunit: str = "",
    labels: Mapping[int | str, str] | None = None,
    legend: bool = True,
    size: tuple[float, float] = (10.0, 5.0),
    dpi: float = 150.0,
) -> Figure:
    """Draw the best value of the run as it fell, and which optimizer found it, and return the figure.

    Parameters
    ----------
    run, path, against, ax, yscale, title, headline, xlabel, ylabel, xunit, yunit, labels, legend, size, dpi
        As for :func:`trajectories`.

    Returns
    -------
    matplotlib.figure.Figure
        That of `ax`, or a new one; a notebook shows it.

    Raises
    ------
    SettingError, SettingTypeError
        If an argument cannot be used.
    UserError
        If there is no run, or matplotlib is missing.
    StoreError
        If the picture cannot be written.
    """
    look = _Look(ax, title, headline, xlabel, ylabel, xunit, yunit, labels or {}, legend, size, dpi)
    history = look.checked(run, against)
    columns = best_columns(history, against, yscale=yscale, xunit=xunit)
    axes = look.axes()
    handles = paint_best(axes, columns, Names(look.labels))
    return look.finished(axes, handles, 5, history, columns.scale, against, path)


@dataclass(frozen=True, slots=True)
class _Look:
    """What a caller says of the looks of a picture; see :func:`trajectories`."""

    ax: Any
    title: str
    headline: bool
    xlabel: str
    ylabel: str
    xunit: TimeUnit
    yunit: str
    labels: Mapping[int | str, str]
    legend: bool
    size: tuple[float, float]
    dpi: float

    def checked(self, run: Run, against: str) -> History:
        """Return the run, once it is certain that the looks fit it."""
        if self.ax is not None and not hasattr(self.ax, "get_xaxis_transform"):
            raise SettingTypeError(f"ax is {self.ax!r}; give axes of matplotlib, such as those of plt.subplots()")
        if against == "evaluations" and self.xunit != "s":
            raise SettingError(f"xunit is {self.xunit!r}, but evaluations have none; give against='time' as well")
        if not all(isinstance(one, (int, float)) and 0 < one < inf for one in (*self.size, self.dpi)):
            raise SettingError(f"size is {self.size!r} and dpi {self.dpi!r}; give inches and dots per inch, above 0")
        history = loaded(run)
        known: set[int | str] = {name for one in history.view for name in (one.opt, one.name, one.kind)}
        for name in self.labels:
            if name not in known:
                shown = ", ".join(sorted({repr(one.name) for one in history.view}))
                raise SettingError(
                    f"labels: the run has no optimizer {name!r}; it has 1 to {history.view.n_started}, {shown}"
                )
        return history

    def axes(self) -> Any:
        """Return what is drawn on."""
        return new_axes(self.size, self.dpi) if self.ax is None else self.ax

    def finished(
        self,
        axes: Any,
        handles: list[Any],
        columns: int,
        history: History,
        scale: Scale,
        against: str,
        path: str | os.PathLike[str] | None,
    ) -> Figure:
        """Name the axes, write title and legend, and return the figure, which is written if a path is given."""
        axes.margins(x=0.02, y=0.08)
        scale.set_on(axes)
        counted = "evaluations of the run" if against == "evaluations" else f"run time in {UNITS[self.xunit]}"
        axes.set_xlabel(self.xlabel or counted)
        inches = axes.bbox.height / axes.figure.dpi
        axes.set_ylabel(fill(scale.label(self.ylabel, self.yunit), max(12, int(9 * inches)), break_long_words=False))
        if self.ax is None:
            axes.xaxis.label.set_color(INK)
            axes.yaxis.label.set_color(INK)
        if self.headline:
            _headline(axes, history, self.title)
        elif self.title:
            axes.set_title(self.title)
        if self.legend:
            own = set(self.labels.values())
            if self.ax is None:
                legend_below(axes, handles, columns, own)
            else:
                legend_inside(axes, handles, own)
        figure: Figure = axes.figure.canvas.figure  # that of a subfigure has none of its own
        if path is not None:
            save(figure, path)
        return figure


def loaded(run: Run) -> History:
    """Return a run, read if need be."""
    if isinstance(run, History):
        return run
    if isinstance(run, Result):
        if run.run_dir is None:
            raise UserError("this run was not recorded, so it cannot be drawn")
        return load(run.run_dir)
    return load(run)


def _headline(axes: Any, history: History, title: str) -> None:
    summary = summarize(history.view, history.writer)
    task = legible(summary.task.rpartition(":")[2])
    found = "no value yet" if summary.best_opt is None else f"best {typographic(fmt.value(summary.best_f))}"
    facts = (fmt.share(summary), fmt.census(summary), _short(summary.message))
    headline(axes, title or f"{task}: {found}", " · ".join(facts))


def _short(text: str) -> str:
    shown = legible(text)
    return shown if len(shown) <= 90 else f"{shown[:87]}..."

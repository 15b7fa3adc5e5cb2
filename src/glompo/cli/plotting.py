"""``glompo plot``: all that the pictures of :mod:`glompo.show` can show, as options."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glompo.errors import SettingError
from glompo.safe_text import PAGE, legible

if TYPE_CHECKING:
    from glompo.read import History

PICTURES = ("trajectories", "best")
"""What can be drawn; also the names of the files."""


def plot(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Working directory of a run, alive or not.")],
    output: Annotated[
        list[Path] | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="Where to draw the trajectories; given twice, the second is for the best value so far. The ending "
            "decides the format. By default trajectories.png and best.png in DIR/exports.",
        ),
    ] = None,
    picture: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only this picture: trajectories or best.")
    ] = None,
    best_only: Annotated[
        bool, typer.Option("--best-only", help="Trajectories without a dot for each evaluation.")
    ] = False,
    against: Annotated[
        str, typer.Option(metavar="WHAT", help="On the horizontal axis: evaluations or time.")
    ] = "evaluations",
    yscale: Annotated[str, typer.Option(metavar="SCALE", help="Of the values: auto, linear, log or shifted.")] = "auto",
    title: Annotated[str, typer.Option(metavar="TEXT", help="Title of the picture.")] = "",
    headline: Annotated[
        bool,
        typer.Option("--headline/--no-headline", help="What the run has found and how it stands, above the picture."),
    ] = True,
    xlabel: Annotated[str, typer.Option(metavar="TEXT", help="Name of the horizontal axis.")] = "",
    ylabel: Annotated[str, typer.Option(metavar="TEXT", help="What a value is, such as energy.")] = "value",
    xunit: Annotated[str, typer.Option(metavar="UNIT", help="Of run time: s, min, h or d.")] = "s",
    yunit: Annotated[str, typer.Option(metavar="UNIT", help="Of the values.")] = "",
    labels: Annotated[
        list[str] | None,
        typer.Option(
            "--label",
            metavar="NAME=TEXT",
            help="What the legend calls an optimizer, by its number or its name in glompo status; may be given several "
            "times.",
        ),
    ] = None,
    legend: Annotated[bool, typer.Option("--legend/--no-legend", help="Whether there is a legend.")] = True,
    size: Annotated[str, typer.Option(metavar="WIDTHxHEIGHT", help="In inches, such as 3.3x2.5.")] = "",
    dpi: Annotated[float, typer.Option(metavar="DOTS", help="Dots per inch.")] = 150.0,
) -> None:
    """Draw the trajectories of all optimizers, and the best value so far; print the paths."""
    look = {
        "against": against, "yscale": yscale, "title": title, "headline": headline, "xlabel": xlabel, "ylabel": ylabel,
        "xunit": xunit, "yunit": yunit, "labels": _labels(labels or []), "legend": legend, "dpi": dpi,
    }  # fmt: skip
    if size:
        look["size"] = _size(size)
    paths = _paths(directory, output or [], picture)

    from glompo.read import load

    history = load(directory)
    for name, path in paths.items():
        _draw(name, history, path, {**look, "best_only": best_only} if name == "trajectories" else look)
        typer.echo(legible(path, PAGE))


def _paths(run_dir: Path, targets: list[Path], picture: str | None) -> dict[str, Path]:
    """Return where each picture is drawn."""
    if picture is not None and picture not in PICTURES:
        raise SettingError(f"--picture is {picture!r}; use one of {', '.join(PICTURES)}")
    wanted = PICTURES if picture is None else (picture,)
    if len(targets) > len(wanted):
        there_are = "there are two pictures" if picture is None else "one picture is asked for"
        raise SettingError(f"--output is given {len(targets)} times; {there_are}")
    from glompo.read.locate import EXPORTS

    paths = targets or [run_dir / EXPORTS / f"{name}.png" for name in wanted]
    return dict(zip(wanted, paths, strict=False))


def _draw(picture: str, history: History, path: Path, look: dict[str, Any]) -> None:
    from glompo.show import best_so_far, trajectories

    (trajectories if picture == "trajectories" else best_so_far)(history, path, **look)


def _labels(given: list[str]) -> dict[int | str, str]:
    labels: dict[int | str, str] = {}
    for one in given:
        name, equals, text = one.rpartition("=")
        if not equals or not name:
            raise SettingError(f"--label is {one!r}; give NAME=TEXT, such as 1=simplex or CMAOptimizer=CMA-ES")
        labels[int(name) if name.isdecimal() else name] = text
    return labels


def _size(given: str) -> tuple[float, float]:
    try:
        width, height = map(float, given.lower().split("x"))
    except ValueError:
        width = height = 0.0
    if not (0 < width < 1000 and 0 < height < 1000):
        raise SettingError(f"--size is {given!r}; give width and height in inches, such as 3.3x2.5")
    return width, height

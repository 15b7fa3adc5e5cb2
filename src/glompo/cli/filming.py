"""``glompo film``: the trajectories as they grow with a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from glompo.cli.arguments import Directory
from glompo.safe_text import PAGE, legible


def film(
    directory: Directory,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="Where to write; it ends with .mp4, which needs ffmpeg, or .gif. By default film.mp4 in DIR/exports, "
            "or film.gif where there is no ffmpeg.",
        ),
    ] = None,
    seconds: Annotated[float, typer.Option(metavar="S", help="In how many seconds the run passes.")] = 12.0,
    fps: Annotated[int, typer.Option(metavar="N", help="Frames per second, 50 at most.")] = 20,
    against: Annotated[
        str, typer.Option(metavar="WHAT", help="On the horizontal axis: evaluations or time.")
    ] = "evaluations",
    best_only: Annotated[
        bool, typer.Option("--best-only", help="Trajectories without a dot for each evaluation.")
    ] = False,
    title: Annotated[str, typer.Option(metavar="TEXT", help="Above the picture, not the name of the task.")] = "",
) -> None:
    """Write a film of the trajectories as they grow with the run, alive or not, and print the path.

    It needs the extra 'plot'.
    """
    from glompo.show import film as filmed

    written = filmed(directory, output, against, seconds=seconds, fps=fps, best_only=best_only, title=title)  # type: ignore[arg-type]
    typer.echo(legible(written, PAGE))

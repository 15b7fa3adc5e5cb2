"""The commands that report on runs and on calibrations."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from glompo.cli.arguments import RunOrFile
from glompo.safe_text import PAGE, legible

Run = Annotated[Path, typer.Argument(metavar="DIR", help="Working directory of a run, alive or not.")]


def report(
    directory: RunOrFile,
    at: Annotated[
        str, typer.Option(metavar="POINT", help="x0, best, or validation: the point that validation would choose.")
    ] = "best",
    task: Annotated[
        str | None,
        typer.Option(metavar="MODULE:NAME", help="The calibration, where the run was not begun by a configuration."),
    ] = None,
    errors: Annotated[bool, typer.Option(help="Compute rank and errors, at one evaluation for each parameter.")] = True,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="PATH",
            help="Where to write: a page if it ends with .html; else a folder, for a calibration with text, page, "
            "tables and pictures.",
        ),
    ] = None,
) -> None:
    """Write what a run, alive or not, has found and decided as one page, DIR/exports/report.html, and print its path.

    A calibration is compared with its data at a point of the run, by group, row and parameter: printed, or with -o
    FILE.html as chapters of the page. The run is only read; the model is called for that.
    """
    from glompo.cli.run_report import run_report

    for line in run_report(directory, at, task, errors, output):
        typer.echo(legible(line, PAGE))


def sensitivity(
    directory: Run,
    method: Annotated[
        str, typer.Option(metavar="METHOD", help="hsic, or with the extra 'sensitivity': pawn, rbd_fast, delta.")
    ] = "hsic",
    near: Annotated[
        float, typer.Option(metavar="SHARE", help="Share of the evaluations, the best ones, that count as near.")
    ] = 0.2,
    permutations: Annotated[int, typer.Option(metavar="N", help="Permutations for the p-values of hsic.")] = 100,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write the table there, as CSV.")
    ] = None,
) -> None:
    """Say on which parameters the recorded values of a run depend, globally and near the best; nothing is evaluated.

    The last line proposes which parameters to keep active. Points of a search are not spread evenly: a run of
    RandomSampling answers best.
    """
    from glompo.cli.fit_sensitivity import sensitivity_lines

    for line in sensitivity_lines(directory, method, near, permutations, output):
        typer.echo(legible(line, PAGE))

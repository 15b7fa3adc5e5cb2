"""``glompo export``: what is on record, for other programs."""

from __future__ import annotations

from typing import Annotated

import typer

from glompo.cli.arguments import Directory
from glompo.safe_text import PAGE, legible


def export(
    directory: Directory,
    path: Annotated[
        str | None,
        typer.Argument(
            metavar="PATH",
            help="File; its ending says the format: .csv, .parquet or .h5. Or - for CSV on standard output. "
            "By default DIR/exports/evaluations.csv.",
        ),
    ] = None,
    csv: Annotated[
        bool,
        typer.Option("--csv", help="As comma-separated values, whatever else PATH ends with."),
    ] = False,
    decisions: Annotated[
        str | None,
        typer.Option(metavar="FILE.jsonl", help="Write the decisions instead, as JSON lines; - for standard output."),
    ] = None,
    optuna: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Add them to a study instead: sqlite:///FILE.db, or a file for a journal."),
    ] = None,
) -> None:
    """Write all evaluations of a run, one row each, and print the path.

    Parquet needs the extra 'parquet', HDF5 the extra 'hdf5', a study of Optuna the extra 'optuna'. A study gets only
    what is new when it is exported again; its name is printed.
    """
    from glompo.cli.inspection import export_decisions, export_evaluations, export_study

    if sum((path is not None or csv, decisions is not None, optuna is not None)) > 1:
        raise typer.BadParameter("give one of PATH, --decisions and --optuna")
    if optuna is not None:
        written: object = export_study(directory, optuna)
    elif decisions is not None:
        written = export_decisions(directory, decisions)
    else:
        written = export_evaluations(directory, path, csv)
    if written is not None:
        typer.echo(legible(written, PAGE))

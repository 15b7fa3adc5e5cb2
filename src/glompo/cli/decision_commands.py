"""The commands that ask stopping rules about runs that are on record."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from glompo.cli.arguments import Optimizer, RunOrFile


def whatif(
    directories: Annotated[
        list[Path], typer.Argument(metavar="DIR...", help="Working directories of runs, or checkpoint files.")
    ],
    stoppers: Annotated[
        list[str] | None,
        typer.Option(
            metavar="RULES",
            help="Rules to ask, such as 'CatchUp(kappa=1) | MaxFuncCalls(500)', or none; may be given several times. "
            "By default those that the run had.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON, for programs.")] = False,
) -> None:
    """Ask other stopping rules what a recorded run asked its own; print the first decision that would differ.

    Up to there the answer is certain. What is told of the time after it is an upper bound: the run would have gone
    another way. Several runs or rules give a table, one line for each of the rules.

    Exit codes: 0 compared, whether anything differs or not; 1 a rule failed or a journal is damaged; 2 bad input.
    """
    from glompo.cli.what_if import compared, what_if_json, what_if_text

    found = compared(directories, stoppers or [])
    typer.echo(what_if_json(found) if as_json else what_if_text(found))


def explain(
    directory: RunOrFile,
    optimizer: Optimizer,
    stoppers: Annotated[
        str | None,
        typer.Option(metavar="RULES", help="The rules that the run had, where its record cannot give them again."),
    ] = None,
) -> None:
    """Tell why an optimizer started, what was decided about it and with which numbers, and why it ended."""
    from glompo.cli.what_if import explained

    typer.echo(explained(directory, optimizer, stoppers))

"""``glompo watch``: a run in the terminal."""

from __future__ import annotations

import shutil
from typing import Annotated

import typer

from glompo.cli.arguments import Directory


def watch(
    directory: Directory,
    once: Annotated[bool, typer.Option("--once", help="Print one frame as plain text, and leave.")] = False,
) -> None:
    """Show a run in the terminal while it goes on: its optimizers, best value, failures and log; keys steer it.

    The run is only read; keys ask it through its inbox, after a confirmation. q leaves, and the run goes on. It works
    over SSH and in tmux, and needs the extra 'watch', but for --once.
    """
    from glompo import watch as room

    if once:
        typer.echo(room.frame(directory, *shutil.get_terminal_size()))
    else:
        room.watch(directory)

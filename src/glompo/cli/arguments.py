"""Arguments that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Directory = Annotated[Path, typer.Argument(metavar="DIR", help="Working directory of a run, alive or not.")]
RunOrFile = Annotated[
    Path, typer.Argument(metavar="DIR", help="Working directory of a run, alive or not; or a checkpoint file.")
]

KINDS = (
    *("optimizers", "stoppers", "exit_conditions", "generators"),
    *("selectors", "spawn_controls", "allocators", "freezers"),
)
"""Kinds of components, known without loading them."""

Optimizer = Annotated[int, typer.Argument(metavar="N", help="Number of an optimizer, as glompo status tells it.")]

NoWait = Annotated[bool, typer.Option("--no-wait", help="Do not wait until the run has taken the request.")]

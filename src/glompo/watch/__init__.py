"""A run in a terminal: its optimizers, its best value, its log, and keys that steer it."""

from __future__ import annotations

import os
from importlib import import_module

from glompo.optional import library
from glompo.watch.panels import frame as frame


def watch(run_dir: str | os.PathLike[str]) -> None:
    """Show a run in the terminal until the user leaves; it is only read, and steered through its inbox.

    Parameters
    ----------
    run_dir : path-like
        Working directory of a run, alive or not.

    Raises
    ------
    UserError
        If the directory holds no run, or textual is missing.
    """
    library("glompo watch", "textual", "watch", ", or print one frame with glompo watch --once")
    import_module("glompo.watch.app").WatchApp(run_dir).run()

"""``glompo dashboard``."""

from __future__ import annotations

import logging
import webbrowser
from pathlib import Path

import typer

from glompo.cli.token_file import kept_token
from glompo.errors import GlompoError, UserError
from glompo.read.locate import run_directory, runs_below
from glompo.safe_text import PAGE, legible
from glompo.show.columns import Tables
from glompo.storage.directory import DOCUMENT

MOST = 24
"""Runs on one dashboard at most."""


def serve(directories: list[Path], port: int, token_file: Path | None, proxy: str, dark: bool, browser: bool) -> None:
    """Serve pages about runs until Ctrl-C, and print their address.

    Raises
    ------
    UserError
        If there is no run, there are too many, Bokeh is missing, the port is taken, or the token cannot be used.
    """
    try:
        from glompo.dashboard.followed import FollowedRun
        from glompo.dashboard.server import Dashboard
    except ImportError as error:
        raise UserError("the dashboard needs Bokeh, which is not installed: pip install 'glompo[dashboard]'") from error

    for name in ("bokeh", "tornado"):  # a browser that is closed is nothing to warn of
        logging.getLogger(name).setLevel(logging.ERROR)
    runs = [FollowedRun(one, _tables(one)) for one in _runs(directories)]
    dashboard = Dashboard(runs, port, kept_token(token_file), proxy)
    url = dashboard.url + ("?theme=dark" if dark else "")
    typer.echo(f"{legible(url, PAGE)}\nThe address is a key: who knows it can steer these runs. Ctrl-C ends the pages.")
    if browser:
        webbrowser.open(url)
    dashboard.serve()


def _tables(run_dir: Path) -> Tables | None:
    """Return the data of a calibration whose configuration names a file; no code of the run is imported."""
    path = run_dir / DOCUMENT
    if not path.exists():
        return None
    from glompo.cli.calibration import training_data  # they import all that works on a run
    from glompo.cli.config import read_config

    try:
        found = training_data(read_config(path), run_dir)
    except GlompoError:  # the run has been configured elsewhere: its pages say what they lack
        return None
    return found and Tables(*found)


def _runs(directories: list[Path]) -> list[Path]:
    """Return the runs in directories, and of a directory that holds none those below it."""
    found: list[Path] = []
    for folder in directories:
        below = list(runs_below(folder, 2000)) if folder.is_dir() else []
        try:
            found.append(run_directory(folder))
        except UserError:
            if not below:
                raise
            found += below
    distinct = list(dict.fromkeys(found))
    if len(distinct) > MOST:
        raise UserError(f"there are {len(distinct)} runs; name {MOST} of them at most")
    return distinct

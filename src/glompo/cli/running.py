"""``glompo run``."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from glompo.cli.app import FAILURE, INTERRUPTED, SUCCESS
from glompo.cli.config import arguments, read_config
from glompo.errors import OptimizersFailedError, RunExistsError, TaskFailedError, UserError
from glompo.evaluators.cluster import FORMS, is_cluster
from glompo.manager import minimize
from glompo.read import Result, Standing
from glompo.spec.imports import imported


def run_configuration(config: Path, overrides: Mapping[str, Any]) -> int:
    """Run what the file `config` describes, print the result, and return the exit code.

    Parameters
    ----------
    config : Path
        The configuration.
    overrides : mapping
        Settings that replace those of the file.

    Raises
    ------
    GlompoError
        If nothing can be run, or the run failed.
    """
    document = {**read_config(config), **overrides}
    folder = config.absolute().parent
    sys.path.insert(0, str(folder))
    call = arguments(document, folder)
    if isinstance(call["task"], str):
        imported(call["task"], "the task")  # says more about what is wrong in a module than an ImportError
    call.setdefault("progress", True)
    try:
        return _concluded(minimize(**call))
    except RunExistsError as error:
        raise UserError(f"{error}; on the command line that is --overwrite") from error
    except (TaskFailedError, OptimizersFailedError) as error:
        typer.echo(str(error.result))
        raise
    except KeyboardInterrupt:  # before the run began, or after it ended
        return INTERRUPTED


def named_cluster(name: str) -> str:
    """Return what was given for ``--cluster``, if it is a cluster.

    Raises
    ------
    UserError
        If it is none.
    """
    if not is_cluster(name):
        raise UserError(f"--cluster is {name!r}; give {FORMS}")
    return name


def _concluded(result: Result) -> int:
    typer.echo(str(result))
    if result.status == Standing.LEFT:
        return INTERRUPTED
    return SUCCESS if result.success else FAILURE

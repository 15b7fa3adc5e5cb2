"""``glompo run`` and ``glompo resume``."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

from glompo.cli.app import FAILURE, INTERRUPTED, REQUEUE, SUCCESS
from glompo.cli.assignments import changed
from glompo.cli.checkpoints import unpacked_for_resuming
from glompo.cli.config import arguments, kept, python_path, read_config
from glompo.cli.signals import signal_guard
from glompo.errors import EndedError, RunExistsError, RunInterrupt, SettingError, UserError
from glompo.evaluators.dask.cluster import FORMS, is_cluster
from glompo.manager import minimize
from glompo.manager.wiring import progress_of
from glompo.read import Result, RunStatus
from glompo.read.locate import run_directory
from glompo.spec.task import imported
from glompo.storage.checkpoint_file import is_checkpoint
from glompo.storage.directory import DOCUMENT

PREEMPTIONS = ("SIGTERM", "SIGUSR1")
"""Signals by which batch queues announce that they will kill a job."""


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
    try:
        return _carried_out({**read_config(config), **overrides}, config.absolute().parent)
    except RunExistsError as error:
        raise UserError(f"{error}; on the command line that is --overwrite. glompo resume goes on with it") from error


def resume_directory(directory: Path, changes: Mapping[str, Any]) -> int:
    """Go on with the run in a directory, print the result, and return the exit code.

    Parameters
    ----------
    directory : Path
        Working directory, or checkpoint file, of a run that a configuration began.
    changes : mapping
        Settings that replace those before; see :func:`glompo.cli.assignments.changed`.

    Raises
    ------
    GlompoError
        If it cannot be resumed, or the run failed.
    """
    if is_checkpoint(directory):
        directory = unpacked_for_resuming(directory)
    run_dir = run_directory(directory).absolute()
    if not (run_dir / DOCUMENT).exists():
        raise UserError(
            f"{run_dir} holds no {DOCUMENT}: the run was started from Python, and its task and optimizers are known "
            f"there only. Make the same call again with working_dir={str(run_dir)!r} and resume='must'"
        )
    for name in ("working_dir", "resume", "overwrite_existing"):
        if name in changes:
            raise SettingError(f"--set cannot change {name}: the run in {run_dir} is resumed, as it stands there")
    document = changed(read_config(run_dir / DOCUMENT), changes)
    return _carried_out({**document, "resume": "must"}, run_dir)


def _carried_out(document: Mapping[str, Any], folder: Path) -> int:
    sys.path[:0] = python_path(document, folder)
    with warnings_shown(), signal_guard() as ears:
        try:
            call = arguments(document, folder)
            if isinstance(call["task"], str):
                imported(call["task"], "the task")  # says more about what is wrong in a module than an ImportError
            call["progress"] = ears.beside(progress_of(call.get("progress", True)))
            return _concluded(minimize(**call, configuration=kept(document, folder)))
        except EndedError as error:
            if error.result is not None:
                typer.echo(str(error.result))
            raise
        except RunInterrupt as interrupt:
            typer.echo(str(interrupt.result))
            return INTERRUPTED
        except KeyboardInterrupt:  # before the run began
            return _left(ears.by)


@contextmanager
def warnings_shown() -> Iterator[None]:
    """Show warnings of the library on the standard error stream; what optimizers do is in the progress."""
    handler = logging.StreamHandler()
    handler.setLevel(logging.WARNING)
    handler.addFilter(lambda record: record.name != "glompo.run")
    logging.getLogger("glompo").addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger("glompo").removeHandler(handler)


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
    if result.status == RunStatus.LEFT:
        return _left(result.left_by)
    return SUCCESS if result.success else FAILURE


def _left(by: str | None) -> int:
    return REQUEUE if by in PREEMPTIONS else INTERRUPTED

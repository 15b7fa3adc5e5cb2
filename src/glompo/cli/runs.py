"""``glompo run``, ``glompo resume`` and ``glompo checkpoint``."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

from glompo.cli.config import arguments, changed, kept, python_path, read_config
from glompo.cli.exit_codes import FAILURE, INTERRUPTED, SUCCESS, exit_code_after
from glompo.cli.signals import signal_guard
from glompo.errors import CheckpointError, EndedError, RunExistsError, RunInterrupt, SettingError, UserError
from glompo.evaluators.dask.cluster import FORMS, is_cluster
from glompo.events import CheckpointClosed
from glompo.events.enums import CheckpointOutcome
from glompo.manager import minimize
from glompo.manager.live_control import PATIENCE, control
from glompo.manager.wiring import progress_of
from glompo.read import Result, RunStatus
from glompo.read.locate import run_directory
from glompo.spec.checkpointing import PATIENCE as OPTIMIZERS
from glompo.storage.checkpoint_file import is_checkpoint
from glompo.storage.checkpoint_unpack import unpack, withdraw
from glompo.storage.checkpoint_writer import pack_directory
from glompo.storage.directory import DOCUMENT, fresh_directory
from glompo.storage.lease_state import writer_lives
from glompo.storage.reader import JournalFollower, shortcut


def run_configuration(config: Path, overrides: Mapping[str, Any]) -> int:
    """Run what the file `config` describes, print the result, and return the exit code.

    `overrides` replace settings of the file. Raises GlompoError if nothing can be run, or the run failed.
    """
    try:
        return _run({**read_config(config), **overrides}, config.absolute().parent)
    except RunExistsError as error:
        raise UserError(f"{error}; on the command line that is --overwrite. glompo resume goes on with it") from error


def resume_directory(directory: Path, changes: Mapping[str, Any]) -> int:
    """Go on with a run that a configuration began, print the result, and return the exit code.

    `directory` is its working directory, or a checkpoint file; `changes` replace settings, see
    :func:`glompo.cli.config.changed`. Raises GlompoError if it cannot be resumed, or the run failed.
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
    return _run({**document, "resume": "must"}, run_dir)


def _run(document: Mapping[str, Any], folder: Path) -> int:
    sys.path[:0] = python_path(document, folder)
    with warnings_shown(), signal_guard() as guard:
        try:
            call = arguments(document, folder)
            call["progress"] = guard.beside(progress_of(call.get("progress", True)))
            return _concluded(minimize(**call, configuration=kept(document, folder)))
        except EndedError as error:
            if error.result is not None and error.on_record:
                typer.echo(str(error.result))
            raise
        except RunInterrupt as interrupt:
            typer.echo(str(interrupt.result))
            return INTERRUPTED
        except KeyboardInterrupt:  # before the run began
            return exit_code_after(guard.by)


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
    """Return what was given for ``--cluster``; raises UserError if it is no cluster."""
    if not is_cluster(name):
        raise UserError(f"--cluster is {name!r}; give {FORMS}")
    return name


def _concluded(result: Result) -> int:
    typer.echo(str(result))
    if result.status == RunStatus.SUSPENDED:
        return exit_code_after(result.left_by)
    return SUCCESS if result.success else FAILURE


def make_checkpoint(directory: Path, output: Path | None, wait: bool) -> Path | None:
    """Make a checkpoint of a run, alive or not, and return the file; None if a living run was asked and not awaited.

    Raises
    ------
    UserError
        If there is no run, or `output` is given for a living one.
    CheckpointError
        If the run abandoned it.
    StoreError
        If it cannot be written, or nothing comes.
    """
    run_dir = run_directory(directory)
    if not writer_lives(run_dir):
        return pack_directory(run_dir, output)
    if output is not None:
        raise SettingError(
            f"-o is given, but the run in {run_dir} is alive and names its checkpoints itself; leave it out"
        )
    journal = JournalFollower(run_dir, shortcut(run_dir)[1])
    journal.poll()
    control(run_dir, PATIENCE if wait else 0.0).checkpoint()
    return _closed(run_dir, journal) if wait else None


def _closed(run_dir: Path, journal: JournalFollower) -> Path:
    """Wait for the next checkpoint to be closed, as long as one may take."""
    end = time.monotonic() + PATIENCE + OPTIMIZERS
    while time.monotonic() < end:
        for event in journal.poll():
            if isinstance(event, CheckpointClosed):
                if event.outcome == CheckpointOutcome.COMPLETE:
                    return run_dir / event.path
                raise CheckpointError(f"checkpoint {event.n} was abandoned: {event.why}")
        time.sleep(0.05)
    raise CheckpointError(f"no checkpoint of the run in {run_dir} came in {PATIENCE + OPTIMIZERS:g} s; see its journal")


def unpacked_for_resuming(path: Path) -> Path:
    """Return the new run directory, beside it, of a checkpoint of a run that a configuration began.

    Raises
    ------
    UserError
        If the run was started from Python.
    StoreError
        If the file cannot be loaded.
    """
    run_dir = fresh_directory(path.absolute().parent, path.stem)
    try:
        unpack(path, run_dir)
        if not (run_dir / DOCUMENT).exists():
            raise UserError(
                f"{path} holds no {DOCUMENT}: the run was started from Python. Load it there, "
                f"GloMPOManager.load_manager({str(path)!r}).start_manager()"
            )
    except BaseException:
        withdraw(run_dir)
        raise
    return run_dir

"""What a checkpoint holds of the settings of a run, and the settings of a run that comes out of one."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cloudpickle

from glompo.errors import SettingError, StoreError, UserError
from glompo.evaluators.payload import pickled
from glompo.events import RunOpened
from glompo.read import Result
from glompo.read.locate import run_directory
from glompo.settings import RunSpec
from glompo.settings.checks import ends
from glompo.settings.field import settings_of
from glompo.storage.checkpoint_unpack import member_of, unpack, withdraw
from glompo.storage.checkpoint_writer import Extras, pack_directory
from glompo.storage.directory import fresh_directory, holds_run
from glompo.storage.reader import read_events

SETTINGS, TASK, TASK_SAVED = "settings.pkl", "task.pkl", "task.saved"
"""Members of a checkpoint."""


def extras_of(given: Mapping[str, Any], spec: RunSpec) -> Extras:
    """Return settings and task as members of a checkpoint.

    A setting that cannot be pickled is left out. The task is pickled, or else saves itself, or else is left out.

    Parameters
    ----------
    given : mapping
        Arguments of `setup` by name.
    spec : RunSpec
        What they mean.
    """
    declared = settings_of(RunSpec)
    settings = {name: _pickled(value) for name, value in given.items() if declared[name].in_checkpoint}
    left_out = [name for name, data in settings.items() if data is None]
    members: dict[str, bytes] = {SETTINGS: pickled({n: data for n, data in settings.items() if data})}
    task = spec.task.sent
    data = None if spec.checkpoint_control.force_task_save else _pickled(task)
    if data is not None:
        members[TASK] = data
    elif (data := _saved(task)) is not None:
        members[TASK_SAVED] = data
    else:
        left_out.append("task")
    return Extras(members, tuple(left_out))


def _pickled(value: Any) -> bytes | None:
    try:
        return pickled(value)
    except Exception:  # whatever user code raises: it is left out by name
        return None


def _saved(task: Any) -> bytes | None:
    save = getattr(task, "checkpoint_save", None)
    if not callable(save):
        return None
    try:
        with TemporaryDirectory(prefix="glompo-task-") as folder:
            path = Path(folder, "task")
            save(path)
            return path.read_bytes()
    except Exception:  # it is left out by name
        return None


def loaded(
    path: str | os.PathLike[str], task_loader: Callable[[Path], Any] | None, task: Any, overrides: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the arguments of `setup` with which a run goes on.

    Parameters
    ----------
    path : path-like
        Checkpoint file, which is unpacked, or run directory.
    task_loader, task, overrides
        See :meth:`glompo.GloMPOManager.load_checkpoint`.

    Raises
    ------
    UserError
        If there is nothing at `path`, or something has to be given that was not saved.
    StoreError
        If the file, or what it holds, cannot be loaded; nothing is left behind.
    """
    source, changed = Path(path), dict(overrides)
    if not source.is_file():
        if "working_dir" in changed:
            raise SettingError("working_dir is given, but a run directory is loaded, which is where the run goes on")
        return _settings(run_directory(source).absolute(), task_loader, task, changed)
    given_dir = changed.pop("working_dir", None)
    run_dir = _beside(source) if given_dir is None else Path(given_dir).expanduser().absolute()
    made = given_dir is None or not run_dir.exists()
    try:
        unpack(source, run_dir)
        return _settings(run_dir, task_loader, task, changed)
    except BaseException:
        if made:
            withdraw(run_dir)
        raise


def _beside(source: Path) -> Path:
    """Return a new directory beside a file, or below the current one if that cannot be written."""
    try:
        return fresh_directory(source.absolute().parent, source.stem)
    except StoreError:
        return fresh_directory(Path.cwd(), source.stem)


def _settings(
    run_dir: Path, task_loader: Callable[[Path], Any] | None, task: Any, changed: dict[str, Any]
) -> dict[str, Any]:
    opened = next(iter(read_events(run_dir)), None)
    if not isinstance(opened, RunOpened):
        raise StoreError(f"the journal in {run_dir} has no beginning; nothing can go on from it")
    stored = {"bounds": opened.bounds} | _stored(run_dir)
    budget = [changed.pop(name, None) for name in ("max_evaluations", "max_seconds", "target")]
    if any(limit is not None for limit in budget):
        changed["exit_conditions"] = ends(changed.get("exit_conditions"), *budget)
    settings = stored | changed
    if "opt_selector" not in settings:
        raise UserError(
            f"{run_dir} holds no settings: give the optimizers again, load_checkpoint(path, opt_selector=...), and "
            "whatever else differs from the defaults"
        )
    settings["task"] = _task(run_dir, task_loader, task)
    return settings | {"working_dir": run_dir, "resume": "must"}


def _stored(run_dir: Path) -> dict[str, Any]:
    """Return the settings that came out of the checkpoint; unpickled only if they are what was saved."""
    data = member_of(run_dir, SETTINGS)
    if data is None:
        return {}
    found: dict[str, Any] = {}
    for name, content in _unpickled(SETTINGS, data).items():
        found[name] = _unpickled(f"the setting {name!r}", content)
    return found


def _task(run_dir: Path, task_loader: Callable[[Path], Any] | None, task: Any) -> Any:
    if task is not None:
        return task
    saved = member_of(run_dir, TASK_SAVED)
    if task_loader is not None:
        data = saved if saved is not None else member_of(run_dir, TASK)
        return task_loader(run_dir / (TASK_SAVED if saved is not None or data is None else TASK))
    if saved is not None:
        raise UserError(
            f"the task of {run_dir} saved itself, into {TASK_SAVED}; give a task_loader that reads it, for example the "
            "class method checkpoint_load of its class, or give the task"
        )
    data = member_of(run_dir, TASK)
    if data is None:
        raise UserError(f"{run_dir} holds no task: it could not be saved. Give it, load_checkpoint(path, task=...)")
    return _unpickled("the task", data)


def _unpickled(what: str, data: bytes) -> Any:
    try:
        return cloudpickle.loads(data)
    except Exception as error:
        raise UserError(
            f"{what} of the checkpoint cannot be loaded: {type(error).__name__}: {error}; give it again, or make the "
            "modules importable that it comes from"
        ) from error


def packed_at_rest(spec: RunSpec, result: Result | None, extras: Callable[[], Extras]) -> Path:
    """Make a checkpoint of a run on which no process works, and return the file.

    Raises
    ------
    UserError
        If there is none.
    """
    run_dir = result.run_dir if result else spec.working_dir
    if run_dir is None or not holds_run(run_dir):
        raise UserError("there is no run yet to make a checkpoint of; call start_manager() first")
    return pack_directory(run_dir, None, extras(), spec.checkpoint_control)

"""A session: the time between a process taking hold of a run directory and leaving it."""

from __future__ import annotations

import logging
import os
import platform
import socket
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from uuid import uuid4

from glompo._version import __version__
from glompo.core.events import SCHEMA, Event, Repaired, RunOpened, SessionOpened
from glompo.core.ports import Option, look_back
from glompo.core.state import RunState
from glompo.engine.clock import RunClock
from glompo.engine.record import RunRecord
from glompo.engine.recover import option_for
from glompo.errors import SettingError
from glompo.spec import RunSpec
from glompo.storage.directory import clear_for_new_run, fresh_directory, holds_run, keep_document, write_configuration
from glompo.storage.journal import Journal
from glompo.storage.lease import Lease
from glompo.storage.opening import state_of

logger = logging.getLogger("glompo.engine")

RUNS = "glompo_runs"
"""Folder below the current one for runs that were not given a working directory."""


@dataclass(frozen=True, slots=True)
class Session:
    """What the loop works on.

    Attributes
    ----------
    state : RunState
        The run, with an open session.
    record : RunRecord
        Where its events go.
    clock : RunClock
        Its time.
    run_dir : Path
        Its directory.
    """

    state: RunState
    record: RunRecord
    clock: RunClock
    run_dir: Path

    @property
    def entropy(self) -> tuple[int, ...]:
        """Seed of the run, which is that of its first session."""
        assert self.state.opened is not None  # a session begins after it
        return self.state.opened.entropy


def open_session(spec: RunSpec, resume: str, options: Sequence[Option]) -> Session:
    """Begin a run, or go on with the one in the working directory.

    Parameters
    ----------
    spec : RunSpec
        Its settings.
    resume : {'never', 'auto', 'must'}
        Whether a run that is there is continued.
    options : sequence of Option
        The optimizers that are offered; those of a run that is continued must be among them.

    Raises
    ------
    RunExistsError
        If the directory holds a run that is not to be resumed.
    SettingError
        If there is none although there must be, or if it is a run of another problem.
    LeaseHeldError
        If a living process works in it.
    StoreError
        If it cannot be read or written.
    """
    there = spec.working_dir is not None and holds_run(spec.working_dir)
    if resume == "must" and not there:
        where = spec.working_dir or "a new directory"
        raise SettingError(f"resume is 'must', but {where} holds no run; give its working_dir, or resume='auto'")
    if resume == "never" or not there or spec.working_dir is None:
        return open_run(spec)
    return resume_run(spec, spec.working_dir, options)


def resume_run(spec: RunSpec, run_dir: Path, options: Sequence[Option]) -> Session:
    """Go on with the run in `run_dir`."""
    with ExitStack() as undo:
        lease = _taken(run_dir, undo)
        journal = Journal.open(run_dir, durability=spec.durability)
        undo.callback(journal.close)
        state = state_of(run_dir)
        _check_same_problem(state, spec, run_dir)
        for one in state.optimizers.values():
            if one.may_return:
                option_for(one.request, options)
        _write_settings(run_dir, spec)
        undo.pop_all()
    session = Session(state, RunRecord(journal, lease), RunClock(state.at), run_dir)
    if state.opened is None:  # its first session died before it could write a word
        return _begun(session, spec, [_opening(spec)])
    changes = _changes(state, spec)
    for change in changes:
        logger.info("resumed with another setting: %s", change)
    repaired = [Repaired(state.at, journal.dropped_bytes)] if journal.dropped_bytes else []
    return _begun(session, spec, repaired, spec.slots, changes)


def _check_same_problem(state: RunState, spec: RunSpec, run_dir: Path) -> None:
    if state.opened is None:
        return
    if spec.seed is not None and spec.entropy != state.opened.entropy:
        raise SettingError(
            f"rng is {spec.seed}, but the run in {run_dir} was begun with another seed, with which it goes on; leave "
            "rng out, or give another working_dir"
        )
    before = state.opened.bounds
    if before.shape != spec.bounds.shape or (before != spec.bounds).any():
        raise SettingError(
            f"{run_dir} holds a run with other bounds ({len(before)} parameters: {before.tolist()}); resume it with "
            "those, or give another working_dir"
        )


def _changes(state: RunState, spec: RunSpec) -> tuple[str, ...]:
    """Return what differs from the settings with which the run was opened, in words."""
    assert state.opened is not None  # checked before
    before, now = state.opened.spec, spec.describe()
    both = [name for name in now if name in before and name != "rng"]  # a seed that differs is refused
    return tuple(f"{name}: {before[name]} -> {now[name]}" for name in both if before[name] != now[name])


def open_run(spec: RunSpec) -> Session:
    """Take a run directory and begin a new run in it.

    Raises
    ------
    RunExistsError
        If it holds another run.
    LeaseHeldError
        If a living process works in it.
    StoreError
        If it cannot be written.
    """
    run_dir = spec.working_dir or fresh_directory(Path(RUNS).absolute(), spec.task_name.rpartition(":")[2])
    run_dir.mkdir(parents=True, exist_ok=True)
    with ExitStack() as undo:
        lease = _taken(run_dir, undo)
        clear_for_new_run(run_dir, spec.overwrite)
        _write_settings(run_dir, spec)
        journal = Journal.create(run_dir, durability=spec.durability)
        undo.pop_all()
    session = Session(RunState(), RunRecord(journal, lease), RunClock(), run_dir)
    return _begun(session, spec, [_opening(spec)])


def _opening(spec: RunSpec) -> RunOpened:
    return RunOpened(
        0.0, SCHEMA, uuid4().hex, _now(), spec.bounds, spec.slots, spec.entropy, spec.describe(), _versions()
    )


def _write_settings(run_dir: Path, spec: RunSpec) -> None:
    write_configuration(run_dir, spec.describe())
    if spec.configuration is not None:
        keep_document(run_dir, spec.configuration)


def _taken(run_dir: Path, undo: ExitStack) -> Lease:
    """Take the run directory; unwinding `undo` gives it back."""
    lease = Lease.acquire(run_dir)
    undo.callback(lease.release)
    return lease


def _begun(
    session: Session, spec: RunSpec, before: Sequence[Event], slots: int = 0, changes: tuple[str, ...] = ()
) -> Session:
    """Record that a session opens, after the events `before`."""
    at, number = session.state.at, session.state.session + 1
    here, pid, back = socket.gethostname(), os.getpid(), look_back(spec.exit, spec.stopper)
    events = [*before, SessionOpened(at, number, _now(), here, pid, slots, changes, spec.cpus, back, spec.scaler)]
    for event in events:
        session.state.apply(event)
    session.record.append(events)
    if 0 < spec.cpus < session.state.slots:
        logger.info(
            "%d evaluations at once share %d CPUs; lower max_jobs if they compute", session.state.slots, spec.cpus
        )
    return session


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _versions() -> dict[str, str]:
    found = {"glompo": __version__, "python": platform.python_version()}
    for package in ("numpy", "scipy", "cma"):
        with suppress(PackageNotFoundError):
            found[package] = version(package)
    return found

"""A session: the time between a process taking hold of a run directory and leaving it."""

from __future__ import annotations

import os
import platform
import socket
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from uuid import uuid4

from glompo._version import __version__
from glompo.core.events import SCHEMA, RunOpened, SessionOpened
from glompo.core.state import RunState
from glompo.engine.clock import RunClock
from glompo.engine.record import RunRecord
from glompo.spec import RunSpec
from glompo.storage.directory import clear_for_new_run, fresh_directory, write_configuration
from glompo.storage.journal import Journal
from glompo.storage.lease import Lease

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
    lease = Lease.acquire(run_dir)
    try:
        clear_for_new_run(run_dir, spec.overwrite)
        write_configuration(run_dir, spec.describe())
        journal = Journal.create(run_dir, durability=spec.durability)
    except BaseException:
        lease.release()
        raise
    session = Session(RunState(), RunRecord(journal, lease), RunClock(), run_dir)
    date = datetime.now(UTC).isoformat(timespec="seconds")
    opened = RunOpened(
        0.0, SCHEMA, uuid4().hex, date, spec.bounds, spec.slots, spec.entropy, spec.describe(), _versions()
    )
    events = [opened, SessionOpened(0.0, 1, date, socket.gethostname(), os.getpid())]
    for event in events:
        session.state.apply(event)
    session.record.append(events)
    return session


def _versions() -> dict[str, str]:
    found = {"glompo": __version__, "python": platform.python_version()}
    for package in ("numpy", "scipy", "cma"):
        with suppress(PackageNotFoundError):
            found[package] = version(package)
    return found

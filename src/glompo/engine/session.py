"""A session: the time between a process taking hold of a run directory and leaving it."""

from __future__ import annotations

import math
import os
import platform
import socket
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from uuid import uuid4

from glompo._version import __version__
from glompo.core.decisions.termination import reason_to_end
from glompo.core.evaluations.columns import names_of_extras
from glompo.core.policies.ports import Option, Policies, look_back
from glompo.core.state.run_state import RunState
from glompo.core.views.run_view import RunView
from glompo.engine.record import RunRecord
from glompo.engine.relaunch import option_for
from glompo.errors import PolicyError, SettingError, StoreError
from glompo.events import SCHEMA, Event, PointsKnown, Repaired, RunOpened, SessionClosed, SessionOpened
from glompo.loggers import library_logger
from glompo.settings import RunSpec
from glompo.spec.fingerprint import differences
from glompo.storage.codec import encode_events
from glompo.storage.directory import (
    clear_for_new_run,
    fresh_directory,
    holds_run,
    keep_document,
    make_directories,
    parts_in,
    remove_directories,
    undo_new_run,
    write_configuration,
)
from glompo.storage.history import JournalHistory
from glompo.storage.journal import Journal
from glompo.storage.lease import Lease
from glompo.storage.lease_state import writer_lives
from glompo.storage.reader import state_and_end
from glompo.storage.segments import Position
from glompo.storage.short_runs import RUNS, unmark

logger = library_logger("glompo.engine")

DIFFERENCES = 5
"""Differences between two tasks that are told."""


class RunClock:
    """The monotonic clock of this machine, counted from the beginning of the run.

    Parameters
    ----------
    elapsed : float
        Run time of earlier sessions in seconds.
    """

    def __init__(self, elapsed: float = 0.0) -> None:
        self._zero = time.monotonic() - elapsed

    def now(self) -> float:
        """Return the run time in seconds."""
        return time.monotonic() - self._zero


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
    beginning : ExitStack or None
        Takes back what was written; None if the session goes on with a run.
    """

    state: RunState
    record: RunRecord
    clock: RunClock
    run_dir: Path
    beginning: ExitStack | None = None

    @property
    def entropy(self) -> tuple[int, ...]:
        """Seed of the run, which is that of its first session."""
        assert self.state.opened is not None  # a session begins after it
        return self.state.opened.entropy

    def abandon(self) -> None:
        """Close the session, the journal and the lease, if that has not been done; what the disk refuses is told."""
        try:
            if self.state.session_open:
                closed = SessionClosed(self.clock.now(), "it could not begin its work")
                self.state.apply(closed)
                self.record.append([closed])
        except StoreError as error:
            logger.error("%s", error)
        try:
            self.record.close(None)
        except StoreError as error:
            logger.error("%s", error)

    def kept(self) -> Path | None:
        """Return the run directory of a session that has ended.

        If the session began the run, whose task was refused and gave no value, nothing is kept: the directory is left
        as it was before, and None is returned.
        """
        valued = any(math.isfinite(one.trajectory.best) for one in self.state.optimizers.values())
        if not self.state.refused or valued or self.beginning is None:
            return self.run_dir
        self.beginning.close()
        return None


@dataclass(frozen=True, slots=True)
class Found:
    """A run that is there to be continued: its state, and where its journal ended when it was read."""

    state: RunState
    end: Position


def find_run(spec: RunSpec, resume: str, options: Sequence[Option]) -> Found | None:
    """Return the run in the working directory that is to be continued, checked but not touched; None for a new one.

    Parameters
    ----------
    spec : RunSpec
        Settings of the session.
    resume : {'never', 'auto', 'must'}
        Whether a run that is there is continued.
    options : sequence of Option
        The optimizers that are offered; those of a run that is continued must be among them.

    Raises
    ------
    SettingError
        If there is none although there must be, or if it is a run of another problem.
    StoreError
        If it cannot be read.
    """
    there = spec.working_dir is not None and holds_run(spec.working_dir)
    if resume == "must" and not there:
        where = spec.working_dir or "a new directory"
        raise SettingError(f"resume is 'must', but {where} holds no run; give its working_dir, or resume='auto'")
    if resume == "never" or not there or spec.working_dir is None:
        return None
    return _read(spec, spec.working_dir, options)


def _read(spec: RunSpec, run_dir: Path, options: Sequence[Option]) -> Found:
    found = Found(*state_and_end(run_dir))
    _check_same_problem(found.state, spec, run_dir)
    for one in found.state.optimizers.values():
        if one.may_return:
            option_for(one.request, options)
    return found


def still_over(found: Found, spec: RunSpec, policies: Policies) -> bool:
    """Return whether the run was finished with these settings and a new session would end as soon as it began.

    Then there is nothing to do: opening a session would only add to the records. Other settings are recorded.
    """
    assert spec.working_dir is not None  # it was found there
    if found.state.finished is None or _changes(found.state, spec) or writer_lives(spec.working_dir):
        return False
    trial, _ = state_and_end(spec.working_dir)
    trial.apply(_session_of(trial, spec))
    view = RunView(trial, trial.at, budget=policies.exit.budget(), history=JournalHistory(spec.working_dir))
    try:
        return reason_to_end(view, policies) is not None
    except PolicyError:  # for the loop to deal with
        return False


def open_session(spec: RunSpec, found: Found | None, options: Sequence[Option]) -> Session:
    """Begin a run, or go on with the one that :func:`find_run` found.

    Raises
    ------
    RunExistsError
        If the directory holds a run that is not to be resumed.
    LeaseHeldError
        If a living process works in it.
    StoreError
        If it cannot be read or written; then this process does not hold it either.
    """
    if found is None or spec.working_dir is None:
        return open_run(spec)
    return resume_run(spec, spec.working_dir, found, options)


def resume_run(spec: RunSpec, run_dir: Path, found: Found, options: Sequence[Option]) -> Session:
    """Go on with the run in `run_dir`."""
    with ExitStack() as undo:
        lease = _taken(run_dir, undo)
        journal = Journal.open(run_dir, durability=spec.durability)
        undo.callback(_closed, journal)
        if journal.position != found.end:  # another process went on in between
            found = _read(spec, run_dir, options)
        state = found.state
        session = Session(state, RunRecord(journal, lease), RunClock(state.at), run_dir)
        if state.opened is None:  # its first session died before it could write a word
            events: list[Event] = _beginning(spec)
        else:
            changes = _changes(state, spec)
            for change in changes:
                logger.info("resumed with another setting: %s", change)
            events = [Repaired(state.at, journal.dropped_bytes)] if journal.dropped_bytes else []
            events.append(_session_of(state, spec, changes))
        encode_events(events)  # what cannot be recorded is refused before anything is written
        _write_settings(run_dir, spec)
        _begun(session, spec, events)
        unmark(run_dir)
        undo.pop_all()
    return session


def _closed(journal: Journal) -> None:
    with suppress(StoreError):  # the first error is the one to tell
        journal.close()


def _check_same_problem(state: RunState, spec: RunSpec, run_dir: Path) -> None:
    if state.opened is None:
        return
    if spec.rng.number is not None and spec.rng.entropy != state.opened.entropy:
        raise SettingError(
            f"rng is {spec.rng.number}, but the run in {run_dir} was begun with another seed, with which it goes on; "
            "leave rng out, or give another working_dir"
        )
    before = state.opened.bounds
    if before.shape != spec.bounds.shape or (before != spec.bounds).any():
        raise SettingError(
            f"{run_dir} holds a run with other bounds ({len(before)} parameters: {before.tolist()}); resume it with "
            "those, or give another working_dir"
        )
    other = [] if spec.resume_task == "changed" else differences(state.task, spec.task_digests)
    if other:
        raise SettingError(
            f"the task {spec.task.name} is not the one with which the run in {run_dir} was recorded, "
            f"{state.settings.get('task')}: {'; '.join(other[:DIFFERENCES])}. Its values would be mixed with those of "
            "the other one. Give the same task, or another working_dir, or resume_task='changed' to go on with this one"
        )
    named, now = names_of_extras(state.opened.spec), spec.headers
    if named != now[: len(named)]:
        raise SettingError(
            f"{run_dir} holds a run whose extra values are called ({', '.join(named)}), this task calls them "
            f"({', '.join(now)}); resume it with the same headers(), or give another working_dir"
        )


def _changes(state: RunState, spec: RunSpec) -> tuple[str, ...]:
    """Return what differs from the settings that were in force before, in words."""
    before, now = state.settings, spec.describe()
    both = [name for name in now if name in before and name != "rng"]  # a seed that differs is refused
    changes = [f"{name}: {before[name]} -> {now[name]}" for name in both if before[name] != now[name]]
    return (*changes, *(f"task, {one}" for one in differences(state.task, spec.task_digests)))


def open_run(spec: RunSpec) -> Session:
    """Take a run directory and begin a new run in it; if that fails, it is left as it was.

    Raises
    ------
    RunExistsError
        If it holds another run.
    LeaseHeldError
        If a living process works in it.
    StoreError
        If it cannot be written.
    """
    events = _beginning(spec)
    encode_events(events)  # what cannot be recorded is refused before anything is written
    with ExitStack() as undo:
        run_dir = _made(spec, undo)
        lease = _taken(run_dir, undo)
        past = clear_for_new_run(run_dir, spec.overwrite_existing)
        undo.callback(undo_new_run, run_dir, parts_in(run_dir), past)
        _write_settings(run_dir, spec)
        journal = Journal.create(run_dir, durability=spec.durability)
        undo.callback(_closed, journal)
        session = Session(RunState(), RunRecord(journal, lease), RunClock(), run_dir)
        _begun(session, spec, events)
        return replace(session, beginning=undo.pop_all())


def _made(spec: RunSpec, undo: ExitStack) -> Path:
    """Return the run directory, which exists; unwinding `undo` removes it if it was made here."""
    if spec.working_dir is None:
        made = make_directories(_runs())
        undo.callback(remove_directories, made)
        run_dir = fresh_directory(_runs(), spec.task.name.rpartition(":")[2])
        undo.callback(remove_directories, [run_dir])
        return run_dir
    undo.callback(remove_directories, make_directories(spec.working_dir))
    return spec.working_dir


def _runs() -> Path:
    try:
        return Path(RUNS).absolute()
    except OSError as error:
        raise SettingError(
            "working_dir is not given, and the current directory, below which the run would be kept, is gone "
            f"({error.strerror}); give an absolute path, or go to a directory that is there"
        ) from error


def _beginning(spec: RunSpec) -> list[Event]:
    known = spec.known_points
    points = [] if known is None else [PointsKnown(0.0, known.X, known.f, known.source)]
    return [_opening(spec), *points, _session_of(None, spec)]


def _opening(spec: RunSpec) -> RunOpened:
    return RunOpened(
        0.0, SCHEMA, uuid4().hex, _now(), spec.bounds, spec.max_jobs, spec.rng.entropy, spec.describe(), _versions()
    )


def _session_of(state: RunState | None, spec: RunSpec, changes: tuple[str, ...] = ()) -> SessionOpened:
    """Return the event with which a session opens: the first one, or a later one of the run `state`."""
    return SessionOpened(
        at=0.0 if state is None else state.at,
        session=1 if state is None else state.session + 1,
        date=_now(),
        host=socket.gethostname(),
        pid=os.getpid(),
        slots=0 if state is None else spec.max_jobs,
        changes=changes,
        cpus=spec.cpus,
        look_back=look_back(spec.exit_conditions, spec.stoppers),
        wall=time.time(),
        spec={} if state is None else spec.describe(),
        task=spec.task_digests,
        scales=spec.scaler,
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


def _begun(session: Session, spec: RunSpec, events: Sequence[Event]) -> None:
    """Record that a session opens."""
    for event in events:
        session.state.apply(event)
    session.record.append(events)
    if session.state.slots == 1 and 0 < spec.cpus <= 2:
        logger.info("one evaluation at a time: max_jobs is 1, the default on %d CPUs", spec.cpus)
    if 0 < spec.cpus < session.state.slots:
        logger.info(
            "%d evaluations at once share %d CPUs; lower max_jobs if they compute", session.state.slots, spec.cpus
        )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _versions() -> dict[str, str]:
    found = {"glompo": __version__, "python": platform.python_version()}
    for package in ("numpy", "scipy", "cma"):
        with suppress(PackageNotFoundError):
            found[package] = version(package)
    return found

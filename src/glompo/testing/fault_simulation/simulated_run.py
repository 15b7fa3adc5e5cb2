"""A simulated run under faults, from a seed: everything happens to it that can happen, and it keeps its promises.

Real policies, the real engine, real optimizers and the real journal run here. Time is virtual, workers die and hang,
the disk is full, the power fails, the engine is killed at any moment and the run is resumed until it is over. An
independent count checks every step::

    from glompo.testing import simulated_run

    run = simulated_run(seed=7)
    assert run.view.finished is not None
"""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from glompo.backends.simulated import DeadlockError
from glompo.core.state.run_state import RunState
from glompo.core.streams import Streams, entropy_of
from glompo.core.views.run_view import RunView
from glompo.engine.dispatch import Job
from glompo.engine.loop import Engine
from glompo.errors import InternalError, SettingTypeError, StoreError
from glompo.events import SCHEMA, Event, Repaired, RunOpened, SessionOpened
from glompo.storage.journal import Journal
from glompo.storage.reader import read_events
from glompo.storage.segments import last_segment, segment_path
from glompo.testing.fault_simulation.decision_trace import trace_of
from glompo.testing.fault_simulation.fault_schedule import FaultSchedule, FaultyLog, Session, WatchedBackend
from glompo.testing.fault_simulation.faults import BadSync, Fault, FullDisk, OfEngine, PowerCut, drawn_faults
from glompo.testing.fault_simulation.faulty_disk import Killed
from glompo.testing.fault_simulation.invariants import GRACE, BrokenPromiseError, InvariantChecker
from glompo.testing.fault_simulation.scenario import Scenario, drawn_scenario
from glompo.testing.memory_log import WALL, MemoryCheckpoints
from glompo.testing.simulation import ScriptedInbox
from glompo.wire.launch_request import RunContext

MEMORY = Path("/dev/shm")
"""Where files are in memory, on Linux."""

SYNCED_WITHIN = {"batch": GRACE, "always": 0.0, "none": None}


@dataclass(frozen=True, slots=True)
class SimulatedRun:
    """What became of a simulated run.

    Attributes
    ----------
    scenario : Scenario
        Its settings.
    events : tuple of Event
        The whole history.
    state : RunState
        Its end.
    happened : tuple of (float, Fault)
        What went wrong, with its run time.
    sessions : int
        How often the run was opened.
    """

    scenario: Scenario
    events: tuple[Event, ...]
    state: RunState
    happened: tuple[tuple[float, Fault], ...]
    sessions: int

    @property
    def view(self) -> RunView:
        """The run at its end."""
        return RunView(self.state, self.state.at)


def simulated_run(seed: int, faults: Sequence[Fault] | None = None, **changes: Any) -> SimulatedRun:
    """Simulate a run under faults and return what became of it.

    Parameters
    ----------
    seed : int
        Everything that is not given follows from it.
    faults : sequence of Fault, optional
        What goes wrong; drawn from the seed by default, nothing with ``()``.
    **changes
        Settings of the :class:`Scenario` to be used instead of those drawn.

    Raises
    ------
    BrokenPromiseError
        If the run did not keep a promise; the message tells the story and how to see it again.
    """
    known = {one.name for one in fields(Scenario)}
    if not changes.keys() <= known:
        raise SettingTypeError(
            f"a simulated run has no setting {sorted(changes.keys() - known)}; it has {sorted(known)}"
        )
    scenario, drawn = drawn_run(seed, changes)
    simulation = _Simulation(seed, scenario, drawn if faults is None else tuple(faults), changes)
    with _folder() as folder, _quiet():
        ended = simulation.live(folder / "run")
    if scenario.lockstep and ended.happened and all(isinstance(fault, OfEngine) for _, fault in ended.happened):
        calm = simulated_run(seed, (), **changes)
        difference = trace_of(ended.events).difference(trace_of(calm.events))
        if difference:
            raise simulation.failed(BrokenPromiseError("in lockstep an interruption leaves no trace", difference))
    return ended


def drawn_run(seed: int, changes: Mapping[str, Any]) -> tuple[Scenario, tuple[Fault, ...]]:
    """Return the scenario that follows from a seed, apart from its changed settings, and what goes wrong in it."""
    scenario = replace(drawn_scenario(np.random.default_rng([seed, 1]), changes.get("lockstep", False)), **changes)
    rng = np.random.default_rng([seed, 2])
    return scenario, drawn_faults(rng, scenario.budget, scenario.killable, scenario.durability != "none")


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=MEMORY if os.access(MEMORY, os.W_OK) else None) as name:
        yield Path(name)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the engine from reporting faults that are meant."""
    logger = logging.getLogger("glompo.engine")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


class _Simulation:
    """A simulated run as it goes on, over all its sessions."""

    def __init__(self, seed: int, scenario: Scenario, faults: tuple[Fault, ...], changes: dict[str, Any]) -> None:
        self._call = (seed, faults, changes)
        self._scenario = scenario
        self._fault_schedule = FaultSchedule.of(faults)
        self._limit = 3 + sum(fault.writes if isinstance(fault, FullDisk) else 2 for fault in faults)
        self._invariants = InvariantChecker(scenario.budget, scenario.max_jobs, scenario.lockstep)
        self._entropy = entropy_of(seed)
        self._sessions = 0
        self._checkpoints = MemoryCheckpoints()

    def live(self, run_dir: Path) -> SimulatedRun:
        """Open the run and resume it until it is over."""
        run_dir.mkdir()
        try:
            while not self._invariants.is_finished:
                self._invariants.claim(self._sessions < self._limit, "the run comes to an end", f"{self._sessions}")
                self._invariants.check()
                session = self._work(run_dir)
                if session.state.finished is not None:
                    self._invariants.finished("MaxTotalFunctionCalls" in session.state.finished.reason())
                self._reopen(run_dir, session)
        except (BrokenPromiseError, InternalError, DeadlockError, StoreError) as error:
            raise self.failed(error) from error
        events, state = tuple(read_events(run_dir)), RunState()
        for event in events:
            state.apply(event)
        return SimulatedRun(self._scenario, events, state, tuple(self._fault_schedule.happened), self._sessions)

    def _work(self, run_dir: Path) -> Session:
        """Work on the run until it is over or something happens."""
        self._sessions += 1
        new = not any(read_events(run_dir)) if last_segment(run_dir) else True
        state = RunState()
        for event in () if new else read_events(run_dir):
            state.apply(event)
        session = Session(self._scenario, self._fault_schedule, self._invariants, state)
        try:
            log, opening = self._opened(run_dir, session)
        except StoreError:
            return session  # a full disk: the next session tries again
        engine = Engine(
            state,
            log,
            WatchedBackend(session),
            session.simulated.timeline,
            self._scenario.policies,
            self._job(session),
            ScriptedInbox(session.simulated.timeline, ()),
        )
        try:
            for event in opening:
                state.apply(event)
            log.append(opening)
            engine.run()
            self._invariants.wrote([], session.now, None if session.failing else state)
            self._invariants.session_over(session.now, in_order=True)
        except Killed:
            log.close()
            if not session.failing:
                self._invariants.session_over(session.died_at, in_order=False)
        except StoreError:
            with suppress(StoreError):
                log.close()
            self._invariants.claim(self._disk_failed(), "a sound disk raises no error")
        self._invariants.check()
        return session

    def _opened(self, run_dir: Path, session: Session) -> tuple[FaultyLog, list[Event]]:
        settings: Any = {
            "durability": self._scenario.durability,
            "segment_bytes": self._scenario.segment_bytes,
            "disk": session.disk,
            "clock": lambda: session.now,
        }
        journal = (Journal.open if last_segment(run_dir) else Journal.create)(run_dir, **settings)
        at = session.state.at
        opening: list[Event] = [Repaired(at, journal.dropped_bytes)] if journal.dropped_bytes else []
        if session.state.opened is None:
            bounds = np.array(self._scenario.bounds, dtype=float)
            opening.append(RunOpened(at, SCHEMA, "a trial", "", bounds, self._scenario.max_jobs, self._entropy, {}, {}))
        opening.append(SessionOpened(at, session.state.session + 1, "", "", 0, wall=WALL + at))
        return FaultyLog(journal, session.disk, session), opening

    def _job(self, session: Session) -> Job:
        scenario = self._scenario
        bounds = np.array(scenario.bounds, dtype=float)
        return Job(
            RunContext(session.task, bounds, in_order=scenario.lockstep, failures=scenario.failures),
            Streams(self._entropy),
            self._checkpoints,
            options=scenario.selector.options,
        )

    def _reopen(self, run_dir: Path, session: Session) -> None:
        """Look at what is on the disk, as the next session will."""
        if last_segment(run_dir):
            session.cut_power(segment_path(run_dir, last_segment(run_dir)))
        found = list(read_events(run_dir)) if last_segment(run_dir) else []
        lived_on = not isinstance(session.died_of, PowerCut)
        synced = None if session.disk.failed_to_sync else SYNCED_WITHIN[self._scenario.durability]
        self._invariants.reopened(found, session.died_at, lived_on, synced)

    def _disk_failed(self) -> bool:
        return any(isinstance(fault, (FullDisk, BadSync)) for _, fault in self._fault_schedule.happened)

    def failed(self, error: Exception) -> BrokenPromiseError:
        """Return the error that tells the story of this run."""
        broken = (
            error if isinstance(error, BrokenPromiseError) else BrokenPromiseError(type(error).__name__, str(error))
        )
        seed, faults, changes = self._call
        settings = "".join(f", {name}={value!r}" for name, value in changes.items())
        story = [broken.detail, "", f"simulated_run(seed={seed}, faults={list(faults)}{settings})", f"{self._scenario}"]
        story += ["what went wrong:", *(f"  {at:12.6f}  {fault}" for at, fault in self._fault_schedule.happened)]
        story += ["the last events:", *(f"  {event}" for event in self._invariants.events[-12:])]
        return BrokenPromiseError(broken.promise, "\n".join(story))

"""What an engine in a simulated run works with: a journal and workers, both of which fail on demand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.backends.protocol import Capabilities
from glompo.backends.simulated import SimulatedBackend
from glompo.core.state.run_state import RunState
from glompo.errors import StoreError
from glompo.events import Event, Granted, StopRequested
from glompo.storage.history import JournalHistory
from glompo.storage.journal import Journal
from glompo.testing.fault_simulation.faults import (
    BadSync,
    Crash,
    Fault,
    FullDisk,
    Hang,
    Kill,
    Loss,
    OfEngine,
    OfWorker,
    PowerCut,
    Slow,
    of_engine,
    of_workers,
)
from glompo.testing.fault_simulation.faulty_disk import FaultyDisk, Killed
from glompo.testing.fault_simulation.invariants import InvariantChecker
from glompo.testing.fault_simulation.scenario import Scenario
from glompo.wire.launch_request import LaunchRequest
from glompo.wire.messages import DOWN

COMPARED_EVERY = 40
"""Appends between two comparisons of the fold with the state of the engine."""


class CrashedError(BaseException):
    """Stands for what an optimizer raises. It comes out of an evaluator, whose exceptions mean something else."""


@dataclass(slots=True)
class FaultSchedule:
    """What is still to happen, and what has.

    Attributes
    ----------
    engine, workers : dict
        Faults by append, and by optimizer and call.
    appends : int
        Appends so far.
    calls : Counter
        Calls of the task so far, by optimizer.
    happened : list of (float, Fault)
        What went wrong, with its run time.
    safe : dict
        Bytes of each file that outlive the machine.
    """

    engine: dict[int, list[OfEngine]]
    workers: dict[tuple[int, int], list[OfWorker]]
    appends: int = 0
    calls: Counter[int] = field(default_factory=Counter)
    happened: list[tuple[float, Fault]] = field(default_factory=list)
    safe: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, faults: Sequence[Fault]) -> FaultSchedule:
        """Return the schedule of these faults."""
        return cls(of_engine(faults), of_workers(faults))


class FaultyLog:
    """The event log of one session: a real journal on a disk that fails.

    Parameters
    ----------
    journal : Journal
        Open for writing, on `disk`.
    disk : FaultyDisk
        Below it.
    session : Session
        The session.
    """

    def __init__(self, journal: Journal, disk: FaultyDisk, session: Session) -> None:
        self.history = JournalHistory(journal.run_dir)
        self._journal = journal
        self._disk = disk
        self._session = session

    def append(self, events: Sequence[Event]) -> None:
        """Write the events, unless something happens."""
        if self._disk.dead:
            return
        fault_schedule, now = self._session.fault_schedule, self._session.now
        fault_schedule.appends += 1
        due = fault_schedule.engine.get(fault_schedule.appends, [])
        deaths = [fault for fault in due if isinstance(fault, (Kill, PowerCut))]
        for fault in due:
            if isinstance(fault, (FullDisk, BadSync)):
                self._inject(fault)
        for death in deaths:
            if death.part < 1:
                self._session.dies_of(death)
                self._disk.last_part = death.part
        try:
            self._journal.append(events)
        except StoreError:
            self._session.failing = True
            self._session.invariants.doubted(events)
            raise
        compared = fault_schedule.appends % COMPARED_EVERY == 0
        self._session.invariants.wrote(events, now, self._session.state if compared else None)
        for death in deaths:
            self._session.dies_soon_of(death)

    def _inject(self, fault: FullDisk | BadSync) -> None:
        """Let a fault of the disk happen."""
        self._session.fault_schedule.happened.append((self._session.now, fault))
        if isinstance(fault, BadSync):
            self._disk.bad_syncs = 1
        else:
            self._disk.room, self._disk.refusals = fault.room, fault.writes

    def commit(self) -> None:
        """Force everything to the disk."""
        self._journal.commit()

    def due(self) -> float | None:
        """Return in how many seconds :meth:`tick` has something to do."""
        deadline = self._journal.due()
        return None if deadline is None else max(0.0, deadline - self._session.now)

    def tick(self) -> None:
        """Begin to commit if it is time, and wait: here nothing may depend on how long the disk takes."""
        expected = self._journal.due()
        try:
            self._journal.tick(self._session.now)
            if expected is not None and self._journal.due() is None:
                self._journal.commit()
        except StoreError:
            self._session.failing = True
            raise
        self._session.invariants.check()

    def keep(self, state: RunState) -> None:
        """Do nothing: a simulated run is opened without shortcuts."""

    def close(self, state: RunState | None = None) -> None:
        """Commit and let go."""
        self._journal.close()


class Session:
    """One session of a simulated run: what its log and its backend share.

    Attributes
    ----------
    state : RunState
        The engine's.
    died_of : Kill, PowerCut or None
        What ended the session.
    failing : bool
        Whether the disk has refused something.
    """

    def __init__(
        self, scenario: Scenario, fault_schedule: FaultSchedule, invariants: InvariantChecker, state: RunState
    ) -> None:
        self.scenario = scenario
        self.fault_schedule = fault_schedule
        self.invariants = invariants
        self.state = state
        self.disk = FaultyDisk(invariants.safe, fault_schedule.safe)
        self.died_of: Kill | PowerCut | None = None
        self.died_at = 0.0
        self.failing = False
        self.simulated = SimulatedBackend(self._seconds, state.at, scenario.killable)
        self._value: Any = None

    @property
    def now(self) -> float:
        """Run time in seconds."""
        return self.simulated.timeline.now()

    def task(self, x: NDArray[np.float64]) -> Any:
        """Return the task's value at `x`, shape (d,)."""
        self._value = None
        self._value = self.scenario.troubled(x)
        return self._value

    def dies_of(self, death: Kill | PowerCut) -> None:
        """Note that the process ends at this moment."""
        if self.died_of is None:
            self.died_of, self.died_at = death, self.now
            self.fault_schedule.happened.append((self.now, death))

    def dies_soon_of(self, death: Kill | PowerCut) -> None:
        """Let the process end at once, or in a while."""
        if not death.later:
            self.dies_of(death)
            self.disk.dead = True
            raise Killed
        self.simulated.timeline.after(death.later, partial(self._die, death))

    def _die(self, death: Kill | PowerCut) -> None:
        self.dies_of(death)
        self.disk.dead = True
        self.simulated.wake()

    def cut_power(self, segment: Path) -> None:
        """Lose what the power cut took from the last segment."""
        if isinstance(self.died_of, PowerCut):
            self.disk.cut_power(segment, self.died_of.kept, self.died_of.zeros)

    def _seconds(self, opt: int, x: NDArray[np.float64]) -> float:
        """Return how long the call that was just made takes, and let happen what is to happen in it."""
        self.fault_schedule.calls[opt] += 1
        seconds = self.scenario.seconds(x)
        for fault in self.fault_schedule.workers.get((opt, self.fault_schedule.calls[opt]), ()):
            if isinstance(fault, (Hang, Loss)) and not self.scenario.killable:
                continue
            if isinstance(fault, Crash) and self.invariants.is_busy(opt, self.now):  # it crashes between evaluations
                self.fault_schedule.workers.setdefault((opt, self.fault_schedule.calls[opt] + 1), []).append(fault)
                continue
            self.fault_schedule.happened.append((self.now, fault))
            match fault:
                case Slow(factor=factor):
                    seconds *= factor
                case Hang():
                    seconds = np.inf
                case Loss(part=part):
                    self.simulated.timeline.after(part * seconds, partial(self.lose, opt, "SIGSEGV"))
                case Crash():
                    self.invariants.gone(opt, self.now)
                    raise CrashedError("a crash in the optimizer")
        value = self._value
        valid = isinstance(value, float) and value == value and value != -np.inf
        self.invariants.evaluates(opt, x, value if valid else 0.0, self.now, self.now + seconds)
        return seconds

    def lose(self, opt: int, why: str) -> None:
        """Let a worker die."""
        self.invariants.gone(opt, self.now)
        self.simulated.lose(opt, why)


class WatchedBackend:
    """The workers of one session, whose effects the invariant checker counts.

    Parameters
    ----------
    session : Session
        The session.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._inner = session.simulated

    @property
    def capabilities(self) -> Capabilities:
        """What can be done to workers."""
        return self._inner.capabilities

    def launch(self, launch_request: LaunchRequest) -> None:
        """Start a worker."""
        self._session.invariants.took_effect(launch_request.opt, "launch")
        self._inner.launch(launch_request)

    def send(self, opt: int, message: bytes) -> None:
        """Give a message to a worker."""
        if self._session.disk.dead:
            return
        said = DOWN.decode(message)
        if isinstance(said, Granted):
            self._session.invariants.took_effect(opt, "credits", said.n)
        elif isinstance(said, StopRequested) and not self._session.failing:  # with a full disk they stop unrecorded
            self._session.invariants.took_effect(opt, "stop")
        self._inner.send(opt, message)

    def receive(self, timeout: float | None) -> list[tuple[int, bytes]]:
        """Let time pass, unless it is over."""
        arrivals = self._inner.receive(timeout)
        if self._session.disk.dead:
            raise Killed
        self._session.invariants.check()
        return arrivals

    def wake(self) -> None:
        """Make :meth:`receive` return."""
        self._inner.wake()

    def end(self, opt: int, force: bool) -> None:
        """End a worker."""
        if not self._session.disk.dead:
            self._session.lose(opt, "SIGKILL" if force else "SIGTERM")

    def close(self, timeout: float) -> list[int]:
        """End; the workers of a dead engine vanish at once."""
        return self._inner.close(-1.0 if self._session.disk.dead else timeout)

"""The worker processes of a supervisor, from their start to their burial."""

from __future__ import annotations

import math
import selectors
import signal
from collections.abc import Callable
from functools import partial
from typing import Protocol

from glompo.evaluators.pool.process import Launcher, State, WorkerProcess
from glompo.evaluators.pool.process_tree import process_trees
from glompo.function import Status

START = 60.0
"""Seconds that a process may take to load the task."""

EXIT_GRACE = 0.2
"""Seconds between the end of a process's line and its own end, if it ends by itself."""

LEAVE = 2.0
"""Seconds that a process without a call gets to end by itself."""

STUCK = 5.0
"""Seconds after SIGKILL when a process is given up: the kernel keeps those that wait for a device or a file server."""

ATTEMPTS = 3
"""Failures in a row after which starting rests for a while."""

LONGEST_REST = 30.0
"""Seconds."""

AT_WORK = (State.STARTING, State.IDLE, State.BUSY)


class Listener(Protocol):
    """Who is told of what happens to processes."""

    def heard(self, process: WorkerProcess) -> None:
        """Take what has arrived from a process."""

    def ended(self, process: WorkerProcess) -> None:
        """Settle what a process leaves behind."""


class ProcessTable:
    """Processes by their state. It belongs to one thread, but for :attr:`idle`.

    Parameters
    ----------
    launcher : Launcher
        Starts the processes.
    listener : Listener
        Told by :meth:`wait`.
    grace : float
        Seconds from SIGTERM to SIGKILL.

    Attributes
    ----------
    size : int
        Processes at most.
    idle : list of WorkerProcess
        Those that can take a call.
    """

    def __init__(self, launcher: Launcher, listener: Listener, size: int, grace: float) -> None:
        self._launcher = launcher
        self._listener = listener
        self.size = size
        self._grace = grace
        self._selector = selectors.DefaultSelector()
        self._processes: set[WorkerProcess] = set()
        self._remains: list[WorkerProcess] = []
        self._stuck: list[WorkerProcess] = []
        self.idle: list[WorkerProcess] = []

    @property
    def room(self) -> int:
        """How many more processes there may be."""
        return self.size - len(self._processes)

    @property
    def gone(self) -> bool:
        """Whether nobody is left."""
        return not self._processes and not self._remains

    def those(self, *states: State) -> list[WorkerProcess]:
        """Return the processes in one of the states."""
        return [process for process in self._processes if process.state in states]

    def listen(self, descriptor: int, to_do: Callable[[], None]) -> None:
        """Let :meth:`wait` wait for something else as well."""
        self._selector.register(descriptor, selectors.EVENT_READ, to_do)

    def wait(self, timeout: float | None) -> list[Callable[[], None]]:
        """Wait until something happens, at most `timeout` seconds; return what to call for it."""
        return [key.data for key, _ in self._selector.select(timeout)]

    def next_time(self) -> float:
        """Return when the first state has lasted too long."""
        return min((one.until for group in (self._processes, self._remains) for one in group), default=math.inf)

    def overdue(self, now: float) -> list[WorkerProcess]:
        """Return the processes whose state has lasted too long."""
        return [process for process in self._processes if process.until <= now]

    def start(self, now: float) -> None:
        """Start a process.

        Raises
        ------
        OSError
            If the system has no room for it.
        """
        process = self._launcher.start()
        process.until = now + START
        self._processes.add(process)
        self._selector.register(process.channel, selectors.EVENT_READ, partial(self._listener.heard, process))
        if process.end is not None:
            self._selector.register(process.end, selectors.EVENT_READ, partial(self._listener.ended, process))

    def condemn(self, process: WorkerProcess, status: Status, reason: str, now: float) -> None:
        """End a process whose evaluation must not go on; `status` and `reason` are what is recorded of it."""
        process.failure = status, reason
        process.state = State.CONDEMNED
        if status is Status.OUT_OF_MEMORY:  # it grows while it is asked
            self.kill(process, now)
        else:
            process.until = now + self._grace
            process.signal(signal.SIGTERM)

    def dismiss(self, processes: list[WorkerProcess], now: float) -> None:
        """Tell processes without a call that there is nothing more to do."""
        found = process_trees([process.pid for process in processes]) if processes else {}
        for process in processes:
            self._no_longer_idle(process)
            process.descendants = found[process.pid]
            if process.state is State.STARTING:  # it would hear of it when it has loaded the task
                process.signal(signal.SIGTERM)
            process.channel.finish()
            process.state = State.LEAVING
            process.until = now + LEAVE

    def kill(self, process: WorkerProcess, now: float) -> None:
        """Kill a process; if it has been killed already, and the kernel keeps it, let it go."""
        if process.killed:
            self._forget(process)
            self._stuck.append(process)
            return
        process.until = now + STUCK
        process.killed = True
        process.signal(signal.SIGKILL)

    def hang_up(self, process: WorkerProcess, now: float) -> bool:
        """Listen no longer to a process that has closed its line; return whether it is still to end by itself."""
        self._no_longer_idle(process)
        if process.end is None:
            return False
        self._unregister(process.channel)
        process.until = min(process.until, now + EXIT_GRACE)
        return True

    def reap(self, process: WorkerProcess, now: float) -> int:
        """Wait for a process that has ended, and return its exit code.

        What a condemned process had started has the rest of its time to end; the process is then buried with it, and
        until then its code is 0.
        """
        self._forget(process)
        may_wait = process.failure is not None and not process.killed and now < process.until
        if may_wait and process.has_descendants():
            self._remains.append(process)
            return 0
        return process.reap()

    def reap_orphans(self, now: float) -> None:
        """End what condemned processes have left behind, where its time is over."""
        for process in [one for one in self._remains if one.until <= now]:
            self._remains.remove(process)
            process.reap()

    def close(self) -> None:
        """Kill whatever is left and give everything back."""
        for process in (*self._processes, *self._remains):
            process.reap()
        for process in self._stuck:
            process.let_go()
        self._processes.clear()
        self._selector.close()
        self._launcher.close()

    def _forget(self, process: WorkerProcess) -> None:
        process.state = State.ENDED
        self._processes.discard(process)
        self._no_longer_idle(process)
        self._unregister(process.channel)
        if process.end is not None:
            self._unregister(process.end)

    def _no_longer_idle(self, process: WorkerProcess) -> None:
        if process in self.idle:
            self.idle.remove(process)

    def _unregister(self, channel: object) -> None:
        try:
            self._selector.unregister(channel)  # type: ignore[arg-type]  # a descriptor, or something with fileno()
        except KeyError:  # the line was closed before
            return


class Starts:
    """Counts failed starts, so that a task that cannot be loaded does not cost one process after the other.

    Attributes
    ----------
    error : str
        Why the last start failed.
    rest_until : float
        When the next start may be tried.
    """

    def __init__(self) -> None:
        self._failures = 0
        self.error = ""
        self.rest_until = 0.0

    def succeeded(self) -> None:
        """Note that a process is ready."""
        self._failures = 0
        self.rest_until = 0.0

    def failed(self, error: str, now: float) -> None:
        """Note that a process did not get ready."""
        self._failures += 1
        self.error = error
        if self._failures >= ATTEMPTS:
            self.rest_until = now + min(LONGEST_REST, 0.5 * 2.0 ** (self._failures - ATTEMPTS))

    def resting(self, now: float) -> bool:
        """Return whether no start may be tried now."""
        return now < self.rest_until

"""The worker processes of a supervisor, from their start until they are reaped."""

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

LOAD_TIMEOUT = 60.0
"""Seconds that a process may take to load the task."""

CLOSED_LINE_TIMEOUT = 0.2
"""Seconds that a process gets to end by itself once its line is closed."""

DISMISS_TIMEOUT = 2.0
"""Seconds that a process without a call gets to end by itself."""

KILL_TIMEOUT = 5.0
"""Seconds after SIGKILL when a process is given up: the kernel keeps those that wait for a device or a file server."""

START_FAILURES = 3
"""Failures in a row after which the next start waits."""

LONGEST_BACKOFF = 30.0
"""Seconds."""

AT_WORK = (State.STARTING, State.IDLE, State.BUSY)


class Listener(Protocol):
    """What happens to processes is reported to it."""

    def on_message(self, process: WorkerProcess) -> None:
        """Take what has arrived from a process."""

    def on_end(self, process: WorkerProcess) -> None:
        """Settle the call of a process that has ended."""


class ProcessTable:
    """Processes by their state; `listener` is told of what happens. It belongs to one thread, but for :attr:`idle`."""

    def __init__(self, launcher: Launcher, listener: Listener, size: int, grace: float) -> None:
        self._launcher = launcher
        self._listener = listener
        self.size = size  # processes at most
        self._grace = grace
        self._selector = selectors.DefaultSelector()
        self._processes: set[WorkerProcess] = set()
        self._zombies: list[WorkerProcess] = []  # ended, while what they started still has time to end
        self._stuck: list[WorkerProcess] = []  # given up: killed, and kept by the kernel
        self.idle: list[WorkerProcess] = []  # those that can take a call

    @property
    def room(self) -> int:
        """How many more processes there may be."""
        return self.size - len(self._processes)

    @property
    def empty(self) -> bool:
        """Whether no process is left."""
        return not self._processes and not self._zombies

    def in_state(self, *states: State) -> list[WorkerProcess]:
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
        return min((one.until for group in (self._processes, self._zombies) for one in group), default=math.inf)

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
        process.until = now + LOAD_TIMEOUT
        self._processes.add(process)
        self._selector.register(process.channel, selectors.EVENT_READ, partial(self._listener.on_message, process))
        if process.end is not None:
            self._selector.register(process.end, selectors.EVENT_READ, partial(self._listener.on_end, process))

    def terminate(self, process: WorkerProcess, status: Status, reason: str, now: float) -> None:
        """End a process whose evaluation must not go on; `status` and `reason` are what is recorded of it."""
        process.failure = status, reason
        process.state = State.TERMINATING
        if status is Status.OUT_OF_MEMORY:  # it would grow on during the grace
            self.kill(process, now)
        else:
            process.until = now + self._grace
            process.signal(signal.SIGTERM)

    def dismiss(self, processes: list[WorkerProcess], now: float) -> None:
        """Tell processes without a call that there is nothing more to do."""
        # one look at all processes of the machine for all of them; each would take its own when it is signalled
        found = process_trees([process.pid for process in processes]) if processes else {}
        for process in processes:
            self._no_longer_idle(process)
            process.descendants = found[process.pid]
            if process.state is State.STARTING:  # it reads its line only when it has loaded the task
                process.signal(signal.SIGTERM)
            process.channel.finish()
            process.state = State.EXITING
            process.until = now + DISMISS_TIMEOUT

    def kill(self, process: WorkerProcess, now: float) -> None:
        """Kill a process; one that was killed already, and that the kernel keeps, is given up."""
        if process.killed:
            self._forget(process)
            self._stuck.append(process)
            return
        process.until = now + KILL_TIMEOUT
        process.killed = True
        process.signal(signal.SIGKILL)

    def line_closed(self, process: WorkerProcess, now: float) -> bool:
        """Stop reading a line that its process has closed; return whether its end will be reported by itself."""
        self._no_longer_idle(process)
        if process.end is None:
            return False
        self._unregister(process.channel)
        process.until = min(process.until, now + CLOSED_LINE_TIMEOUT)
        return True

    def reap(self, process: WorkerProcess, now: float) -> int:
        """Wait for a process that has ended, and return its exit code.

        What a terminated process had started has the rest of the grace to end; until then the process stays a zombie,
        so that its number, by which its session is found, is not used again, and its code is given as 0.
        """
        self._forget(process)
        may_wait = process.failure is not None and not process.killed and now < process.until
        if may_wait and process.has_descendants():
            self._zombies.append(process)
            return 0
        return process.reap()

    def reap_orphans(self, now: float) -> None:
        """Kill what terminated processes have left behind, where the grace is over."""
        for process in [one for one in self._zombies if one.until <= now]:
            self._zombies.remove(process)
            process.reap()

    def close(self) -> None:
        """Kill what is left and give everything back."""
        for process in (*self._processes, *self._zombies):
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


class StartBackoff:
    """Counts failed starts, so that a task that cannot be loaded does not cost one process after the other."""

    def __init__(self) -> None:
        self._failures = 0
        self.error = ""  # why the last start failed
        self.retry_at = 0.0  # when the next start may be tried

    def succeeded(self) -> None:
        """Note that a process is ready."""
        self._failures = 0
        self.retry_at = 0.0

    def failed(self, error: str, now: float) -> None:
        """Note that a process did not get ready."""
        self._failures += 1
        self.error = error
        if self._failures >= START_FAILURES:
            self.retry_at = now + min(LONGEST_BACKOFF, 0.5 * 2.0 ** (self._failures - START_FAILURES))

    def waiting(self, now: float) -> bool:
        """Return whether no start may be tried now."""
        return now < self.retry_at

"""A worker process as its parent sees it."""

from __future__ import annotations

import enum
import fcntl
import math
import os
import pickle
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import IO

from glompo.evaluators.environment import present_directory
from glompo.evaluators.pool.channel import Channel
from glompo.evaluators.pool.process_tree import output_tail, process_trees, signal_tree, watch
from glompo.evaluators.pool.worker_main import Orders
from glompo.function import Outcome, Status

BOOT = (
    "import os, sys; *lines, payload, size = map(int, sys.argv[1:]); "
    "sys.path[:] = os.pread(payload, size, 0).decode().split(os.pathsep); "
    "from glompo.evaluators.pool.worker_main import serve; serve(*lines, payload, size)"
)
"""A fresh interpreter, not a fork: no lock, thread or open file of the parent can harm it. And not multiprocessing's
spawn, which would run the user's script once more: what is defined there travels with the task. Modules are found
where the parent finds them, this package first of all."""

MOST_UNREAD = 3
"""Processes in a row that may die before they have read one and the same call."""

MOST_TERMINATED = 1
"""Processes that may die under one call of a SIGTERM that is not ours: batch queues send it to all of a job."""


class State(enum.Enum):
    """Where a worker process is in its life; what each state waits for, and what happens when it lasts too long."""

    STARTING = enum.auto()
    """Loads the task. Too long: killed, a failed start."""

    IDLE = enum.auto()
    """Can take a call. Too long: dismissed."""

    BUSY = enum.auto()
    """Evaluates a call. Too long: TERMINATING, and the call is TIMEOUT."""

    EXITING = enum.auto()
    """Was told that no call will follow, or its line broke. Too long: killed."""

    TERMINATING = enum.auto()
    """Got SIGTERM: its evaluation is over, whatever it still answers. Too long: killed."""

    ENDED = enum.auto()
    """Reaped, given up, or kept as a zombie, which keeps its number from being used again, until its tree has ended."""


@dataclass(slots=True, eq=False)
class Call:
    """One evaluation."""

    message: bytes  # where it prints, a zero byte, and the point, float64
    future: Future[Outcome] = field(default_factory=Future)  # what the caller holds
    begun: float = 0.0  # when it was given to a process, on the monotonic clock
    limit: float = math.inf  # seconds that it may take
    unread: int = 0  # how often a process died before it had read it
    terminated: int = 0  # how often a process that evaluated it ended by a SIGTERM that is not ours

    def is_blameless(self, unread: bool, code: int) -> bool:
        """Return whether it is to be made again, since it is not why its process ended; count that.

        `unread` says whether the process had not read it; `code` is the exit code, not of a signal of ours.
        """
        if unread and self.unread < MOST_UNREAD:
            self.unread += 1
            return True
        if code == -signal.SIGTERM and self.terminated < MOST_TERMINATED:
            self.terminated += 1
            return True
        return False


class WorkerProcess:
    """One process and the line to it."""

    def __init__(self, process: subprocess.Popen[bytes], channel: Channel, lifeline: int, output: IO[bytes] | None):
        self._process = process
        self._lifeline = lifeline
        self._output = output
        self.channel = channel
        self.pid = process.pid  # its number, and that of its process group and its session
        self.end = watch(process.pid)  # becomes readable when it ends; None where the system has none
        self.state = State.STARTING  # where it is in its life
        self.call: Call | None = None  # what it evaluates
        self.until = math.inf  # when its state has lasted too long, on the monotonic clock
        # how its evaluation is to be recorded, once the process is being terminated
        self.failure: tuple[Status, str] | None = None
        self.killed = False  # whether it was sent SIGKILL
        # the rest of its process tree, where that was looked up together with others
        self.descendants: list[int] | None = None
        self.error = ""  # why it could not load the task

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to its process tree."""
        signal_tree(self.pid, number, self.descendants)

    def has_descendants(self) -> bool:
        """Return whether something that it started is alive."""
        return bool(process_trees([self.pid])[self.pid])

    def reap(self) -> int:
        """Kill what is left of its process tree, give everything back, and return its exit code.

        It is waited for last: until then the system gives its number to no other process, so no signal can go astray.
        """
        self.signal(signal.SIGKILL)
        code = self._process.wait()
        self.let_go()
        return code

    def let_go(self) -> None:
        """Give back what is held for it, whether it has ended or not."""
        self._process.poll()
        self.channel.close()
        os.close(self._lifeline)
        if self.end is not None:
            os.close(self.end)
        if self._output is not None:
            self._output.close()

    def output_tail(self) -> str:
        """Return the end of what it printed during its evaluation, in one line; nothing if that is not captured."""
        if self._output is None:
            return ""
        return output_tail(self._output.fileno(), "output")


class Launcher:
    """Starts worker processes for one task."""

    def __init__(
        self,
        payload: bytes,  # the task, from `preflight`
        environment: Mapping[str, str],  # variables of the processes
        detailed: int,  # whether the task's `detailed_call` is called
        threads: int | None,  # threads that numerical libraries may use in a process
        capture: bool,  # whether output is kept for failures instead of going where this process's output goes
        places: Sequence[str] = (),  # directories in which modules are looked for before those of this process
    ) -> None:
        self._environment = dict(environment)
        self._capture = capture
        self._directory = present_directory()
        path = os.pathsep.join([*places, *sys.path]).encode()
        self._size = len(path)
        self._payload_file = tempfile.TemporaryFile()  # noqa: SIM115  # closed in close()
        self._payload_file.write(path)
        self._payload_file.write(pickle.dumps(Orders(os.getpid(), detailed, threads, capture)))
        self._payload_file.write(payload)
        self._payload_file.flush()

    def start(self) -> WorkerProcess:
        """Start a process; it says by itself when it is ready.

        Raises
        ------
        OSError
            If the system has no room for it.
        """
        ours, theirs = socket.socketpair()
        reading, writing = os.pipe()
        output = self._new_output()
        descriptors = (theirs.fileno(), reading, self._payload_file.fileno())
        try:
            process = subprocess.Popen(
                [sys.executable, "-P", "-c", BOOT, *map(str, descriptors), str(self._size)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=None if output is None else subprocess.STDOUT,
                pass_fds=descriptors,
                cwd=self._directory if self._directory is not None and os.path.isdir(self._directory) else os.sep,
                env=self._environment,
                start_new_session=True,  # a terminal's Ctrl-C does not reach it, and its group can be killed
            )
        except BaseException:
            ours.close()
            os.close(writing)
            if output is not None:
                output.close()
            raise
        finally:
            theirs.close()
            os.close(reading)
        return WorkerProcess(process, Channel(ours), writing, output)

    def close(self) -> None:
        """Give back the copy of the task."""
        self._payload_file.close()

    def _new_output(self) -> IO[bytes] | None:
        if not self._capture:
            return None
        output = tempfile.TemporaryFile()  # noqa: SIM115  # closed when the process is reaped
        fcntl.fcntl(output, fcntl.F_SETFL, fcntl.fcntl(output, fcntl.F_GETFL) | os.O_APPEND)
        return output

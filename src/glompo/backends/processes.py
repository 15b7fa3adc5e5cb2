"""Optimizers in processes of their own: what they do to themselves harms no other, and they can be killed.

One child per optimizer, one line each, and one wait for all lines and all ends. An end is a message like any other:
what the child had sent before is delivered first, then its end with signal or exit code.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from time import monotonic
from typing import IO, Any

from glompo.backends.fork_server import UNKNOWN, ForkedProcess, ForkServer, fork_server
from glompo.backends.protocol import Capabilities
from glompo.errors import SettingError
from glompo.evaluators.environment import environment
from glompo.evaluators.payload import pickled
from glompo.evaluators.pickle_diagnosis import why_not
from glompo.evaluators.pool.process_tree import signal_group, watch
from glompo.evaluators.printstreams import PRINTSTREAM
from glompo.events import Stopped
from glompo.events.enums import Ending
from glompo.loggers import library_logger
from glompo.wire.launch_request import LaunchRequest
from glompo.wire.messages import AT, OPT, UP
from glompo.worker.mailbox import COUNT

logger = library_logger("glompo.backends")

CHILD_GRACE = 2.0
"""Seconds between SIGTERM and SIGKILL when the backend closes."""


@dataclass(slots=True)
class _Child:
    process: subprocess.Popen[bytes] | ForkedProcess
    line: Connection
    end: int | None  # a file descriptor that becomes readable when the process has ended
    claims: IO[bytes]  # the credits that it has used
    reported_end: bool = False

    @property
    def waited_for(self) -> list[Connection | int]:
        """What becomes readable when it says something or ends."""
        return [self.line] if self.end is None else [self.line, self.end]


class ProcessesBackend:
    """One process per optimizer.

    Parameters
    ----------
    printstreams : Path, optional
        Folder for what each optimizer prints, ``printstream_<number>.out`` and ``.err``; without it they print where
        this process prints.
    modules : sequence of str
        What the optimizers import: modules of libraries, not of the user.
    """

    capabilities = Capabilities(can_terminate=True)

    def __init__(self, printstreams: Path | None = None, modules: Sequence[str] = ()) -> None:
        self._printstreams = printstreams
        self._modules = modules
        self._server: ForkServer | None = None
        self._forks = True  # until that has failed
        self._children: dict[int, _Child] = {}
        self._wakeup_read, self._wakeup_write = os.pipe()
        os.set_blocking(self._wakeup_write, False)
        self._waits = selectors.DefaultSelector()  # one for all turns: to make one costs as much as there are children
        self._waits.register(self._wakeup_read, selectors.EVENT_READ)

    def launch(self, launch_request: LaunchRequest) -> None:
        """Start the optimizer in a new process.

        Raises
        ------
        SettingError
            If the task or the optimizer cannot be sent to another process.
        """
        environ = _environment(launch_request.context.plan)
        with _packed(launch_request, environ) as file, self._output_files(launch_request.opt) as (out, err):
            ours, theirs = socket.socketpair()
            claims = tempfile.TemporaryFile()  # noqa: SIM115  # closed when the child is reaped
            claims.truncate(COUNT)
            with theirs:
                files = (theirs.fileno(), file.fileno(), claims.fileno())
                process = self._forked(files, out, err, environ) or _spawned(files, out, err, environ)
        opt, child = launch_request.opt, _Child(process, Connection(ours.detach()), _end_of(process), claims)
        self._children[opt] = child
        for one in child.waited_for:
            self._waits.register(one, selectors.EVENT_READ, opt)

    def _forked(
        self, files: tuple[int, int, int], out: IO[bytes] | None, err: IO[bytes] | None, environ: Mapping[str, str]
    ) -> ForkedProcess | None:
        """Start a child from the server; None if there is no server, or it cannot."""
        try:
            if self._server is None and self._forks:
                self._server = fork_server(self._modules, environ)
                self._forks = self._server is not None
            if self._server is None:
                return None
            return self._server.start(*files, 1 if out is None else out.fileno(), 2 if err is None else err.fileno())
        except OSError as error:
            logger.warning("optimizers are started from scratch, which takes longer: %s", error)
            self._end_server()
            return None

    def _end_server(self) -> None:
        self._forks = False
        if self._server is not None:
            self._server.close()
            self._server = None

    def send(self, opt: int, message: bytes) -> None:
        """Give a message to an optimizer, if it is still there."""
        child = self._children.get(opt)
        if child is not None:
            with contextlib.suppress(OSError):
                child.line.send_bytes(message)

    def receive(self, timeout: float | None) -> list[tuple[int, bytes]]:
        """Return the messages and the ends of the optimizers, waiting up to `timeout` seconds."""
        ready = {key.data for key, _ in self._waits.select(timeout)}
        if None in ready:
            os.read(self._wakeup_read, 4096)
        arrivals: list[tuple[int, bytes]] = []
        for opt in sorted(ready - {None}):
            arrivals.extend((opt, message) for message in self._receive_from(opt))
        return arrivals

    def wake(self) -> None:
        """Make a waiting :meth:`receive` return."""
        with contextlib.suppress(BlockingIOError):
            os.write(self._wakeup_write, b"!")

    def end(self, opt: int, force: bool) -> None:
        """End the optimizer's process and everything that it started: SIGTERM, or SIGKILL by `force`."""
        child = self._children.get(opt)
        if child is not None and child.process.poll() is None:
            signal_group(child.process.pid, signal.SIGKILL if force else signal.SIGTERM)

    def close(self, timeout: float) -> list[int]:
        """Wait for the children, then end the rest by force; none is left."""
        self._await(monotonic() + timeout)
        for opt in self._children:
            self.end(opt, force=False)
        if self._children:
            self._await(monotonic() + CHILD_GRACE)
        for opt in list(self._children):
            self.end(opt, force=True)
            self._reap(opt)
        self._end_server()
        self._waits.close()
        os.close(self._wakeup_read)
        os.close(self._wakeup_write)
        return []

    @contextlib.contextmanager
    def _output_files(self, opt: int) -> Iterator[tuple[IO[bytes] | None, IO[bytes] | None]]:
        """Open the files that take what the optimizer prints; nothing is buffered, so that a kill loses no line."""
        if self._printstreams is None:
            yield None, None
            return
        self._printstreams.mkdir(parents=True, exist_ok=True)
        path = self._printstreams / f"{PRINTSTREAM}{opt}"
        with open(f"{path}.out", "ab") as out, open(f"{path}.err", "ab") as err:
            yield out, err

    def _receive_from(self, opt: int) -> list[bytes]:
        """Return the messages of one child; if it has ended, all that it had sent, and its end."""
        child = self._children[opt]
        messages: list[bytes] = []
        gone = child.process.poll() is not None
        try:
            while child.line.poll():
                messages.append(child.line.recv_bytes())
                child.reported_end |= UP.holds(messages[-1], Stopped)
        except (EOFError, OSError):
            gone = True
        if gone:
            code, claimed = self._reap(opt)
            if not child.reported_end:
                messages.append(UP.encode(Stopped(AT, OPT, Ending.DIED, False, _cause(code), claimed=claimed)))
        return messages

    def _reap(self, opt: int) -> tuple[int, int]:
        """Return the exit code of a child that has ended, and how many credits it had used."""
        child = self._children.pop(opt)
        for one in child.waited_for:
            self._waits.unregister(one)
        try:
            code = child.process.wait(CHILD_GRACE)
        except subprocess.TimeoutExpired:  # its line is closed, yet it lives: it is of no use any more
            signal_group(child.process.pid, signal.SIGKILL)
            code = child.process.wait()
        signal_group(child.process.pid, signal.SIGKILL)  # what it started and left behind
        child.line.close()
        if child.end is not None:
            os.close(child.end)
        with child.claims:
            return code, int.from_bytes(os.pread(child.claims.fileno(), COUNT, 0), sys.byteorder)

    def _await(self, until: float) -> None:
        for opt in list(self._children):
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._children[opt].process.wait(max(0.0, until - monotonic()))
                self._reap(opt)


def _end_of(process: subprocess.Popen[bytes] | ForkedProcess) -> int | None:
    """Return a descriptor that becomes readable when the process has ended; None where the system has none."""
    return os.dup(process.end) if isinstance(process, ForkedProcess) else watch(process.pid)


def _spawned(
    files: tuple[int, int, int], out: IO[bytes] | None, err: IO[bytes] | None, environ: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """Start a child from scratch."""
    return subprocess.Popen(
        [sys.executable, "-m", "glompo.worker.child", *map(str, files)],
        pass_fds=files,
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=err,
        env=environ,
        start_new_session=True,
    )


def _packed(launch_request: LaunchRequest, environ: Mapping[str, str]) -> Any:
    """Return an open file with everything that the child needs, at its beginning."""
    data = sendable("the optimizer with its task", launch_request)
    file = tempfile.TemporaryFile()  # noqa: SIM115  # closed by the caller, once the child has it
    file.write(pickle.dumps((sys.path, dict(environ))))
    file.write(data)
    file.flush()
    file.seek(0)
    return file


def sendable(what: str, value: object) -> bytes:
    """Return `value` as it is sent to another process.

    Raises
    ------
    SettingError
        If that cannot be done, naming `what`.
    """
    try:
        return pickled(value)
    except Exception as error:
        raise SettingError(
            f"{what} cannot be sent to another process: {why_not(value, error)}; "
            "give an import path 'module:function', or use backend='threads'"
        ) from error


def _environment(plan: Any) -> dict[str, str]:
    """Return the environment of a child, in which each evaluation under way may use so many numerical threads."""
    return environment(1 if plan is None else plan.threads_per_worker, {"PYTHONUNBUFFERED": "1"})


def _cause(code: int) -> str:
    if code == UNKNOWN:
        return "its process ended, it is not known how: the process from which it was forked was gone"
    if code >= 0:
        return f"its process ended with exit code {code}"
    try:
        return f"its process was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"its process was ended by signal {-code}"

"""Optimizers in processes of their own: what they do to themselves they do to nobody else, and they can be killed.

One child per optimizer, one line each, and one wait for all lines and all deaths. A death is a message like any
other: whatever the child had said before is delivered first, then its end with signal or exit code.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from time import monotonic
from typing import IO, Any

from glompo.backends.protocol import Capabilities
from glompo.errors import SettingError
from glompo.evaluators.pickle_by_value import pickled
from glompo.evaluators.pickle_diagnosis import why_not
from glompo.evaluators.pool.environment import environment
from glompo.wire.launch_request import LaunchRequest
from glompo.wire.messages import UP, Ended
from glompo.worker.mailbox import COUNT

GRACE = 2.0
"""Seconds between SIGTERM and SIGKILL when the backend closes."""


@dataclass(slots=True)
class _Child:
    process: subprocess.Popen[bytes]
    line: Connection
    death: int | None  # a file descriptor that becomes readable when the process has ended
    claims: IO[bytes]  # the credits that it has used
    said_goodbye: bool = False


class ProcessesBackend:
    """One process per optimizer.

    Parameters
    ----------
    printstreams : Path, optional
        Folder for what each optimizer prints, ``printstream_<number>.out`` and ``.err``; without it they print where
        this process prints.
    """

    capabilities = Capabilities(can_terminate=True, can_kill=True)

    def __init__(self, printstreams: Path | None = None) -> None:
        self._printstreams = printstreams
        self._children: dict[int, _Child] = {}
        self._wakeup_pipe, self._ringer = os.pipe()
        os.set_blocking(self._ringer, False)

    def launch(self, launch_request: LaunchRequest) -> None:
        """Start the optimizer in a new process.

        Raises
        ------
        SettingError
            If the task or the optimizer cannot be sent to another process.
        """
        with _packed(launch_request) as file, self._prints(launch_request.opt) as (out, err):
            ours, theirs = socket.socketpair()
            claims = tempfile.TemporaryFile()  # noqa: SIM115  # closed when the child is buried
            claims.truncate(COUNT)
            with theirs:
                files = (theirs.fileno(), file.fileno(), claims.fileno())
                command = [sys.executable, "-m", "glompo.worker.child", *map(str, files)]
                process = subprocess.Popen(
                    command,
                    pass_fds=files,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    env=_environment(launch_request.context.plan),
                    start_new_session=True,
                )
        self._children[launch_request.opt] = _Child(process, Connection(ours.detach()), _death_of(process), claims)

    def send(self, opt: int, message: bytes) -> None:
        """Give a message to an optimizer, if it is still there."""
        child = self._children.get(opt)
        if child is not None:
            with contextlib.suppress(OSError):
                child.line.send_bytes(message)

    def receive(self, timeout: float | None) -> list[tuple[int, bytes]]:
        """Return what the optimizers said and who has died, waiting up to `timeout` seconds."""
        owners: dict[Any, int] = {}
        for opt, child in self._children.items():
            owners[child.line] = opt
            if child.death is not None:
                owners[child.death] = opt
        ready = wait([*owners, self._wakeup_pipe], timeout)
        if self._wakeup_pipe in ready:
            os.read(self._wakeup_pipe, 4096)
        arrivals: list[tuple[int, bytes]] = []
        for opt in sorted({owners[one] for one in ready if one in owners}):
            arrivals.extend((opt, message) for message in self._hear(opt))
        return arrivals

    def wake(self) -> None:
        """Make a waiting :meth:`receive` return."""
        with contextlib.suppress(BlockingIOError):
            os.write(self._ringer, b"!")

    def end(self, opt: int, force: bool) -> None:
        """End the optimizer's process and everything that it started: SIGTERM, or SIGKILL by `force`."""
        child = self._children.get(opt)
        if child is not None and child.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.process.pid, signal.SIGKILL if force else signal.SIGTERM)

    def close(self, patience: float) -> list[int]:
        """Wait for the children, then end the rest by force; none is left."""
        self._await(monotonic() + patience)
        for opt in self._children:
            self.end(opt, force=False)
        if self._children:
            self._await(monotonic() + GRACE)
        for opt in list(self._children):
            self.end(opt, force=True)
            self._reap(opt)
        os.close(self._wakeup_pipe)
        os.close(self._ringer)
        return []

    @contextlib.contextmanager
    def _prints(self, opt: int) -> Iterator[tuple[IO[bytes] | None, IO[bytes] | None]]:
        """Open the files that take what the optimizer prints; nothing is buffered, so that a kill loses no line."""
        if self._printstreams is None:
            yield None, None
            return
        self._printstreams.mkdir(parents=True, exist_ok=True)
        path = self._printstreams / f"printstream_{opt}"
        with open(f"{path}.out", "ab") as out, open(f"{path}.err", "ab") as err:
            yield out, err

    def _hear(self, opt: int) -> list[bytes]:
        """Return what one child said; if it is dead, everything that it had said, and its end."""
        child = self._children[opt]
        messages: list[bytes] = []
        gone = child.process.poll() is not None
        try:
            while child.line.poll():
                messages.append(child.line.recv_bytes())
                child.said_goodbye |= isinstance(UP.decode(messages[-1]), Ended)
        except (EOFError, OSError):
            gone = True
        if gone:
            code, claimed = self._reap(opt)
            if not child.said_goodbye:
                messages.append(UP.encode(Ended("died", False, _cause(code), claimed=claimed)))
        return messages

    def _reap(self, opt: int) -> tuple[int, int]:
        """Return the exit code of a child that has ended, and how many credits it had used."""
        child = self._children.pop(opt)
        try:
            code = child.process.wait(GRACE)
        except subprocess.TimeoutExpired:  # its line is closed, yet it lives: it is of no use any more
            os.killpg(child.process.pid, signal.SIGKILL)
            code = child.process.wait()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.process.pid, signal.SIGKILL)  # what it started and left behind
        child.line.close()
        if child.death is not None:
            os.close(child.death)
        with child.claims:
            return code, int.from_bytes(os.pread(child.claims.fileno(), COUNT, 0), sys.byteorder)

    def _await(self, end: float) -> None:
        for opt in list(self._children):
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._children[opt].process.wait(max(0.0, end - monotonic()))
                self._reap(opt)


def _packed(launch_request: LaunchRequest) -> Any:
    """Return an open file with everything that the child needs, at its beginning."""
    data = sendable("the optimizer with its task", launch_request)
    file = tempfile.TemporaryFile()  # noqa: SIM115  # closed by the caller, once the child has it
    file.write(pickle.dumps(sys.path))
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


def _death_of(process: subprocess.Popen[bytes]) -> int | None:
    try:
        return os.pidfd_open(process.pid)
    except (AttributeError, OSError):  # not on Linux, or an old one: the end of the line tells as well
        return None


def _cause(code: int) -> str:
    if code >= 0:
        return f"its process ended with exit code {code}"
    try:
        return f"its process was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"its process was ended by signal {-code}"

"""Children from a server that has imported what they need: a start costs a fork instead of all imports."""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence

from glompo.evaluators.pool.process_tree import watch
from glompo.worker.fork_server import CLOSED_ON_EXEC, LONGEST

PATIENCE = 60.0
"""Seconds within which the server must have answered; its imports are among what it does then."""

GRACE = 2.0
"""Seconds within which the server must have told the exit code of a child that has ended, or have ended itself."""

UNKNOWN = 256
"""In the place of an exit code that is not known, since the server is gone; no process can end with that."""


class ForkedProcess:
    """A child of the server, with the methods of a :class:`subprocess.Popen` that the backend needs.

    Parameters
    ----------
    pid : int
        Its number.
    end : int
        Descriptor that becomes readable when it has ended; it stays open until the process has been waited for.
    exit_code : int
        Descriptor from which its exit code is read then.
    """

    def __init__(self, pid: int, end: int, exit_code: int) -> None:
        self.pid = pid
        self.end = end
        self._exit_code = exit_code
        self._code: int | None = None

    def poll(self) -> int | None:
        """Return the exit code, a signal as a negative number; None while the process lives."""
        if self._code is None and _readable(self.end, 0.0):
            told = os.read(self._exit_code, LONGEST) if _readable(self._exit_code, GRACE) else b""
            self._code = int(told) if told else UNKNOWN
            os.close(self._exit_code)
            os.close(self.end)
        return self._code

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code when the process has ended.

        Raises
        ------
        subprocess.TimeoutExpired
            If it has not after `timeout` seconds.
        """
        if self._code is None and not _readable(self.end, timeout):
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0.0)
        code = self.poll()
        assert code is not None  # it has ended
        return code


class ForkServer:
    """The server, and the line to it.

    Parameters
    ----------
    modules : sequence of str
        What it imports.
    environ : mapping
        Its environment; libraries read theirs when they are imported.
    """

    def __init__(self, modules: Sequence[str], environ: Mapping[str, str]) -> None:
        plan = json.dumps({"path": [place for place in sys.path if isinstance(place, str)], "modules": list(modules)})
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._line.settimeout(PATIENCE)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "glompo.worker.fork_server", str(theirs.fileno()), plan],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env=environ,
                start_new_session=True,
            )

    def start(self, line: int, request: int, claims: int, out: int, err: int) -> ForkedProcess:
        """Start a child with these files.

        Raises
        ------
        OSError
            If the server starts none, with the reason.
        """
        directory = os.open(".", os.O_RDONLY | os.O_DIRECTORY)
        exit_code, theirs = os.pipe()
        try:
            files = [line, request, claims, directory, out, err, theirs]
            socket.send_fds(self._line, [b"start"], files)
            answer, descriptors, _, _ = socket.recv_fds(self._line, LONGEST, 1, CLOSED_ON_EXEC)
            if not descriptors:
                raise OSError(answer.decode(errors="replace") or "it has ended")
        except OSError:
            os.close(exit_code)
            raise
        finally:
            os.close(directory)
            os.close(theirs)
        return ForkedProcess(int(answer), descriptors[0], exit_code)

    def close(self) -> None:
        """End the server; children that live go on."""
        self._line.close()
        try:
            self._process.wait(GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def fork_server(modules: Sequence[str], environ: Mapping[str, str]) -> ForkServer | None:
    """Return a server that is being started; None where children are started from scratch.

    A fork is clean only where the libraries of the system are made for it, which those of macOS are not.
    """
    own = watch(os.getpid())
    if own is None:  # another system, or an early kernel
        return None
    os.close(own)
    return ForkServer(modules, environ)


def _readable(descriptor: int, seconds: float | None) -> bool:
    """Wait until something can be read, `seconds` at most; say whether."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(None if seconds is None else max(0.0, seconds) * 1000))

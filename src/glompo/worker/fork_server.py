"""The process from which those of optimizers are forked: ``python -m glompo.worker.fork_server LINE PLAN``.

It imports what the optimizers need, once, and does nothing else: it never unpacks a launch request, so no code of the
user runs here. Each request on its line comes with the files of one child, and is answered with the number of the child
and a descriptor of it, or with why there is none. When a child has ended its exit code goes into the pipe that came
with its request. When the engine vanishes, so does this process.

A child begins as clean as a program that has just started: no thread, a session of its own, none of the files of
others, the directory and the variables that the engine has at that moment, and random numbers of its own.
"""

from __future__ import annotations

import gc
import json
import os
import selectors
import socket
import sys
import threading
import warnings
from contextlib import suppress
from dataclasses import dataclass, fields
from typing import NoReturn

from glompo.evaluators.environment import THREAD_LIMITS
from glompo.worker import child
from glompo.worker.imports import import_all

CLOSED_ON_EXEC = getattr(socket, "MSG_CMSG_CLOEXEC", 0)
"""Of descriptors that are received: programs that the task starts do not inherit them."""

LONGEST = 64
"""Bytes of a message on the line."""


@dataclass(frozen=True, slots=True)
class Files:
    """The descriptors that come with a request, in this order."""

    line: int
    request: int
    claims: int
    directory: int
    out: int
    err: int
    exit_code: int


def main() -> None:
    """Serve until the line ends."""
    line = socket.socket(fileno=int(sys.argv[1]))
    plan = json.loads(sys.argv[2])
    sys.path[:] = plan["path"]
    import_all(["glompo.worker.host", "glompo.worker.log_forwarding", *plan["modules"]])
    objection = _threads()
    gc.collect()
    gc.freeze()  # so that the memory that children share is not copied by their first collection
    with selectors.DefaultSelector() as events:
        events.register(line, selectors.EVENT_READ)
        while True:
            for key, _ in events.select():
                if key.data is None:
                    if not _serve(line, events, objection):
                        return
                else:
                    _reap(key, events)


def _threads() -> str:
    """Return why a fork of this process would not be clean; empty if it would."""
    if threading.active_count() > 1:
        return "a library that was imported has started threads"
    # OpenBLAS ends its threads before a fork and starts them again when they are needed
    allowed = max((int(os.environ[name]) for name in THREAD_LIMITS if os.environ.get(name, "").isdigit()), default=1)
    return "" if len(os.listdir("/proc/self/task")) <= allowed else "a library that was imported has started threads"


def _serve(line: socket.socket, events: selectors.BaseSelector, objection: str) -> bool:
    """Answer one request; return whether there was one."""
    message, descriptors, _, _ = socket.recv_fds(line, LONGEST, len(fields(Files)), CLOSED_ON_EXEC)
    if not message:
        return False
    files = Files(*descriptors)
    answer, end = objection.encode(), None
    if not objection:
        try:
            with warnings.catch_warnings():  # that threads do not survive a fork is known, and has been looked after
                warnings.simplefilter("ignore", DeprecationWarning)
                pid = os.fork()
            if not pid:
                others = [key.data[1] for key in events.get_map().values() if key.data is not None]
                _become_child(files, [line.detach(), files.exit_code, *others], events)
            end = os.pidfd_open(pid)
            events.register(end, selectors.EVENT_READ, (pid, files.exit_code))
            answer = str(pid).encode()
        except OSError as error:
            answer = str(error).encode()[:LONGEST]
    socket.send_fds(line, [answer], [] if end is None else [end])
    for descriptor in descriptors:
        if end is None or descriptor != files.exit_code:
            os.close(descriptor)
    return True


def _reap(key: selectors.SelectorKey, events: selectors.BaseSelector) -> None:
    pid, exit_code = key.data
    _, status = os.waitpid(pid, 0)
    with suppress(OSError):  # the engine may have given it up
        os.write(exit_code, str(os.waitstatus_to_exitcode(status)).encode())
    events.unregister(key.fileobj)
    os.close(exit_code)
    os.close(key.fd)


def _become_child(files: Files, foreign: list[int], events: selectors.BaseSelector) -> NoReturn:
    """Be the process of an optimizer."""
    try:
        os.setsid()
        for key in list(events.get_map().values()):
            if key.data is not None:
                os.close(key.fd)
        events.close()
        for descriptor in foreign:
            os.close(descriptor)
        for own, place in ((files.out, 1), (files.err, 2)):
            os.dup2(own, place)
            os.close(own)
        os.fchdir(files.directory)
        os.close(files.directory)
        if "numpy.random" in sys.modules:  # Python's own generator sees to itself
            sys.modules["numpy.random"].seed()
        sys.argv = [child.__file__, *map(str, (files.line, files.request, files.claims))]
        child.main()
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(1)


if __name__ == "__main__":
    main()

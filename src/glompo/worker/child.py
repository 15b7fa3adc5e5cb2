"""The process in which one optimizer lives: ``python -m glompo.worker.child LINE REQUEST CLAIMS``.

It gets three open files from its parent: a line for messages, a file that holds `sys.path`, the environment and the
launch request, and one into which it counts the credits that it uses, for the parent to read if it dies. It does not
import the parent's main module, so a script needs no ``if __name__ == "__main__"``; what the parent defined there has
travelled by value.
When the parent vanishes the line ends, and so does this process, with its children.
"""

from __future__ import annotations

import mmap
import os
import pickle
import signal
import sys
import threading
from multiprocessing.connection import Connection
from typing import Any


def main() -> None:
    """Run the optimizer of the launch request."""
    line, request_fd = Connection(int(sys.argv[1])), int(sys.argv[2])
    with os.fdopen(request_fd, "rb") as file:
        sys.path[:], variables = pickle.load(file)
        request_bytes = file.read()
    for name in os.environ.keys() - variables.keys():
        del os.environ[name]
    os.environ.update(variables)
    from glompo.evaluators.environment import leave_vanished_directory
    from glompo.worker.batch import Flusher
    from glompo.worker.host import host
    from glompo.worker.log_forwarding import forward
    from glompo.worker.mailbox import COUNT, Mailbox

    leave_vanished_directory(None)  # inherited from a parent whose directory is gone
    sending = threading.Lock()

    def send(data: bytes) -> None:
        with sending:
            line.send_bytes(data)

    claims = mmap.mmap(int(sys.argv[3]), COUNT)
    mailbox = Mailbox(send, Flusher(), vanish=lambda: os._exit(0), claims=claims)
    threading.Thread(target=_listen, args=(line, mailbox), name="glompo-line", daemon=True).start()
    launch_request = _unpacked(request_bytes, mailbox)
    forward(mailbox.post, launch_request.log_level)
    host(launch_request, mailbox, f"process {os.getpid()}")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # threads of the task that still run must not keep the process alive


def _unpacked(data: bytes, mailbox: Any) -> Any:
    """Return the launch request; if it cannot be unpacked here, report why and end."""
    from glompo.events import Noted, Stopped
    from glompo.events.enums import Ending
    from glompo.safe_text import error_text
    from glompo.wire.messages import AT, OPT

    try:
        return pickle.loads(data)
    except Exception as error:
        import traceback

        mailbox.post(Noted(AT, OPT, traceback.format_exc()))
        note = f"the task or the optimizer cannot be loaded in a new process: {error_text(error)}"
        mailbox.post(Stopped(AT, OPT, Ending.RAISED, False, note))
        os._exit(1)


def _listen(line: Connection, mailbox: Any) -> None:
    try:
        while True:
            mailbox.put(line.recv_bytes())
    except (EOFError, OSError):
        os.killpg(os.getpgrp(), signal.SIGKILL)  # the engine is gone: nothing needs this process or its children


if __name__ == "__main__":
    main()

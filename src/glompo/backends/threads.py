"""Optimizers in threads of this process: nothing is copied, any task will do, and no thread can be killed.

What can be ended are evaluations that an optimizer has under way in guarded processes.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from time import monotonic

from glompo.backends.protocol import Capabilities
from glompo.evaluators.printstreams import PRINTSTREAM, printing_to, routed
from glompo.evaluators.shared import InFlight
from glompo.wire.launch_request import LaunchRequest
from glompo.worker.batch import Flusher
from glompo.worker.host import host
from glompo.worker.mailbox import Mailbox

NO_OPTIMIZER = 0
"""Sender of a message that only wakes the engine; optimizers are numbered from 1."""


class ThreadsBackend:
    """One daemon thread per optimizer, and one flusher for all.

    Parameters
    ----------
    printstreams : Path, optional
        Folder for what each optimizer prints through Python, as of a
        :class:`~glompo.backends.processes.ProcessesBackend`; without it they print where this process prints.
    """

    capabilities = Capabilities()  # a thread can be asked and cut, nothing more; see `end`

    def __init__(self, printstreams: Path | None = None) -> None:
        self._printstreams = printstreams
        self._routed = ExitStack()
        self._arrivals: queue.SimpleQueue[tuple[int, bytes]] = queue.SimpleQueue()
        self._mailboxes: dict[int, Mailbox] = {}
        self._threads: dict[int, threading.Thread] = {}
        self._in_flight: dict[int, InFlight] = {}
        self._ended: deque[tuple[int, Mailbox]] = deque()
        self._flusher: Flusher | None = None

    def launch(self, launch_request: LaunchRequest) -> None:
        """Start the optimizer in a thread."""
        if self._flusher is None:
            self._flusher = Flusher()
            if self._printstreams is not None:
                self._printstreams.mkdir(parents=True, exist_ok=True)
                self._routed.enter_context(routed())
        self._forget_ended()
        name = f"glompo-optimizer-{launch_request.opt}"
        mailbox = Mailbox(partial(self._arrive, launch_request.opt), self._flusher)
        in_flight = self._in_flight[launch_request.opt] = InFlight()
        arguments = (launch_request, mailbox, name, in_flight)
        thread = threading.Thread(target=self._host, args=arguments, name=name, daemon=True)
        self._mailboxes[launch_request.opt] = mailbox
        self._threads[launch_request.opt] = thread
        thread.start()

    def send(self, opt: int, message: bytes) -> None:
        """Put a message into the optimizer's mailbox."""
        mailbox = self._mailboxes.get(opt)
        if mailbox is not None:
            mailbox.put(message)

    def receive(self, timeout: float | None) -> list[tuple[int, bytes]]:
        """Return what has arrived, waiting up to `timeout` seconds for the first message."""
        try:
            arrivals = [self._arrivals.get(timeout=timeout)]
        except queue.Empty:
            return []
        while not self._arrivals.empty():
            arrivals.append(self._arrivals.get())
        return [arrival for arrival in arrivals if arrival[0] != NO_OPTIMIZER]

    def wake(self) -> None:
        """Make a waiting :meth:`receive` return."""
        self._arrivals.put((NO_OPTIMIZER, b""))

    def end(self, opt: int, force: bool) -> None:
        """End the evaluations that the optimizer has under way in guarded processes; its thread cannot be ended."""
        if opt in self._in_flight:
            self._in_flight[opt].end()

    def close(self, timeout: float) -> list[int]:
        """Wait for the threads; those inside the task when `timeout` ends are left behind as daemons."""
        end = monotonic() + timeout
        for opt, thread in self._threads.items():
            if not self._mailboxes[opt].given_up:
                thread.join(max(0.0, end - monotonic()))
        if self._flusher is not None:
            self._flusher.close()
        self._routed.close()
        return [opt for opt, thread in self._threads.items() if thread.is_alive() and not self._mailboxes[opt].given_up]

    def _arrive(self, opt: int, data: bytes) -> None:
        self._arrivals.put((opt, data))

    def _host(self, launch_request: LaunchRequest, mailbox: Mailbox, name: str, in_flight: InFlight) -> None:
        folder = self._printstreams
        with printing_to("" if folder is None else f"{folder.absolute() / PRINTSTREAM}{launch_request.opt}"):
            host(launch_request, mailbox, name, in_flight=in_flight)
        self._ended.append((launch_request.opt, mailbox))

    def _forget_ended(self) -> None:
        while self._ended:
            opt, mailbox = self._ended.popleft()
            if self._mailboxes.get(opt) is mailbox:  # else it has come back, in another thread
                del self._threads[opt], self._mailboxes[opt], self._in_flight[opt]

"""What runs on the workers of a Dask cluster: a task that stays, and makes one call after the other.

Dask takes about ten milliseconds to schedule a task, to run it and to fetch its result. So GloMPO gives it few tasks
that stay, streams, and hands its calls to them through queues of the scheduler, in about one. A stream holds a
thread of its worker, as an evaluation would: Dask sees how busy the cluster is, and reaches wherever Dask reaches.

The streams of one worker share a channel: a message costs the scheduler as much as anything in it, so calls that are
sent at the same time, and answers that are ready at the same time, travel in one.
"""

from __future__ import annotations

import pickle
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from threading import Lock
from typing import Any, Final
from uuid import uuid4

import cloudpickle

from glompo.safe_text import error_text

UNATTENDED_LIMIT = 60.0
"""Seconds without a call after which a stream ends by itself. It has been told to end long before, unless the process
that made it is gone."""

BEGUN: Final = "begun"
"""First message of a stream: its key, the name of its channel, the address of its worker."""

DONE: Final = "done"
"""Message of a stream that made a call: the name of its channel, the number of the call, and its answer, pickled."""


class CallRefusedError(Exception):
    """A call could not be made over there, or its answer could not be sent; it travels as the answer."""


class Channel:
    """The messages of all streams of one worker; `answers` is the name of the queue of the client."""

    def __init__(self, answers: str) -> None:
        dask = import_module("distributed")
        # a new name each time: by it the client notices that the worker before was lost
        self.name = f"{answers}-{uuid4().hex[:12]}"
        self.streams = 0
        self._calls = dask.Queue(self.name)
        self._answers = dask.Queue(answers)
        self._read: deque[Any] = deque()
        self._unsent: deque[list[Any]] = deque()
        self._reading, self._sending = Lock(), Lock()

    def next_order(self) -> Any:
        """Return a call, as its number and what is pickled, or None for a stream that is to end.

        Raises
        ------
        TimeoutError
            If there was none for too long.
        """
        if not self._reading.acquire(timeout=UNATTENDED_LIMIT):  # one stream reads for all
            raise TimeoutError
        try:
            if not self._read:
                self._read.extend(self._calls.get(timeout=UNATTENDED_LIMIT))
            return self._read.popleft()
        finally:
            self._reading.release()

    def say(self, *message: Any) -> None:
        """Send a message, or leave that to the stream that is just sending."""
        self._unsent.append([*message])
        while self._unsent and self._sending.acquire(blocking=False):
            try:
                self._answers.put([self._unsent.popleft() for _ in range(len(self._unsent))])
            finally:
                self._sending.release()

    def close(self) -> None:
        """Let go of the queues."""
        self._calls.close()
        self._answers.close()


_channels: dict[tuple[str, str], Channel] = {}
_lock = Lock()


@contextmanager
def _channel(answers: str, address: str) -> Iterator[Channel]:
    """Lend the channel of this worker: several workers may share a process."""
    with _lock:
        channel = _channels.get((answers, address)) or Channel(answers)
        _channels[answers, address] = channel
        channel.streams += 1
    try:
        yield channel
    finally:
        with _lock:
            channel.streams -= 1
            if not channel.streams:
                del _channels[answers, address]
                channel.close()


def run_worker_loop(key: str, answers: str) -> None:
    """Make the calls that arrive until told to end; `answers` is the name of a queue for messages and of an event."""
    dask = import_module("distributed")
    address = dask.get_worker().address
    with _channel(answers, address) as channel:
        channel.say(BEGUN, key, channel.name, address)
        if not dask.Event(answers).is_set():  # the client has closed, and may not read this message any more
            return
        with suppress(TimeoutError):
            while (order := channel.next_order()) is not None:
                number, call = order
                channel.say(DONE, channel.name, number, answer(call))


def answer(packed: bytes) -> bytes:
    """Return what a pickled call gives, pickled."""
    try:
        call, arguments = pickle.loads(packed)
        return _packed(call(*arguments))
    except BaseException as error:  # of what was sent, or of what is to be sent: the task's own are outcomes
        return _packed(CallRefusedError(error_text(error)))


def _packed(content: Any) -> bytes:
    packed: bytes = cloudpickle.dumps(content)
    return packed

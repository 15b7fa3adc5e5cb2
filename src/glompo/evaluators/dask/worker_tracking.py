"""The calls under way on a Dask cluster, and the streams of the workers that make them.

Everything here happens in the event loop of the client, one thing after the other; only :meth:`WorkerStreams.submit`
and :meth:`WorkerStreams.close` are called from outside. A stream is *pending* until its worker says that it has begun.
From then on it is one of those that share the channel of this worker: calls are given to the channel, as many as it has
streams, and which of them makes a call is no concern of ours. Dask begins a stream again elsewhere when its worker is
lost, and does not tell; but the worker loop says once more that it has begun, in another channel. That is how the loss
of a worker, and of all that was under way in its channel, is noticed.
"""

from __future__ import annotations

import asyncio
import pickle
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass, field
from importlib import import_module
from itertools import count
from time import monotonic
from typing import Any
from uuid import uuid4

from glompo.evaluators.dask.worker_loop import BEGUN, DONE, CallRefusedError, run_worker_loop
from glompo.safe_text import error_text

WATCH_PERIOD = 1.0
"""Seconds between two looks at the scheduler and its workers."""

READ_PERIOD = 0.005
"""Seconds between two looks at answers that come in quick succession: what is read together is recorded, decided and
sent together. An answer that comes alone is read at once."""

IDLE_LIMIT = 10.0
"""Seconds that a stream may stay idle: it holds a thread that other tasks could use."""

CLOSE_TIMEOUT = 5.0
"""Seconds that streams get to end at close; one whose worker was just lost may wait for another for ever."""

CLOSED = "closed"
"""Last message in the queue of answers, from this side."""

KEY_PREFIX = "glompo-evaluations"
"""Beginning of the keys of streams, as Dask's dashboard shows them."""


class WorkerLostError(Exception):
    """Every worker that made the call was lost."""


class ClusterLostError(Exception):
    """The scheduler cannot be reached any more."""


class NoWorkerError(Exception):
    """There was no worker for too long."""


@dataclass(slots=True, eq=False)
class StreamCall:
    """A call that has not been answered."""

    number: int
    packed: bytes
    losses: int = 0
    future: Future[Any] = field(default_factory=Future)


@dataclass(slots=True, eq=False)
class WorkerChannel:
    """The streams of one worker."""

    queue: Any
    """Its calls."""
    address: str
    streams: set[WorkerStream] = field(default_factory=set)
    """Those whose task has not ended."""
    calls: dict[int, StreamCall] = field(default_factory=dict)
    """Those that have been given to it."""
    dismissed: int = 0
    """Streams that were told to end and have not yet."""
    unsent: list[list[Any] | None] = field(default_factory=list)
    sending: bool = False


@dataclass(slots=True, eq=False)
class WorkerStream:
    """A task of Dask that makes calls."""

    key: str
    task: Any = None
    channel: WorkerChannel | None = None
    """Its channel, from the time that it has begun."""


class WorkerStreams:
    """Makes calls on the workers of a cluster; as many at once as are submitted, and as the cluster has threads for.

    A call is made again after the loss of its worker, `retries` times at most, and waits `wait` seconds for a worker.
    """

    def __init__(self, client: Any, retries: int, wait: float) -> None:
        self._client = client
        self._retries = retries
        self._wait = wait
        dask = import_module("distributed")
        self._queue = dask.Queue
        self._prefix = f"{KEY_PREFIX}-{uuid4().hex[:12]}"
        self._numbers = count()
        self._waiting: deque[StreamCall] = deque()
        self._streams: dict[str, WorkerStream] = {}  # by the key of their task, pending ones included
        self._pending: set[WorkerStream] = set()
        # by the name of their queue: what a lost worker has still said names one that is not here any more
        self._channels: dict[str, WorkerChannel] = {}
        # the channel of each idle stream, and the time since when, in seconds of the monotonic clock
        self._idle: deque[tuple[WorkerChannel, float]] = deque()
        self._calls: dict[int, StreamCall] = {}  # the unanswered ones, in wait or under way
        self._tasks: set[asyncio.Task[None]] = set()
        self._broken: BaseException | None = None
        self._dismissal_planned = self._closed = False
        self._begun = 0
        self._answers = self._queue(f"{self._prefix}-answers", client)
        self._wanted = dask.Event(self._answers.name, client)
        self._wanted.set()  # until `close`: a stream that begins after that ends at once
        client.loop.add_callback(self._start)

    # from outside

    def submit(self, call: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Begin to make a call; the future may raise :class:`WorkerLostError`, or any of the errors of this module.

        Raises
        ------
        ClusterLostError
            If the client is not connected.
        """
        if self._client.status != "running":
            raise ClusterLostError(f"the Dask client is {self._client.status}")
        unanswered = StreamCall(next(self._numbers), pickle.dumps((call, arguments)))
        self._client.loop.add_callback(self._accept, unanswered)
        return unanswered.future

    def close(self) -> None:
        """End all streams; nothing may be under way."""
        if self._client.status == "running" and self._broken is None:
            self._client.sync(self._stop)

    # streams

    def _start(self) -> None:
        self._listening = self._spawn(self._listen())
        self._watching = self._spawn(self._watch_workers())

    async def _stop(self) -> None:
        for stream in self._streams.values():
            if stream.channel is None:
                self._spawn(self._cancel(stream))
            else:
                self._post(stream.channel, None)
        self._streams.clear()
        self._watching.cancel()
        leaving = self._tasks - {self._listening, self._watching}
        if leaving:
            await asyncio.wait(leaving, timeout=CLOSE_TIMEOUT)
        await self._wanted.clear()
        await self._answers.put([[CLOSED]])  # behind the messages of all streams that have not seen this
        await self._listening
        for channel in self._channels.values():
            channel.queue.close()
        for _ in range(1 + self._begun):  # the scheduler counts holders of a queue; lost workers still count
            self._answers.close()

    async def _watch_workers(self) -> None:
        """Give up when the scheduler is gone, or when calls have waited too long for a worker."""
        since = None
        while self._broken is None:
            await asyncio.sleep(WATCH_PERIOD)
            try:
                found = await asyncio.wait_for(self._client.scheduler.identity(n_workers=1), self._wait)
            except (Exception, asyncio.CancelledError) as error:
                self._fail_all(error)
                return
            if found["workers"] or not self._calls:
                since = None
            elif since is None:
                since = monotonic()
            elif monotonic() - since >= self._wait:
                self._fail_all(NoWorkerError(f"the cluster has had no worker for {self._wait:g} s"))

    def _launch(self) -> None:
        stream = WorkerStream(f"{self._prefix}-{next(self._numbers)}")
        stream.task = self._client.submit(run_worker_loop, stream.key, self._answers.name, key=stream.key, pure=False)
        self._streams[stream.key] = stream
        self._pending.add(stream)
        self._spawn(self._await_end(stream))

    async def _cancel(self, stream: WorkerStream) -> None:
        await self._client.cancel([stream.task])

    async def _await_end(self, stream: WorkerStream) -> None:
        """Settle what the end of a stream means."""
        error = None
        try:
            await stream.task
        except (Exception, asyncio.CancelledError) as raised:
            error = raised
        if error is not None and self._client.status != "running":  # with the connection, all futures are cancelled
            self._fail_all(error)
        elif self._streams.pop(stream.key, None) is not None:
            self._pending.discard(stream)
            if error is not None:
                self._give_up(stream, error)
            elif stream.channel is not None:
                self._leave(stream, stream.channel)
        stream.task.release()
        self._assign()

    def _leave(self, stream: WorkerStream, channel: WorkerChannel) -> None:
        """Take a stream out of its channel: it was dismissed, or has ended by itself, unattended for too long."""
        channel.streams.discard(stream)
        if channel.dismissed:
            channel.dismissed -= 1
        elif (place := next((one for one in self._idle if one[0] is channel), None)) is not None:
            self._idle.remove(place)
        if not channel.streams:  # no stream reads what was sent meanwhile
            self._channels.pop(channel.queue.name, None)
            channel.queue.close()
            self._waiting.extendleft(call for call in channel.calls.values() if call.number in self._calls)

    def _give_up(self, stream: WorkerStream, error: BaseException) -> None:
        """Settle calls for a stream that Dask gave up.

        Dask gives a task up when it has killed several workers in a row (KilledWorker), or when it cannot be sent. A
        stream is launched for each call in wait, so a pending one that is given up must take a call with it: if the
        call stayed in the queue, the next stream would be launched for it and given up as well, for ever.
        """
        if stream.channel is not None:
            self._lose(stream.channel)
        elif self._waiting:
            call = self._waiting.popleft()
            if isinstance(error, import_module("distributed").KilledWorker):
                self._count_loss(call, str(getattr(error.last_worker, "address", "")))
            else:
                del self._calls[call.number]
                call.future.set_exception(error)

    def _lose(self, channel: WorkerChannel) -> None:
        """Count the loss of what was under way on a worker."""
        self._channels.pop(channel.queue.name, None)
        channel.queue.close()
        channel.queue.close()  # once more for the lost worker, which cannot: the scheduler counts both
        self._idle = deque(one for one in self._idle if one[0] is not channel)
        for stream in channel.streams:
            if stream.key in self._streams:  # Dask begins it again elsewhere
                stream.channel = None
                self._pending.add(stream)
        for call in channel.calls.values():
            self._count_loss(call, channel.address)

    def _count_loss(self, call: StreamCall, address: str) -> None:
        """Have a call made again whose worker was lost, unless that has happened too often."""
        if call.number not in self._calls:  # answered by the worker that was taken for lost before
            return
        call.losses += 1
        if call.losses <= self._retries:
            self._waiting.appendleft(call)
        else:
            del self._calls[call.number]
            call.future.set_exception(WorkerLostError(address))

    # calls

    def _accept(self, call: StreamCall) -> None:
        self._calls[call.number] = call
        self._waiting.append(call)
        self._assign()

    def _assign(self) -> None:
        """Give the calls in wait to idle streams, and launch streams for the others."""
        if self._broken is not None:  # calls that were accepted meanwhile fail as well
            self._fail_all(self._broken)
        while self._waiting and self._idle:
            channel, _ = self._idle.pop()
            call = self._waiting.popleft()
            channel.calls[call.number] = call
            self._post(channel, [call.number, call.packed])
        # each pending stream will take a call in wait; Dask itself decides how many of them run at once
        try:
            for _ in range(len(self._waiting) - len(self._pending)):
                self._launch()
        except Exception as error:  # whatever a client refuses a task with
            self._fail_all(error)

    def _post(self, channel: WorkerChannel, order: list[Any] | None) -> None:
        """Send a call to a channel, or the end to one of its streams, with what else is to be sent there by then."""
        channel.unsent.append(order)
        if not channel.sending:
            channel.sending = True
            self._spawn(self._send(channel))

    async def _send(self, channel: WorkerChannel) -> None:
        try:
            while channel.unsent:
                orders, channel.unsent = channel.unsent, []
                await channel.queue.put(orders)
        except Exception as error:  # the scheduler cannot be reached; or the worker is lost, and so is its queue
            if self._channels.get(channel.queue.name) is channel:
                self._fail_all(error)
        finally:
            channel.sending = False

    async def _listen(self) -> None:
        """Take the messages of the streams."""
        try:
            while not self._closed:
                for messages in await self._answers.get(batch=True) or [await self._answers.get()]:
                    for message in messages:
                        self._receive(*message)
                self._assign()
                if self._idle and not self._dismissal_planned:
                    self._dismissal_planned = True
                    self._client.loop.call_later(IDLE_LIMIT, self._dismiss_idle)
                await asyncio.sleep(READ_PERIOD)
        except (Exception, asyncio.CancelledError) as error:
            self._fail_all(error)

    def _receive(self, kind: str, *content: Any) -> None:
        if kind == BEGUN:
            self._on_begun(*content)
        elif kind == DONE:
            self._on_done(*content)
        else:
            self._closed = True

    def _on_begun(self, key: str, name: str, address: str) -> None:
        self._begun += 1
        stream = self._streams.get(key)
        if stream is not None and stream.channel is not None:  # Dask lost its worker and began it again elsewhere
            self._lose(stream.channel)
        channel = self._channels.get(name)
        if channel is None:
            channel = self._channels[name] = WorkerChannel(self._queue(name, self._client), address)
        if stream is None:  # it was dismissed before it began
            self._post(channel, None)
            return
        self._pending.discard(stream)
        stream.channel = channel
        channel.streams.add(stream)
        self._idle.append((channel, monotonic()))

    def _on_done(self, name: str, number: int, packed: bytes) -> None:
        channel, call = self._channels.get(name), self._calls.pop(number, None)
        if channel is not None:
            channel.calls.pop(number, None)
            self._idle.append((channel, monotonic()))
        if call is None:  # a second answer: its worker was taken for lost, and the call was made again
            return
        if call in self._waiting:
            self._waiting.remove(call)
        try:
            answer = pickle.loads(packed)
        except Exception as error:  # values whose classes cannot be had here
            answer = CallRefusedError(error_text(error))
        if isinstance(answer, CallRefusedError):
            call.future.set_exception(answer)
        else:
            call.future.set_result(answer)

    def _dismiss_idle(self) -> None:
        """Dismiss streams that have been idle for long."""
        now = monotonic()
        while self._idle and now - self._idle[0][1] >= IDLE_LIMIT:
            channel, _ = self._idle.popleft()
            channel.dismissed += 1
            self._post(channel, None)
        self._dismissal_planned = bool(self._idle)
        if self._dismissal_planned:
            self._client.loop.call_later(IDLE_LIMIT, self._dismiss_idle)

    def _fail_all(self, error: BaseException) -> None:
        """Fail everything: the cluster cannot be reached."""
        if self._broken is None:
            self._broken = error
        self._waiting.clear()
        calls, self._calls = [*self._calls.values()], {}
        why = self._broken
        if not isinstance(why, NoWorkerError):
            why = ClusterLostError(f"{type(why).__name__}: {why}")
        for call in calls:
            call.future.set_exception(why)

    def _spawn(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run a coroutine in the background; asyncio itself keeps no reference to it."""
        task = asyncio.ensure_future(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

"""The calls under way on a Dask cluster, and the streams of the workers that make them.

Everything here happens in the event loop of the client, one thing after the other; only :meth:`WorkerStreams.submit`
and :meth:`WorkerStreams.close` are called from outside. A stream is *pending* until its worker says that it has begun,
*idle*, or *busy*. Dask begins a stream again elsewhere when its worker is lost, and does not tell; but the worker loop
says once more that it has begun, with a queue of a new name. That is how the loss of a call is noticed.
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

from glompo.evaluators.dask.worker_loop import BEGUN, CallRefusedError, run_worker_loop
from glompo.safe_text import error_text

WATCH_PERIOD = 1.0
"""Seconds between two looks at the scheduler and its workers."""

IDLE_LIMIT = 10.0
"""Seconds that a stream may stay idle: it holds a thread that other tasks could use."""

CLOSE_TIMEOUT = 5.0
"""Seconds that streams get to end at close; one whose worker was just lost may wait for another for ever."""

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
class WorkerStream:
    """A task of Dask that makes calls."""

    key: str
    task: Any = None
    queue: Any = None
    """Its calls, from the time that it has begun."""
    address: str = ""
    call: StreamCall | None = None
    since: float = 0.0
    """When it became idle, in seconds of the monotonic clock."""


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
        self._idle: list[WorkerStream] = []
        self._streams: dict[str, WorkerStream] = {}  # by the key of their task, pending ones included
        # those that have begun: what is left of a stream that was lost names a queue that is not here any more
        self._by_queue: dict[str, WorkerStream] = {}
        self._calls: dict[int, StreamCall] = {}  # the unanswered ones, in wait or under way
        self._tasks: set[asyncio.Task[None]] = set()
        self._broken: BaseException | None = None
        self._dismissal_planned = False
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
        for stream in [*self._streams.values()]:
            self._dismiss(stream)
        self._watching.cancel()
        leaving = self._tasks - {self._listening, self._watching}
        if leaving:
            await asyncio.wait(leaving, timeout=CLOSE_TIMEOUT)
        await self._wanted.clear()
        await self._answers.put(None)  # behind the messages of all streams that have not seen this
        await self._listening
        for _ in range(1 + self._begun):  # the scheduler counts holders of a queue; lost streams still count
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
        self._spawn(self._await_end(stream))

    def _dismiss(self, stream: WorkerStream) -> None:
        """End a stream, or cancel it before it begins; forget it."""
        self._forget(stream)
        if stream.queue is None:
            self._spawn(self._cancel(stream))
        else:
            self._spawn(self._send(stream, None))

    def _forget(self, stream: WorkerStream) -> None:
        self._streams.pop(stream.key, None)
        if stream in self._idle:
            self._idle.remove(stream)
        if stream.queue is not None:
            self._by_queue.pop(stream.queue.name, None)

    async def _cancel(self, stream: WorkerStream) -> None:
        await self._client.cancel([stream.task])

    async def _await_end(self, stream: WorkerStream) -> None:
        """Settle what the end of a stream means."""
        try:
            await stream.task
        except (Exception, asyncio.CancelledError) as error:
            if self._client.status != "running":  # with the connection, all futures are cancelled
                self._fail_all(error)
            elif stream.key in self._streams:
                self._forget(stream)
                self._give_up(stream, error)
        else:
            if stream.key in self._streams:  # by itself, before it read its call: it was unattended for too long
                self._forget(stream)
                if stream.call is not None and stream.call.number in self._calls:
                    self._waiting.appendleft(stream.call)
        stream.task.release()
        self._assign()

    def _give_up(self, stream: WorkerStream, error: BaseException) -> None:
        """Settle a call for a stream that Dask gave up.

        Dask gives a task up when it has killed several workers in a row (KilledWorker), or when it cannot be sent. A
        stream is launched for each call in wait, so a pending one that is given up must take a call with it: if the
        call stayed in the queue, the next stream would be launched for it and given up as well, for ever.
        """
        killed = isinstance(error, import_module("distributed").KilledWorker)
        if stream.call is None and stream.queue is None and self._waiting:
            stream.call = self._waiting.popleft()
        if killed and not stream.address:
            stream.address = str(getattr(error.last_worker, "address", ""))  # type: ignore[attr-defined]
        if killed or stream.queue is not None:
            self._lose(stream)
        elif stream.call is not None:
            del self._calls[stream.call.number]
            stream.call.future.set_exception(error)

    def _lose(self, stream: WorkerStream) -> None:
        """Count the loss of what a stream was doing."""
        call, stream.call = stream.call, None
        if stream.queue is not None:
            self._by_queue.pop(stream.queue.name, None)
            stream.queue.close()
            stream.queue.close()  # once more for the lost stream, which cannot: the scheduler counts both
            stream.queue = None
        if stream in self._idle:
            self._idle.remove(stream)
        if call is None or call.number not in self._calls:
            return
        call.losses += 1
        if call.losses <= self._retries:
            self._waiting.appendleft(call)
        else:
            del self._calls[call.number]
            call.future.set_exception(WorkerLostError(stream.address))

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
            stream = self._idle.pop()
            stream.call = self._waiting.popleft()
            self._spawn(self._send(stream, [stream.call.number, stream.call.packed]))
        # each pending stream will take a call in wait; Dask itself decides how many of them run at once
        pending = sum(stream.queue is None for stream in self._streams.values())
        try:
            for _ in range(len(self._waiting) - pending):
                self._launch()
        except Exception as error:  # whatever a client refuses a task with
            self._fail_all(error)

    async def _send(self, stream: WorkerStream, message: list[Any] | None) -> None:
        queue = stream.queue
        try:
            await queue.put(message)
            if message is None:
                queue.close()
        except Exception as error:  # the scheduler cannot be reached; or the stream is lost, and so is its queue
            if self._by_queue.get(queue.name) is stream:
                self._fail_all(error)

    async def _listen(self) -> None:
        """Take the messages of the streams."""
        try:
            while (message := await self._answers.get()) is not None:
                self._receive(*message)
        except (Exception, asyncio.CancelledError) as error:
            self._fail_all(error)

    def _receive(self, kind: str, *content: Any) -> None:
        if kind == BEGUN:
            self._on_begun(*content)
        else:
            self._on_done(*content)
        self._assign()
        if self._idle and not self._dismissal_planned:
            self._dismissal_planned = True
            self._client.loop.call_later(IDLE_LIMIT, self._dismiss_idle)

    def _on_begun(self, key: str, name: str, address: str) -> None:
        self._begun += 1
        stream = self._streams.get(key)
        if stream is None:  # it was dismissed before it began
            orphan = WorkerStream(key, queue=self._queue(name, self._client))
            self._spawn(self._send(orphan, None))
            return
        if stream.queue is not None:  # not for the first time: Dask lost its worker and began it again elsewhere
            self._lose(stream)
        stream.queue, stream.address = self._queue(name, self._client), address
        self._by_queue[name] = stream
        self._mark_idle(stream)

    def _on_done(self, name: str, number: int, packed: bytes) -> None:
        stream, call = self._by_queue.get(name), self._calls.pop(number, None)
        if stream is not None:
            stream.call = None
            self._mark_idle(stream)
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

    def _mark_idle(self, stream: WorkerStream) -> None:
        stream.since = monotonic()
        self._idle.append(stream)

    def _dismiss_idle(self) -> None:
        """Dismiss streams that have been idle for long."""
        now = monotonic()
        for stream in [stream for stream in self._idle if now - stream.since >= IDLE_LIMIT]:
            self._dismiss(stream)
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

"""The calls under way on a Dask cluster, and the streams of the workers that make them.

Everything here happens in the event loop of the client, one thing after the other; only :meth:`WorkerStreams.submit`
and :meth:`WorkerStreams.close` are called from outside. A stream is *pending* until its worker says that it has begun,
*idle*, or *busy*. Dask begins a stream again elsewhere when its worker is lost, and does not tell; but the worker loop
says once more that it has begun, under a new name. That is how the loss of a call is noticed.
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

from glompo.evaluators.dask.worker_loop import BEGUN, Refused, run_worker_loop
from glompo.safe_text import error_text

PERIOD = 1.0
"""Seconds between two looks at the scheduler and its workers."""

LINGER = 10.0
"""Seconds that a lane may stay idle: it holds a thread that others could use."""

EXIT_GRACE = 5.0
"""Seconds that lanes get to leave at the end; one whose worker was just lost may wait for another for ever."""

MARK = "glompo-evaluations"
"""Beginning of the keys of lanes, as Dask's dashboard shows them."""


class WorkerLostError(Exception):
    """Every worker that made the call was lost."""


class ClusterLostError(Exception):
    """The scheduler cannot be reached any more."""


class NoWorkerError(Exception):
    """There was no worker for too long."""


class CallRefusedError(Exception):
    """A call could not be made over there, or its answer could not be sent."""


@dataclass(slots=True, eq=False)
class Order:
    """A call that somebody waits for."""

    number: int
    call: bytes
    losses: int = 0
    future: Future[Any] = field(default_factory=Future)


@dataclass(slots=True, eq=False)
class WorkerStream:
    """A task of Dask that makes calls."""

    key: str
    task: Any = None
    calls: Any = None
    """Its queue, from the time that it has begun."""
    address: str = ""
    order: Order | None = None
    since: float = 0.0
    """When it became idle, in seconds of the monotonic clock."""


class WorkerStreams:
    """Makes calls on the workers of a cluster; as many at once as are submitted, and as the cluster has threads for.

    Parameters
    ----------
    client : distributed.Client
        Connected to the cluster.
    retries : int
        How often a call is made again after the loss of its worker, at most.
    wait : float
        Seconds for which calls wait while there is no worker.
    """

    def __init__(self, client: Any, retries: int, wait: float) -> None:
        self._client = client
        self._retries = retries
        self._wait = wait
        dask = import_module("distributed")
        self._queue = dask.Queue
        self._prefix = f"{MARK}-{uuid4().hex[:12]}"
        self._numbers = count()
        self._waiting: deque[Order] = deque()
        self._idle: list[WorkerStream] = []
        self._streams: dict[str, WorkerStream] = {}
        self._names: dict[str, WorkerStream] = {}
        self._orders: dict[int, Order] = {}
        self._errands: set[asyncio.Task[None]] = set()
        self._broken: BaseException | None = None
        self._sweeping = False
        self._begun = 0
        self._answers = self._queue(f"{self._prefix}-answers", client)
        self._wanted = dask.Event(self._answers.name, client)
        self._wanted.set()
        client.loop.add_callback(self._begin)

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
        order = Order(next(self._numbers), pickle.dumps((call, arguments)))
        self._client.loop.add_callback(self._accept, order)
        return order.future

    def close(self) -> None:
        """Let all lanes leave; nothing may be under way."""
        if self._client.status == "running" and self._broken is None:
            self._client.sync(self._end)

    # lanes

    def _begin(self) -> None:
        self._listening = self._start_loop(self._listen())
        self._watching = self._start_loop(self._watch_workers())

    async def _end(self) -> None:
        for stream in [*self._streams.values()]:
            self._dismiss(stream)
        self._watching.cancel()
        leaving = self._errands - {self._listening, self._watching}
        if leaving:
            await asyncio.wait(leaving, timeout=EXIT_GRACE)
        await self._wanted.clear()
        await self._answers.put(None)  # behind the words of all lanes that have not seen this
        await self._listening
        for _ in range(1 + self._begun):  # the scheduler counts those who hold a queue; not all lanes could let it go
            self._answers.close()

    async def _watch_workers(self) -> None:
        """Give up when the scheduler is gone, or when calls have waited too long for a worker."""
        since = None
        while self._broken is None:
            await asyncio.sleep(PERIOD)
            try:
                found = await asyncio.wait_for(self._client.scheduler.identity(n_workers=1), self._wait)
            except (Exception, asyncio.CancelledError) as error:
                self._break(error)
                return
            if found["workers"] or not self._orders:
                since = None
            elif since is None:
                since = monotonic()
            elif monotonic() - since >= self._wait:
                self._break(NoWorkerError(f"the cluster has had no worker for {self._wait:g} s"))

    def _launch(self) -> None:
        stream = WorkerStream(f"{self._prefix}-{next(self._numbers)}")
        stream.task = self._client.submit(run_worker_loop, stream.key, self._answers.name, key=stream.key, pure=False)
        self._streams[stream.key] = stream
        self._start_loop(self._watch(stream))

    def _dismiss(self, stream: WorkerStream) -> None:
        """Let a lane leave, or not begin; forget it."""
        self._forget(stream)
        if stream.calls is None:
            self._start_loop(self._cancel(stream))
        else:
            self._start_loop(self._say(stream, None))

    def _forget(self, stream: WorkerStream) -> None:
        self._streams.pop(stream.key, None)
        if stream in self._idle:
            self._idle.remove(stream)
        if stream.calls is not None:
            self._names.pop(stream.calls.name, None)

    async def _cancel(self, stream: WorkerStream) -> None:
        await self._client.cancel([stream.task])

    async def _watch(self, stream: WorkerStream) -> None:
        """Settle what the end of a lane means."""
        try:
            await stream.task
        except (Exception, asyncio.CancelledError) as error:
            if self._client.status != "running":  # with the connection, all futures are cancelled
                self._break(error)
            elif stream.key in self._streams:
                self._forget(stream)
                self._give_up(stream, error)
        else:
            if stream.key in self._streams:  # by itself, before it read its call: nobody has heard of it for long
                self._forget(stream)
                if stream.order is not None and stream.order.number in self._orders:
                    self._waiting.appendleft(stream.order)
        stream.task.release()
        self._assign()

    def _give_up(self, stream: WorkerStream, error: BaseException) -> None:
        """Let a call pay for a lane that Dask gave up, or each such lane would be followed by another for ever."""
        killed = isinstance(error, import_module("distributed").KilledWorker)
        if stream.order is None and stream.calls is None and self._waiting:
            stream.order = self._waiting.popleft()
        if killed and not stream.address:
            stream.address = str(getattr(error.last_worker, "address", ""))  # type: ignore[attr-defined]
        if killed or stream.calls is not None:
            self._lose(stream)
        elif stream.order is not None:
            del self._orders[stream.order.number]
            stream.order.future.set_exception(error)

    def _lose(self, stream: WorkerStream) -> None:
        """Count the loss of what a lane was doing."""
        order, stream.order = stream.order, None
        if stream.calls is not None:
            self._names.pop(stream.calls.name, None)
            stream.calls.close()
            stream.calls.close()  # for the lane, which cannot do it any more
            stream.calls = None
        if stream in self._idle:
            self._idle.remove(stream)
        if order is None or order.number not in self._orders:
            return
        order.losses += 1
        if order.losses <= self._retries:
            self._waiting.appendleft(order)
        else:
            del self._orders[order.number]
            order.future.set_exception(WorkerLostError(stream.address))

    # calls

    def _accept(self, order: Order) -> None:
        self._orders[order.number] = order
        self._waiting.append(order)
        self._assign()

    def _assign(self) -> None:
        """Give the calls in wait to idle lanes, and launch lanes for the others."""
        if self._broken is not None:
            self._break(self._broken)
        while self._waiting and self._idle:
            stream = self._idle.pop()
            stream.order = self._waiting.popleft()
            self._start_loop(self._say(stream, [stream.order.number, stream.order.call]))
        pending = sum(stream.calls is None for stream in self._streams.values())
        try:
            for _ in range(len(self._waiting) - pending):
                self._launch()
        except Exception as error:  # whatever a client refuses a task with
            self._break(error)

    async def _say(self, stream: WorkerStream, message: list[Any] | None) -> None:
        calls = stream.calls
        try:
            await calls.put(message)
            if message is None:
                calls.close()
        except Exception as error:  # the scheduler cannot be reached; or the lane is lost, and so is its queue
            if self._names.get(calls.name) is stream:
                self._break(error)

    async def _listen(self) -> None:
        """Take what lanes say."""
        try:
            while (said := await self._answers.get()) is not None:
                self._hear(*said)
        except (Exception, asyncio.CancelledError) as error:
            self._break(error)

    def _hear(self, word: str, *said: Any) -> None:
        if word == BEGUN:
            self._hear_begun(*said)
        else:
            self._hear_done(*said)
        self._assign()
        if self._idle and not self._sweeping:
            self._sweeping = True
            self._client.loop.call_later(LINGER, self._sweep)

    def _hear_begun(self, key: str, name: str, address: str) -> None:
        self._begun += 1
        stream = self._streams.get(key)
        if stream is None:  # it was to leave before it began
            orphan = WorkerStream(key, calls=self._queue(name, self._client))
            self._start_loop(self._say(orphan, None))
            return
        if stream.calls is not None:
            self._lose(stream)
        stream.calls, stream.address = self._queue(name, self._client), address
        self._names[name] = stream
        self._rest(stream)

    def _hear_done(self, name: str, number: int, packed: bytes) -> None:
        stream, order = self._names.get(name), self._orders.pop(number, None)
        if stream is not None:
            stream.order = None
            self._rest(stream)
        if order is None:  # of a worker that was given up too early: another has answered
            return
        if order in self._waiting:
            self._waiting.remove(order)
        try:
            answer = pickle.loads(packed)
        except Exception as error:  # values whose classes cannot be had here
            answer = Refused(error_text(error))
        if isinstance(answer, Refused):
            order.future.set_exception(CallRefusedError(answer.why))
        else:
            order.future.set_result(answer)

    def _rest(self, stream: WorkerStream) -> None:
        stream.since = monotonic()
        self._idle.append(stream)

    def _sweep(self) -> None:
        """Let those leave that have been idle for long."""
        now = monotonic()
        for stream in [stream for stream in self._idle if now - stream.since >= LINGER]:
            self._dismiss(stream)
        self._sweeping = bool(self._idle)
        if self._sweeping:
            self._client.loop.call_later(LINGER, self._sweep)

    def _break(self, error: BaseException) -> None:
        """Fail everything: the cluster cannot be reached."""
        if self._broken is None:
            self._broken = error
        self._waiting.clear()
        orders, self._orders = [*self._orders.values()], {}
        why = self._broken
        if not isinstance(why, NoWorkerError):
            why = ClusterLostError(f"{type(why).__name__}: {why}")
        for order in orders:
            order.future.set_exception(why)

    def _start_loop(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Have something done that takes time."""
        loop = asyncio.ensure_future(coroutine)
        self._errands.add(loop)
        loop.add_done_callback(self._errands.discard)
        return loop

"""Evaluate the task on a Dask cluster."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import ExitStack
from importlib import import_module
from time import monotonic
from typing import Any, Unpack

from glompo.errors import SettingTypeError
from glompo.evaluators.dask.worker_loop import CallRefusedError
from glompo.evaluators.dask.worker_tracking import ClusterLostError, NoWorkerError, WorkerLostError, WorkerStreams
from glompo.evaluators.payload import preflight
from glompo.evaluators.pool.limits import whole
from glompo.evaluators.protocol import Evaluator, NotEvaluated
from glompo.evaluators.remote import Awaitable, PendingCall, RemoteEvaluator, RemoteOptions, nothing, remote_spec
from glompo.evaluators.remote_worker import RemoteSpec, evaluate_remote, release_task
from glompo.function import Status
from glompo.safe_text import engine_text

WAIT = 60.0
"""Seconds for which a cluster that is lost is awaited."""

RECONNECT_PERIOD = 1.0
"""Seconds between two attempts to reach a lost scheduler, and for each."""

logger = logging.getLogger("glompo.evaluators.dask.evaluator")


class DaskEvaluator(RemoteEvaluator):
    """Call the task on the workers of a Dask cluster.

    With a limit, or with `guard`, a worker calls the task in a guarded process of its own, so a task that hangs or
    crashes never harms the worker. `Future.cancel` of Dask does not stop what runs: it is not used.

    To Dask an evaluator is as many tasks as there are evaluations in flight; each stays on its thread of a worker and
    evaluates one point after the other, which takes a tenth of the time that a task for each would. They leave when
    they have had nothing to do for ten seconds. The scheduler needs no GloMPO; the workers do.

    A worker that is lost in the middle of an evaluation (its machine, its batch job, or a crash without the guard) is
    not the evaluation's fault: the task is called again on another worker, when there is one. After `retries` such
    losses the evaluation is ``CRASHED``. When the scheduler is lost, its evaluations are called again once it is back
    at the same address; nothing is recorded for them before that.

    Parameters
    ----------
    client : distributed.Client
        Connected to the cluster, not asynchronous; it is not closed by :meth:`close`.
    task : callable or str
        ``task(x) -> float``, or where to import it from over there, ``"module:function"``. GloMPO must be installed
        over there as well.
    detailed : bool
        Whether ``task.detailed_call(x) -> (fx, *extras)`` is called instead.
    retries : int
        How often an evaluation is called again after the loss of its worker, at most.
    wait : float
        Seconds for which a lost scheduler, or the first worker after the last one was lost, is awaited. After that
        evaluations raise :class:`~glompo.evaluators.protocol.NotEvaluated`.
    **options
        Limits and the guard that keeps them: see :class:`~glompo.evaluators.remote.RemoteOptions`.

    Raises
    ------
    SettingError, SettingTypeError
        If a setting cannot be used, or the task cannot be sent to another process; the message names the object
        inside the task that is at fault.
    """

    def __init__(
        self,
        client: Any,
        task: Callable[..., Any] | str,
        *,
        detailed: int = False,
        retries: int = 1,
        wait: float = WAIT,
        **options: Unpack[RemoteOptions],
    ) -> None:
        if client.asynchronous:
            raise SettingTypeError("the Dask client is asynchronous; give one made without asynchronous=True")
        payload = preflight(task)
        super().__init__(remote_spec(payload, detailed, options), payload)
        self._options = options
        self._client = client
        self._own_client: Any = None
        self._address = client.scheduler.address
        self._retries = whole(retries, "retries", 0)
        self._wait = self._scheduler_wait = wait
        self._lock = threading.Lock()
        self._awaiting: list[tuple[RemoteEvaluator, PendingCall]] = []
        self._reconnecting = False
        self._over = threading.Event()
        self._streams = WorkerStreams(client, self._retries, wait)

    def beside(self, detailed: int) -> Evaluator:
        """Return an evaluator that asks something else of the task, in the same streams; closed before this one."""
        return _Beside(remote_spec(self._payload, detailed, self._options), self._payload, self)

    def close(self, kill: bool = False) -> None:
        """End the guarded processes, after the evaluations under way unless `kill`; cluster and client are left."""
        if kill:
            self._over.set()
        super().close(kill)
        self._over.set()
        self._streams.close()
        self.release_task(self._spec, kill)
        if self._own_client is not None:
            self._own_client.close()

    def release_task(self, spec: RemoteSpec, kill: bool) -> None:
        """End the guarded processes of a task that workers keep."""
        if spec.guard and self._client.status == "running":
            self._client.run(release_task, spec.name, kill, on_error="ignore")

    def _launch(self, call: PendingCall, payload: bytes | None) -> Awaitable:
        return self.launch(self._spec, call, payload)

    def launch(self, spec: RemoteSpec, call: PendingCall, payload: bytes | None) -> Awaitable:
        """Give an evaluation to the streams."""
        call.engine = self._streams
        return self._streams.submit(evaluate_remote, spec, payload, call.x, call.prints_to)

    def _lose(self, call: PendingCall, error: BaseException) -> None:
        self.lose(self, call, error)

    def lose(self, sender: RemoteEvaluator, call: PendingCall, error: BaseException) -> None:
        """Settle an evaluation of which the cluster says this instead of an answer; `sender` may send it again."""
        if isinstance(error, ClusterLostError):
            self.await_scheduler(sender, call, error)
        elif isinstance(error, WorkerLostError):
            reason = f"each worker that evaluated it was lost, the last at {error}"
            call.future.set_result(nothing(Status.CRASHED, reason))
        elif isinstance(error, CallRefusedError):
            call.future.set_result(nothing(Status.FAILED, f"it cannot be evaluated on the cluster: {error}"))
        elif isinstance(error, NoWorkerError):
            call.future.set_exception(NotEvaluated(f"{error}; begin some"))
        else:
            call.future.set_exception(NotEvaluated(f"the cluster lost the evaluation: {engine_text(error)}"))

    def _refuse(self, call: PendingCall, error: Exception) -> None:
        if isinstance(error, ClusterLostError):
            self.await_scheduler(self, call, error)
        else:
            super()._refuse(call, error)

    # while the scheduler is away

    def await_scheduler(self, sender: RemoteEvaluator, call: PendingCall, error: Exception) -> None:
        """Keep an evaluation until the scheduler is back; it has not been made, or is made again."""
        with self._lock:
            if call.engine is not self._streams:  # it is back by now
                begin = None
            else:
                self._awaiting.append((sender, call))
                begin = not self._reconnecting
                self._reconnecting = True
        if begin is None:
            threading.Thread(target=sender.send, args=(call, True), name="glompo-again", daemon=True).start()
        elif begin:
            threading.Thread(target=self._reconnect, args=(error,), name="glompo-reconnect", daemon=True).start()

    def _reconnect(self, error: Exception) -> None:
        """Reconnect, and send what awaits the scheduler; after `wait` seconds give it up."""
        end, streams = monotonic() + self._wait, None
        closed = self._client.status in ("closing", "closed")  # by its owner; one that lost its scheduler reconnects
        while streams is None and not closed and not self._over.is_set() and monotonic() < end:
            try:
                streams = self._reconnected()
            except Exception as failure:  # whatever a client that is not connected raises
                error = failure
                self._over.wait(RECONNECT_PERIOD)
        with self._lock:
            awaiting, self._awaiting, self._reconnecting = self._awaiting, [], False
            if streams is not None:
                self._streams = streams
            elif not closed:
                self._wait = 0.0  # it has been waited for once
        if streams is not None:
            logger.warning("the Dask scheduler is back: %d evaluations are sent again", len(awaiting))
        for sender, call in awaiting:
            if streams is not None:
                sender.send(call, whole=True)
            elif closed:
                call.future.set_exception(NotEvaluated(f"the Dask client is closed: {error}"))
            else:
                reason = f"the Dask scheduler at {self._address} is lost, and was not back in time: {error}"
                call.future.set_exception(NotEvaluated(reason))

    def _reconnected(self) -> WorkerStreams:
        """Return new streams; the client reconnects by itself, but only for a while."""
        if self._client.status == "closed":
            dask = import_module("distributed")
            settings = {"timeout": RECONNECT_PERIOD, "security": self._client.security, "set_as_default": False}
            if self._own_client is not None:
                self._own_client.close()
            self._client = self._own_client = dask.Client(self._address, **settings)
        if self._client.status != "running":
            raise ClusterLostError(f"the Dask client is {self._client.status}")
        return WorkerStreams(self._client, self._retries, self._scheduler_wait)


class _Beside(RemoteEvaluator):
    """Asks something else of the task than the evaluator in whose streams it calls."""

    def __init__(self, spec: RemoteSpec, payload: bytes, first: DaskEvaluator) -> None:
        super().__init__(spec, payload)
        self._first = first

    def close(self, kill: bool = False) -> None:
        """End the guarded processes, after the evaluations under way unless `kill`."""
        super().close(kill)
        self._first.release_task(self._spec, kill)

    def _launch(self, call: PendingCall, payload: bytes | None) -> Awaitable:
        return self._first.launch(self._spec, call, payload)

    def _lose(self, call: PendingCall, error: BaseException) -> None:
        self._first.lose(self, call, error)

    def _refuse(self, call: PendingCall, error: Exception) -> None:
        if isinstance(error, ClusterLostError):
            self._first.await_scheduler(self, call, error)
        else:
            super()._refuse(call, error)


class ClusterEvaluator(DaskEvaluator):
    """Evaluates on a cluster that it disconnects from when it is closed."""

    def __init__(
        self,
        belongings: ExitStack,
        client: Any,
        task: Callable[..., Any] | str,
        detailed: int,
        wait: float,
        options: RemoteOptions,
    ) -> None:
        with belongings:
            super().__init__(client, task, detailed=detailed, wait=wait, **options)
            self._belongings = belongings.pop_all()

    def close(self, kill: bool = False) -> None:
        """End the guarded processes, after the evaluations under way unless `kill`; end batch jobs of ours."""
        with self._belongings:
            super().close(kill)

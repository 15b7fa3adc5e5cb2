"""Evaluate the task on a Dask cluster."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from itertools import count
from typing import Any

from glompo.evaluators.guarded import retire
from glompo.evaluators.limits import Limits, whole
from glompo.evaluators.payload import preflight
from glompo.evaluators.remote import Awaitable, RemoteEvaluator, commissioned, nothing
from glompo.function import Outcome, Status


class DaskEvaluator(RemoteEvaluator):
    """Call the task on the workers of a Dask cluster.

    With a limit, or with `guard`, a worker calls the task in a guarded process of its own, so a task that hangs or
    crashes never harms the worker. `Future.cancel` of Dask does not stop what runs: it is not used.

    A worker that is lost in the middle of an evaluation (its machine, its batch job, or a crash without the guard) is
    not the evaluation's fault: Dask calls the task again on another worker. If that one is lost too, the evaluation is
    ``CRASHED``. To keep to one retry, a plug-in on the scheduler counts the evaluations of GloMPO, and nothing else, as
    suspected before; where the scheduler refuses it, Dask's own number applies,
    `distributed.scheduler.allowed-failures`.

    Parameters
    ----------
    client : distributed.Client
        Connected to the cluster; it is not closed by :meth:`close`.
    task : callable or str
        ``task(x) -> float``, or where to import it from over there, ``"module:function"``. GloMPO must be installed
        over there as well.
    detailed : bool
        Whether ``task.detailed_call(x) -> (fx, *extras)`` is called instead.
    timeout, adaptive_timeout, memory_limit, grace
        As for a pool. An adaptive timeout goes by the evaluations of each worker.
    guard : bool, optional
        Whether the task is called in guarded processes of the workers; by default, if there is a limit.
    threads_per_worker : int or None
        Threads that BLAS and OpenMP may use in a guarded process.
    initial_environment : mapping, optional
        Variables of guarded processes besides those of the worker.
    retries : int
        How often an evaluation is called again after the loss of its worker, at most.

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
        detailed: bool = False,
        timeout: float | None = None,
        adaptive_timeout: float | None = None,
        memory_limit: int | None = None,
        grace: float = 2.0,
        guard: bool | None = None,
        threads_per_worker: int | None = 1,
        initial_environment: Mapping[str, str] | None = None,
        retries: int = 1,
    ) -> None:
        from glompo.evaluators.dask_ways import limit_retries, send_at_once

        limits = Limits(timeout, adaptive_timeout, memory_limit, grace)
        payload = preflight(task)
        super().__init__(
            commissioned(payload, limits, guard, detailed, threads_per_worker, initial_environment), payload
        )
        self._client = client
        self._prefix = limit_retries(client, whole(retries, "retries", 0))
        send_at_once(client)
        self._numbers = count()

    def close(self, kill: bool = False) -> None:
        """End the guarded processes, after the evaluations under way unless `kill`; cluster and client are left."""
        super().close(kill)
        if self._commission.guard and self._client.status == "running":
            self._client.run(retire, self._commission.name, kill, on_error="ignore")

    def _launch(self, call: Callable[..., Any], *arguments: Any) -> Awaitable:
        key = f"{self._prefix}-{next(self._numbers)}"
        return self._client.submit(call, *arguments, key=key, pure=False)  # type: ignore[no-any-return]

    def _lost(self, error: BaseException) -> Outcome:
        if isinstance(error, import_module("distributed").KilledWorker):
            where = getattr(error.last_worker, "address", error.last_worker)
            return nothing(Status.CRASHED, f"each worker that evaluated it was lost, the last at {where}")
        return nothing(Status.CRASHED, f"the cluster lost the evaluation: {type(error).__name__}: {error}")

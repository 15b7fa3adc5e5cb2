"""Evaluate the task on a Dask cluster."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Unpack

from glompo.errors import SettingTypeError
from glompo.evaluators.dask_lanes import CallRefusedError, Lanes, WorkerLostError
from glompo.evaluators.guarded import Commission, retire
from glompo.evaluators.limits import whole
from glompo.evaluators.payload import preflight
from glompo.evaluators.protocol import Evaluator
from glompo.evaluators.remote import Awaitable, RemoteEvaluator, Terms, commissioned, nothing
from glompo.function import Outcome, Status
from glompo.texts import error_text


class DaskEvaluator(RemoteEvaluator):
    """Call the task on the workers of a Dask cluster.

    With a limit, or with `guard`, a worker calls the task in a guarded process of its own, so a task that hangs or
    crashes never harms the worker. `Future.cancel` of Dask does not stop what runs: it is not used.

    To Dask an evaluator is as many tasks as there are evaluations in flight; each stays on its thread of a worker and
    evaluates one point after the other, which takes a tenth of the time that a task for each would. They leave when
    they have had nothing to do for ten seconds. The scheduler needs no GloMPO; the workers do.

    A worker that is lost in the middle of an evaluation (its machine, its batch job, or a crash without the guard) is
    not the evaluation's fault: the task is called again on another worker, when there is one. After `retries` such
    losses the evaluation is ``CRASHED``.

    Parameters
    ----------
    client : distributed.Client
        Connected to the cluster, not asynchronous; it is not closed by :meth:`close`.
    task : callable or str
        ``task(x) -> float``, or where to import it from over there, ``"module:function"``. GloMPO must be installed
        over there as well.
    detailed : int
        Whether ``task.detailed_call(x) -> (fx, *extras)`` is called instead.
    retries : int
        How often an evaluation is called again after the loss of its worker, at most.
    **terms
        Limits and the guard that keeps them: see :class:`~glompo.evaluators.remote.Terms`.

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
        **terms: Unpack[Terms],
    ) -> None:
        if client.asynchronous:
            raise SettingTypeError("the Dask client is asynchronous; give one made without asynchronous=True")
        payload = preflight(task)
        super().__init__(commissioned(payload, detailed, terms), payload)
        self._client = client
        self._terms = terms
        self._lanes = Lanes(client, whole(retries, "retries", 0))

    def beside(self, detailed: int) -> Evaluator:
        """Return an evaluator that asks something else of the task, in the same lanes; it is closed before this one."""
        return _Beside(commissioned(self._payload, detailed, self._terms), self._payload, self)

    def close(self, kill: bool = False) -> None:
        """End the guarded processes, after the evaluations under way unless `kill`; cluster and client are left."""
        super().close(kill)
        self._lanes.close()
        self._retire(self._commission, kill)

    def _retire(self, commission: Commission, kill: bool) -> None:
        if commission.guard and self._client.status == "running":
            self._client.run(retire, commission.name, kill, on_error="ignore")

    def _launch(self, call: Callable[..., Any], *arguments: Any) -> Awaitable:
        return self._lanes.submit(call, *arguments)

    def _lost(self, error: BaseException) -> Outcome:
        if isinstance(error, WorkerLostError):
            return nothing(Status.CRASHED, f"each worker that evaluated it was lost, the last at {error}")
        if isinstance(error, CallRefusedError):
            return nothing(Status.FAILED, f"it cannot be evaluated on the cluster: {error}")
        return nothing(Status.CRASHED, f"the cluster lost the evaluation: {error_text(error)}")


class _Beside(RemoteEvaluator):
    """Asks something else of the task than the evaluator in whose lanes it calls."""

    def __init__(self, commission: Commission, payload: bytes, first: DaskEvaluator) -> None:
        super().__init__(commission, payload)
        self._first = first

    def close(self, kill: bool = False) -> None:
        """End the guarded processes, after the evaluations under way unless `kill`."""
        super().close(kill)
        self._first._retire(self._commission, kill)

    def _launch(self, call: Callable[..., Any], *arguments: Any) -> Awaitable:
        return self._first._launch(call, *arguments)

    def _lost(self, error: BaseException) -> Outcome:
        return self._first._lost(error)

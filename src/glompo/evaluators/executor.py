"""Evaluate the task on any executor of `concurrent.futures`."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ThreadPoolExecutor
from typing import Any, Unpack

from glompo.errors import SettingError, SettingTypeError
from glompo.evaluators.calling import callable_of, outcome_of
from glompo.evaluators.guarded import carry_out, retire
from glompo.evaluators.payload import ImportPath, preflight
from glompo.evaluators.remote import RemoteEvaluator, Terms, commissioned, limits_of, nothing
from glompo.function import Outcome, Status
from glompo.texts import error_text


class ExecutorEvaluator(RemoteEvaluator):
    """Call the task on the workers of an executor.

    It is used with the threads and processes of the standard library, loky, and `mpi4py.futures`. Where the executor
    has processes, a limit means the same as in a pool of ours: each worker process calls the task in a guarded process
    of its own, which is ended and replaced. A task that crashes then never harms the executor either.

    Without the guard, a worker process that ends breaks the whole executor: all its evaluations under way are
    ``CRASHED``, whichever of them did it. With `fresh`, the next ones go to a new executor; without, they are
    ``CRASHED`` at once.

    Parameters
    ----------
    executor : Executor or None
        Where to call the task; it is not shut down by :meth:`close`. None to begin with ``fresh()``.
    task : callable or str
        ``task(x) -> float``, or where to import it from over there, ``"module:function"``. GloMPO must be installed
        over there as well.
    detailed : int
        Whether ``task.detailed_call(x) -> (fx, *extras)`` is called instead.
    fresh : callable, optional
        Makes an executor that takes the place of a broken one; those are shut down by :meth:`close`.
    **terms
        Limits and the guard that keeps them: see :class:`~glompo.evaluators.remote.Terms`.

    Raises
    ------
    SettingError
        If limits are asked of threads, which cannot be killed, and for other settings that cannot be used.
    SettingTypeError
        If `executor` is none, or the task cannot be sent to another process; the message names the object at fault.
    """

    def __init__(
        self,
        executor: Executor | None,
        task: Callable[..., Any] | str,
        *,
        detailed: int = False,
        fresh: Callable[[], Executor] | None = None,
        **terms: Unpack[Terms],
    ) -> None:
        self._fresh = fresh
        self._own: list[Executor] = []
        self._lock = threading.Lock()
        self._executor = self._made() if executor is None else executor
        if not callable(getattr(self._executor, "submit", None)):
            raise SettingTypeError(f"the executor is {executor!r}; give something with submit(), or None and fresh=")
        threads, guard = isinstance(self._executor, ThreadPoolExecutor), terms.get("guard")
        if threads and limits_of(terms).any and not guard:
            raise SettingError(
                "the executor has threads, which cannot be killed, so timeout and memory_limit cannot be kept; use "
                "evaluator='pool', an executor with processes, or guard=True, which adds a process to each thread"
            )
        self._here: Callable[..., Any] | None = None
        if threads and not guard:
            self._here = callable_of(ImportPath(task).imported() if isinstance(task, str) else task, detailed)
        payload = b"" if self._here is not None else preflight(task)
        commission = commissioned(payload, detailed, terms)
        super().__init__(commission, payload)

    def close(self, kill: bool = False) -> None:
        """Await the evaluations under way, unless `kill`. An executor that was given is left as it is."""
        super().close(kill)
        retire(self._commission.name, kill)  # where the executor's workers are threads of this process
        for executor in self._own:
            executor.shutdown(wait=not kill, cancel_futures=kill)

    def _launch(self, call: Callable[..., Any], *arguments: Any) -> Future[Any]:
        executor = self._executor
        if self._here is not None and call is carry_out:
            call, arguments = outcome_of, (self._here, self._commission.detailed, arguments[-1])
        try:
            return executor.submit(call, *arguments)
        except BrokenExecutor:  # by an earlier evaluation: this one has not begun
            return self._successor(executor).submit(call, *arguments)

    def _lost(self, error: BaseException) -> Outcome:
        if isinstance(error, BrokenExecutor):
            return nothing(
                Status.CRASHED,
                f"the executor broke, perhaps by another evaluation: {error_text(error)}; guard=True keeps "
                "evaluations apart",
            )
        if isinstance(error, CancelledError):
            return nothing(Status.CANCELLED, "the executor cancelled the evaluation")
        return nothing(Status.FAILED, f"the executor failed: {error_text(error)}")

    def _successor(self, broken: Executor) -> Executor:
        with self._lock:
            if self._executor is broken and self._fresh is not None:
                self._executor = self._made()
            return self._executor

    def _made(self) -> Executor:
        if self._fresh is None:
            raise SettingTypeError("the executor is None; give one, or fresh=, which makes one")
        executor = self._fresh()
        self._own.append(executor)
        return executor

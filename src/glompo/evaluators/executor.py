"""Evaluate the task on any executor of `concurrent.futures`."""

from __future__ import annotations

import math
import os
import pickle
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from glompo.errors import SettingError, SettingTypeError
from glompo.evaluators.call import callable_of, outcome_of
from glompo.evaluators.payload import ImportPath, preflight
from glompo.evaluators.pool.process_tree import has_ended
from glompo.evaluators.printstreams import called
from glompo.evaluators.protocol import NotEvaluated
from glompo.evaluators.remote import PendingCall, RemoteEvaluator, RemoteOptions, limits_of, nothing, remote_spec
from glompo.evaluators.remote_worker import PayloadMissing, RemoteSpec, evaluate_remote, release_task
from glompo.function import Outcome, Status
from glompo.safe_text import engine_text

MOST_LOSSES = 3
"""How often an evaluation is submitted again that executors have lost, one after the other, through no fault of it."""

REMEDY = "a limit such as evaluation_timeout turns on the guard, which keeps a crash from breaking it"

WIDTH = 8
"""Bytes of a mark."""


class ExecutorEvaluator(RemoteEvaluator):
    """Call the task on the workers of an executor.

    It is used with the threads and processes of the standard library, loky, and `mpi4py.futures`. Where the executor
    has processes, a limit means the same as in a pool of ours: each worker process calls the task in a guarded process
    of its own, which is ended and replaced. A task that crashes then never harms the executor either.

    Without the guard, a worker process that ends breaks the whole executor. The evaluation that was under way in that
    process is ``CRASHED``; for the others nothing is recorded: with `fresh` they go to a new executor, and without they
    raise :class:`~glompo.evaluators.protocol.NotEvaluated`, as does whatever an executor refuses that was shut
    down.

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
    **options
        Limits and the guard that keeps them: see :class:`~glompo.evaluators.remote.RemoteOptions`.

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
        **options: Unpack[RemoteOptions],
    ) -> None:
        self._fresh = fresh
        self._own: list[Executor] = []
        self._lock = threading.Lock()
        self._broken: Executor | None = None
        self._executor = self._made() if executor is None else executor
        if not callable(getattr(self._executor, "submit", None)):
            raise SettingTypeError(f"the executor is {executor!r}; give something with submit(), or None and fresh=")
        threads, guard = isinstance(self._executor, ThreadPoolExecutor), options.get("guard")
        if threads and limits_of(options).any and not guard:
            raise SettingError(
                "the executor has threads, which cannot be killed, so timeout and memory_limit cannot be kept; use "
                "evaluator='pool', an executor with processes, or guard=True, which adds a process to each thread"
            )
        self._here: Callable[..., Any] | None = None
        if threads and not guard:
            self._here = callable_of(ImportPath(task).imported() if isinstance(task, str) else task, detailed)
        payload = b"" if self._here is not None else preflight(task)
        spec = remote_spec(payload, detailed, options)
        super().__init__(spec, payload)
        if self._here is not None:
            self.concurrency = "threads"
        self._marks = None if threads or spec.guard else Marks()  # behind the guard, none ends a worker

    def close(self, kill: bool = False) -> None:
        """Await the evaluations under way, unless `kill`. An executor that was given is left as it is."""
        super().close(kill)
        release_task(self._spec.name, kill)  # where the executor's workers are threads of this process
        for executor in self._own:
            executor.shutdown(wait=not kill, cancel_futures=kill)
        if self._marks is not None:
            self._marks.close()

    def _launch(self, call: PendingCall, payload: bytes | None) -> Future[Any]:
        call.engine = self._successor(self._broken) if self._executor is self._broken else self._executor
        try:
            return self._submitted(call, payload)
        except BrokenExecutor:  # by an earlier evaluation: this one has not begun
            call.engine = self._successor(call.engine)
            return self._submitted(call, payload)

    def _submitted(self, call: PendingCall, payload: bytes | None) -> Future[Any]:
        submit, spec, marks = call.engine.submit, self._spec, self._marks
        if self._here is not None:
            future = submit(called, call.prints_to, outcome_of, self._here, spec.detailed, call.x)
        elif marks is None:
            future = submit(evaluate_remote, spec, payload, call.x, call.prints_to)
        else:
            call.place = marks.take() if call.place < 0 else call.place
            future = submit(evaluate_marked, marks.path, call.place, spec, payload, call.x, call.prints_to)
        return future  # type: ignore[no-any-return]  # of whatever executor it is

    def _collected(self, call: PendingCall) -> None:
        if self._marks is not None:
            self._marks.give_back(call.place)

    def _lose(self, call: PendingCall, error: BaseException) -> None:
        """Tell the evaluation that broke the executor from those that were only there.

        A broken executor tells its futures before it ends the processes that still live, so at this time only the
        process that broke it has ended. Nothing is submitted to it from here, for it may hold its lock.
        """
        call.losses += 1
        said = engine_text(error)
        if isinstance(error, BrokenExecutor):
            if self._marks is not None and (pid := self._marks.process(call.place)) and has_ended(pid):
                reason = f"its process ended, which broke the executor: {said}; guard=True keeps evaluations apart"
                call.future.set_result(nothing(Status.CRASHED, reason))
            elif self._fresh is not None and call.losses <= MOST_LOSSES:
                call.place = -1  # its process may still write there
                self._broken = call.engine
                self.send(call, whole=True)
            else:
                call.future.set_exception(NotEvaluated(f"the executor broke: {said}; {REMEDY}"))
        elif isinstance(error, CancelledError) and call.losses <= MOST_LOSSES:
            threading.Thread(target=self.send, args=(call, True), name="glompo-again", daemon=True).start()
        elif isinstance(error, Exception):
            call.future.set_exception(NotEvaluated(f"the executor lost an evaluation: {said}"))
        else:  # of the task: the interrupts of a thread
            call.future.set_result(nothing(Status.FAILED, said))

    def _refuse(self, call: PendingCall, error: Exception) -> None:
        remedy = f"; {REMEDY}" if isinstance(error, BrokenExecutor) else ""
        reason = f"the executor takes no evaluations: {engine_text(error)}{remedy}"
        call.future.set_exception(NotEvaluated(reason))

    def _successor(self, broken: Executor | None) -> Executor:
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


class Marks:
    """Which evaluations the processes of an executor have begun; the side of the caller.

    An executor that breaks says of all evaluations in its care that they are lost, and not which of them ended its
    process. So each evaluation leaves a mark while it is under way: the number of its process, at its place in a file.
    """

    def __init__(self) -> None:
        self._file = tempfile.NamedTemporaryFile(prefix="glompo-marks-")  # noqa: SIM115  # closed by `close`
        self._lock = threading.Lock()
        self._free: list[int] = []
        self._places = 0

    @property
    def path(self) -> str:
        """Where the marks are left."""
        return self._file.name

    def take(self) -> int:
        """Return a place that no other evaluation has."""
        with self._lock:
            if self._free:
                return self._free.pop()
            self._places += 1
            return self._places - 1

    def give_back(self, place: int) -> None:
        """Let another evaluation have the place."""
        with self._lock:
            self._free.append(place)

    def process(self, place: int) -> int:
        """Return the number of the process in which the evaluation at `place` is under way; 0 if it is in none."""
        if self._file.closed:  # the evaluation is not awaited any more
            return 0
        return int.from_bytes(os.pread(self._file.fileno(), WIDTH, place * WIDTH), "little")

    def close(self) -> None:
        """Remove the file."""
        self._file.close()


@contextmanager
def marked(path: str, place: int) -> Iterator[None]:
    """Mark the evaluation at `place` while the block runs; on another machine, which has no such file, do nothing."""
    try:
        file = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    except OSError:
        yield
        return
    try:
        _leave(file, place, os.getpid())
        yield
    finally:
        _leave(file, place, 0)
        os.close(file)


def _leave(file: int, place: int, mark: int) -> None:
    with suppress(OSError):  # a full disk must not fail the evaluation
        os.pwrite(file, mark.to_bytes(WIDTH, "little"), place * WIDTH)


def evaluate_marked(
    path: str, place: int, spec: RemoteSpec, payload: bytes | None, x: NDArray[np.float64], prints_to: str
) -> Outcome | PayloadMissing:
    """Do the same, and leave a mark at `place` while it is under way; the answer can be sent in any case."""
    with marked(path, place):
        answer = evaluate_remote(spec, payload, x, prints_to)
    if isinstance(answer, Outcome) and answer.extras:
        try:
            pickle.dumps(answer.extras)
        except Exception as error:
            reason = f"its further values cannot be sent: {type(error).__name__}: {error}"
            return Outcome(math.nan, Status.FAILED, reason, (), answer.seconds)
    return answer

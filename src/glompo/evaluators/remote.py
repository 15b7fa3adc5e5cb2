"""What the evaluators on executors and clusters have in common."""

from __future__ import annotations

import math
import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from typing import Any, Protocol, TypedDict

import numpy as np
from numpy.typing import NDArray

from glompo.errors import SettingError
from glompo.evaluators.environment import present_directory
from glompo.evaluators.pool.limits import EVALUATION_GRACE, Limits
from glompo.evaluators.printstreams import present_place
from glompo.evaluators.protocol import NotEvaluated
from glompo.evaluators.remote_worker import PayloadMissing, RemoteSpec
from glompo.function import Outcome, Status
from glompo.safe_text import engine_text

SMALL = 2**16
"""Bytes up to which a task travels with each call; beyond that, only to workers that ask for it."""


class RemoteOptions(TypedDict, total=False):
    """How evaluations are called on the workers of an executor or a cluster.

    Attributes
    ----------
    timeout, adaptive_timeout, memory_limit, grace
        As for a pool (:class:`~glompo.evaluators.pool.evaluator.PoolEvaluator`). An adaptive timeout goes by the
        evaluations of each worker.
    guard : bool, optional
        Whether the task is called in guarded processes of the workers; by default, if there is a limit.
    threads_per_worker : int or None
        Threads that BLAS and OpenMP may use in a guarded process; 1 by default, None for what the environment says.
    initial_environment : mapping, optional
        Variables of guarded processes besides those of the worker.
    """

    timeout: float | None
    adaptive_timeout: float | None
    memory_limit: int | None
    grace: float
    guard: bool | None
    threads_per_worker: int | None
    initial_environment: Mapping[str, str] | None


class Awaitable(Protocol):
    """What an engine gives for a call that it has taken."""

    def result(self) -> Any:
        """Return what the call returned, or raise why it did not."""

    def add_done_callback(self, fn: Callable[[Any], object], /) -> object:
        """Call `fn` with this object when it is done."""


@dataclass(slots=True, eq=False)
class PendingCall:
    """One evaluation under way."""

    x: NDArray[np.float64]  # the point, shape (d,)
    future: Future[Outcome]  # what the caller holds
    prints_to: str  # where it prints
    engine: Any = None  # the engine that has it, where that may change
    place: int = -1  # of its mark, where it leaves one; -1 where it does not
    losses: int = 0  # how often an engine has lost it


class RemoteEvaluator(ABC):
    """Has points evaluated by an engine that takes calls and gives futures: an executor, or a cluster."""

    concurrency = "processes"
    """Where the task runs: in 'threads' of this process, or in 'processes'."""

    def __init__(self, spec: RemoteSpec, payload: bytes) -> None:
        self._spec = spec
        self._payload = payload
        self._in_flight: set[Future[Outcome]] = set()
        self._closed = False

    @abstractmethod
    def _launch(self, call: PendingCall, payload: bytes | None) -> Awaitable:
        """Give an evaluation to the engine, with the task or without."""

    @abstractmethod
    def _lose(self, call: PendingCall, error: BaseException) -> None:
        """Settle an evaluation of which the engine says this instead of an answer: it may be sent again."""

    def _collected(self, call: PendingCall) -> None:  # noqa: B027  # most hold nothing for it
        """Give back what is held for an evaluation that has an answer."""

    def _refuse(self, call: PendingCall, error: Exception) -> None:
        """Settle an evaluation that the engine did not take: it has not been made."""
        call.future.set_exception(NotEvaluated(engine_text(error)))

    def evaluate(self, x: NDArray[np.float64]) -> Outcome:
        """Return the outcome at `x`, shape (d,)."""
        return self.submit(x).result()

    def submit(self, x: NDArray[np.float64]) -> Future[Outcome]:
        """Begin to compute the outcome at `x`, shape (d,).

        Raises
        ------
        RuntimeError
            After :meth:`close`.
        """
        if self._closed:
            raise RuntimeError("the evaluator has been closed; make a new one")
        future: Future[Outcome] = Future()
        future.set_running_or_notify_cancel()
        self._in_flight.add(future)
        future.add_done_callback(self._in_flight.discard)
        self.send(PendingCall(x, future, present_place()), len(self._payload) <= SMALL)
        return future

    def resize(self, workers: int) -> None:  # noqa: B027  # there is nothing to do in any of them
        """Do nothing: how many workers an engine has is not for us to say."""

    def close(self, kill: bool = False) -> None:
        """Await the evaluations under way, unless `kill`. The engine itself is left as it is."""
        self._closed = True
        if not kill:
            wait(list(self._in_flight))

    def send(self, call: PendingCall, whole: bool) -> None:
        """Give an evaluation to the engine, with the task if it is `whole`."""
        try:
            inner = self._launch(call, self._payload if whole else None)
        except Exception as error:  # whatever the engine refuses a call with
            self._refuse(call, error)
            return
        inner.add_done_callback(partial(self._on_answer, call))

    def _on_answer(self, call: PendingCall, inner: Awaitable) -> None:
        try:
            answer = inner.result()
        except BaseException as error:  # a cancelled call raises no Exception everywhere
            self._lose(call, error)
            return
        if isinstance(answer, PayloadMissing):
            self.send(call, whole=True)
        else:
            self._collected(call)
            call.future.set_result(answer)


def nothing(status: Status, reason: str) -> Outcome:
    """Return the outcome of an evaluation that gave no value."""
    return Outcome(math.nan, status, reason)


def limits_of(options: RemoteOptions) -> Limits:
    """Return the limits of evaluations.

    Raises
    ------
    SettingError, SettingTypeError
        If one of them cannot be meant.
    """
    return Limits(
        options.get("timeout"),
        options.get("adaptive_timeout"),
        options.get("memory_limit"),
        options.get("grace", EVALUATION_GRACE),
    )


def remote_spec(payload: bytes, detailed: int, options: RemoteOptions) -> RemoteSpec:
    """Return what workers are to do.

    Raises
    ------
    SettingError, SettingTypeError
        If a limit cannot be meant, or there are limits and the guard is refused.
    """
    limits, guard, threads = limits_of(options), options.get("guard"), options.get("threads_per_worker", 1)
    if guard is False and limits.any:
        raise SettingError(
            "guard is False, but only the guard can keep timeout and memory_limit; leave guard out, or the limits"
        )
    guarded = limits.any if guard is None else guard
    pairs = tuple(sorted((options.get("initial_environment") or {}).items()))
    places = _places()
    what = repr((detailed, guarded, limits, threads, pairs, places)).encode() + payload
    return RemoteSpec(blake2b(what, digest_size=16).hexdigest(), detailed, guarded, limits, threads, pairs, places)


def _places() -> tuple[str, ...]:
    """Return where modules are found that no installation brings: beside a script or a configuration."""
    installations = tuple(os.path.join(os.path.realpath(root), "") for root in (sys.prefix, sys.base_prefix))
    rooted = present_directory() is not None
    places = dict.fromkeys(os.path.realpath(place) for place in sys.path if rooted or os.path.isabs(place))
    return tuple(place for place in places if os.path.isdir(place) and not place.startswith(installations))

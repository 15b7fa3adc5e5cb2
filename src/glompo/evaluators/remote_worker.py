"""What runs on the workers of an executor or a cluster: the task itself, or our guard around it.

The task is kept in the worker's process, by a name that is made from its bytes. A call brings only the name when the
task is large; a worker that has not seen it yet asks for the whole.
"""

from __future__ import annotations

import math
import os
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.evaluators.call import callable_of, outcome_of
from glompo.evaluators.environment import environment
from glompo.evaluators.payload import unpacked
from glompo.evaluators.pool.limits import Limits
from glompo.evaluators.pool.process import Launcher
from glompo.evaluators.pool.supervisor import Supervisor
from glompo.evaluators.printstreams import called, printing_to
from glompo.evaluators.protocol import NotEvaluated
from glompo.function import Outcome, Status

TASKS_KEPT = 4
"""Tasks that a worker keeps; beyond that, the one that was not used for longest goes."""

GUARD_IDLE_LIMIT = 60.0
"""Seconds after which an idle guarded process ends: an executor does not say when it is no longer used."""

GUARDED_PROCESSES = 1024
"""Guarded processes of one worker at most. There are as many as it has calls in flight, which is up to the executor."""


@dataclass(frozen=True, slots=True)
class RemoteSpec:
    """What a worker is to do with points."""

    name: str  # of the task and of how it is evaluated
    detailed: int  # whether the task's `detailed_call` is called
    guard: bool  # whether it is called in a guarded process of its own
    limits: Limits  # of each evaluation, if guarded
    threads: int | None  # threads that numerical libraries may use in a guarded process
    variables: tuple[tuple[str, str], ...]  # environment of guarded processes, besides the worker's
    # directories in which modules of the user's are looked for, where the worker has such: first of all by guarded
    # processes, and last by the worker itself, which others use as well
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PayloadMissing:
    """The answer of a worker that has not got the task."""


class _CachedTask:
    """One task in this process, ready to be called."""

    def __init__(self, spec: RemoteSpec, payload: bytes) -> None:
        self.users = 0
        places = [place for place in spec.places if os.path.isdir(place)]
        self._supervisor: Supervisor | None = None
        self._detailed = spec.detailed
        self._call: Callable[..., Any] | None = None
        if spec.guard:
            variables = environment(spec.threads, dict(spec.variables))
            launcher = Launcher(payload, variables, spec.detailed, spec.threads, False, places)
            self._supervisor = Supervisor(
                launcher, spec.limits, GUARDED_PROCESSES, eager=False, linger=GUARD_IDLE_LIMIT
            )
        else:
            sys.path += [place for place in places if place not in sys.path]
            self._call = callable_of(unpacked(payload), spec.detailed)

    def outcome(self, x: NDArray[np.float64], prints_to: str) -> Outcome:
        if self._supervisor is not None:
            with printing_to(prints_to):
                return self._supervisor.submit(x).result()
        assert self._call is not None
        return called(prints_to, outcome_of, self._call, self._detailed, x)

    def close(self, kill: bool = False) -> None:
        if self._supervisor is not None:
            self._supervisor.close(kill)


class TaskCache:
    """The tasks that this process keeps. A fork begins with an empty one: threads and pipes are not forked."""

    def __init__(self) -> None:
        self._reset()

    def _reset(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._tasks: OrderedDict[str, _CachedTask] = OrderedDict()

    @contextmanager
    def task(self, spec: RemoteSpec, payload: bytes | None) -> Iterator[_CachedTask | None]:
        """Lend the task, loading it from `payload` if need be; None if it is not here."""
        if self._pid != os.getpid():
            self._reset()
        with self._lock:
            cached = self._tasks.get(spec.name)
            if cached is None and payload is not None:
                cached = self._tasks[spec.name] = _CachedTask(spec, payload)
            if cached is not None:
                cached.users += 1
                self._tasks.move_to_end(spec.name)
            surplus = self._surplus()
        for old in surplus:
            old.close()
        try:
            yield cached
        finally:
            if cached is not None:
                with self._lock:
                    cached.users -= 1

    def release(self, name: str, kill: bool) -> None:
        """End the guarded process cached for the task `name`."""
        with self._lock:
            cached = self._tasks.pop(name, None)
        if cached is not None:
            cached.close(kill)

    def _surplus(self) -> list[_CachedTask]:
        idle = [name for name, cached in self._tasks.items() if not cached.users]
        return [self._tasks.pop(name) for name in idle[: max(0, len(self._tasks) - TASKS_KEPT)]]


_cache = TaskCache()


def evaluate_remote(
    spec: RemoteSpec, payload: bytes | None, x: NDArray[np.float64], prints_to: str
) -> Outcome | PayloadMissing:
    """Return the outcome at `x`, shape (d,); `payload` is the task, or None if the worker may have it already."""
    try:
        with _cache.task(spec, payload) as cached:
            return PayloadMissing() if cached is None else cached.outcome(x, prints_to)
    except Exception as error:  # of the task on this worker, which cannot load it: others may
        reason = error.reason if isinstance(error, NotEvaluated) else f"{type(error).__name__}: {error}"
        return Outcome(math.nan, Status.FAILED, f"the worker cannot evaluate it: {reason}")


def release_task(name: str, kill: bool = False) -> None:
    """End the guarded processes of a task in this process, if there are any; with `kill`, also those at work."""
    _cache.release(name, kill)

"""Evaluate the task in guarded processes of this machine: what hangs, crashes or grows is ended and replaced."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.evaluators.environment import environment
from glompo.evaluators.payload import preflight
from glompo.evaluators.pool.limits import EVALUATION_GRACE, Limits, whole
from glompo.evaluators.pool.process import Launcher
from glompo.evaluators.pool.supervisor import Supervisor
from glompo.function import Outcome


class PoolEvaluator:
    """Call the task in processes that evaluate one point at a time.

    Each process is a fresh interpreter in a session of its own, so that Ctrl-C in the terminal does not disturb an
    evaluation; it ends when this process vanishes, and takes along what the task has started. The task travels once,
    when a process starts, and is loaded there again; what it changes in itself stays there.

    An evaluation that goes over a limit, or whose process ends, has an outcome like any other; its process is
    replaced:

    ============== ====================================================================================================
    status         when
    ============== ====================================================================================================
    OK, INVALID    as everywhere
    FAILED         the task raised; or no process can be started (the task's module cannot be imported there)
    TIMEOUT        the deadline came
    CRASHED        the process ended: by a signal, or with an exit code
    OUT_OF_MEMORY  the task raised MemoryError; the process and what it had started held more than `memory_limit`; or
                   the kernel killed the process for want of memory
    CANCELLED      the evaluator was closed meanwhile
    ============== ====================================================================================================

    Parameters
    ----------
    task : callable or str
        ``task(x) -> float``, or where to import it from over there, ``"module:function"``.
    workers : int
        Processes, and so evaluations in flight, at most.
    detailed : int
        Whether ``task.detailed_call(x) -> (fx, *extras)`` is called instead.
    timeout : float, optional
        Wall-clock seconds that an evaluation may take. Then the process, its group and its descendants get SIGTERM,
        and SIGKILL after `grace` seconds; what has outgrown `memory_limit` gets SIGKILL at once.
    adaptive_timeout : float, optional
        The same, as a factor above 1 of the running median of the evaluations so far; it begins with the eleventh,
        and is never less than one second.
    memory_limit : int, optional
        Bytes that a process and everything it has started may hold in memory: the sum of their resident sets, looked
        at every 50 ms (Linux only). The interpreter and the task's libraries count; memory that several processes
        share counts for each. A process that holds more than 80 % of it between evaluations is replaced.
    grace : float
        Seconds from SIGTERM to SIGKILL.
    threads_per_worker : int or None
        Threads that BLAS and OpenMP may use in a process; None leaves what the environment says.
    initial_environment : mapping, optional
        Variables of the processes besides those of this process.
    capture : bool
        Whether what a task prints is kept, and its end shown in the error of an evaluation that fails; otherwise it
        goes where the output of this process goes.

    Raises
    ------
    SettingError, SettingTypeError
        If a setting cannot be used, or the task cannot be sent to another process; the message names the object
        inside the task that is at fault.
    """

    concurrency = "processes"
    """Where the task runs."""

    def __init__(
        self,
        task: Callable[..., Any] | str,
        workers: int,
        *,
        detailed: int = False,
        timeout: float | None = None,
        adaptive_timeout: float | None = None,
        memory_limit: int | None = None,
        grace: float = EVALUATION_GRACE,
        threads_per_worker: int | None = 1,
        initial_environment: Mapping[str, str] | None = None,
        capture: bool = False,
    ) -> None:
        limits = Limits(timeout, adaptive_timeout, memory_limit, grace)
        workers = whole(workers, "workers", 1)
        threads = None if threads_per_worker is None else whole(threads_per_worker, "threads_per_worker", 1)
        variables = environment(threads, initial_environment or {})
        launcher = Launcher(preflight(task), variables, detailed, threads, capture)
        self._supervisor = Supervisor(launcher, limits, workers)
        self._end = weakref.finalize(self, self._supervisor.close, kill=True)  # at the latest when this process ends

    def evaluate(self, x: NDArray[np.float64]) -> Outcome:
        """Return the outcome at `x`, shape (d,)."""
        return self._supervisor.submit(x).result()

    def submit(self, x: NDArray[np.float64]) -> Future[Outcome]:
        """Begin to compute the outcome at `x`, shape (d,).

        Raises
        ------
        RuntimeError
            After :meth:`close`.
        """
        return self._supervisor.submit(x)

    def end(self, future: Future[Outcome]) -> None:
        """End an evaluation that is under way or in wait (SIGTERM, grace, SIGKILL); it is CANCELLED."""
        self._supervisor.end(future)

    def resize(self, workers: int) -> None:
        """Let there be `workers` processes at most: more start when calls come, and superfluous ones end when idle."""
        self._supervisor.resize(whole(workers, "workers", 1))

    def close(self, kill: bool = False) -> None:
        """End the processes.

        Parameters
        ----------
        kill : bool
            Whether evaluations under way are ended (SIGTERM, grace, SIGKILL) and those in wait cancelled; otherwise
            they are awaited.
        """
        self._supervisor.close(kill)
        self._end.detach()

"""Keeps a number of worker processes at work, and none of them longer than allowed.

One thread waits for everything at once: answers, the ends of processes, deadlines. A call goes from the caller's
thread straight to an idle process; its answer, or the news of its process's end, comes back through the one thread.
What that thread knows of a process is a state (see :class:`~glompo.evaluators.pool.process.State`) and a time until
which the state may last:

* STARTING until it says that the task is loaded; IDLE; BUSY until it answers or its deadline has come;
* CONDEMNED from SIGTERM until SIGKILL: its evaluation is over, whatever it still says;
* LEAVING from the word that there is nothing more to do until it is killed for staying;
* ENDED: waited for, or waiting as a zombie, which keeps its number, until what it had started is gone as well.
"""

from __future__ import annotations

import math
import os
import pickle
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from glompo.errors import InternalError
from glompo.evaluators.pool.limits import PERIOD, Deadlines, Limits, MemoryWatch, size
from glompo.evaluators.pool.process import Call, Launcher, State, WorkerProcess
from glompo.evaluators.pool.process_table import AT_WORK, EXIT_GRACE, START, ProcessTable, Starts
from glompo.evaluators.pool.process_tree import KernelKills, verdict
from glompo.evaluators.pool.worker_main import Ready, Unready
from glompo.evaluators.protocol import NotEvaluated
from glompo.function import Outcome, Status
from glompo.safe_text import error_text

CLOSED = "the evaluator has been closed, or belongs to the process from which this one was forked; make a new one"


class Supervisor:
    """Evaluates points in worker processes.

    Parameters
    ----------
    launcher : Launcher
        Starts the processes.
    limits : Limits
        Of each evaluation.
    workers : int
        Processes at most.
    eager : bool
        Whether they are all started now, or as calls come.
    linger : float
        Seconds that a process may stay idle.
    """

    def __init__(
        self, launcher: Launcher, limits: Limits, workers: int, eager: bool = True, linger: float = math.inf
    ) -> None:
        self._limits = limits
        self._linger = linger
        self._processes = ProcessTable(launcher, self, workers, limits.grace)
        self._deadlines = Deadlines(limits)
        self._memory = MemoryWatch(limits.memory)
        self._kills = KernelKills()
        self._starts = Starts()
        self._lock = threading.Lock()
        self._open: set[Call] = set()
        self._waiting: deque[Call] = deque()
        self._landed: list[tuple[Future[Outcome], Outcome]] = []
        self._unmade: list[Future[Outcome]] = []
        self._spares = workers if eager else 0
        self._closing = False
        self._planned = math.inf
        self._ear, self._wakeup_pipe = os.pipe()
        os.set_blocking(self._ear, False)
        os.set_blocking(self._wakeup_pipe, False)
        self._processes.listen(self._ear, self._rung)
        self._thread = threading.Thread(target=self._run, name="glompo-evaluations", daemon=True)
        self._thread.start()

    # the callers' threads

    def submit(self, x: NDArray[np.float64]) -> Future[Outcome]:
        """Begin to compute the outcome at `x`, shape (d,).

        Raises
        ------
        RuntimeError
            After :meth:`close`, or in a fork of the process that made it: its thread is not there.
        """
        if not self._thread.is_alive():
            raise RuntimeError(CLOSED)
        call = Call(np.ascontiguousarray(x, np.float64).tobytes())
        with self._lock:
            if self._closing:
                raise RuntimeError(CLOSED)
            self._open.add(call)
            self._waiting.append(call)
            looked_at = self._assign(monotonic())
            if looked_at < self._planned or (self._waiting and self._processes.room):
                self._wake_up()
        return call.future

    def end(self, future: Future[Outcome]) -> None:
        """End one evaluation, under way or in wait; of one that is over there is nothing to end."""
        with self._lock:
            if self._wakeup_pipe >= 0:
                self._end_calls(lambda call: call.future is future, "its optimizer had been asked to stop", monotonic())
                self._wake_up()

    def resize(self, workers: int) -> None:
        """Let there be `workers` processes at most; those at work finish what they do."""
        with self._lock:
            self._processes.size = workers
            self._wake_up()

    def close(self, kill: bool = False) -> None:
        """End the processes after the evaluations under way and in wait; with `kill`, instead of them."""
        if not self._thread.is_alive():
            return
        with self._lock:
            self._closing = True
            self._spares = 0
            if kill:
                self._end_calls(lambda call: True, "the evaluator was closed", monotonic())
            self._wake_up()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    # the one thread

    def _run(self) -> None:
        try:
            wait: float | None = 0.0
            while wait is None or wait >= 0:
                events = self._processes.wait(wait)
                with self._lock:
                    for happen in events:
                        happen()
                    wait = self._turn(monotonic())
                self._deliver()
        except BaseException as error:  # a defect of ours must not leave callers waiting
            self._break(error)
        finally:
            self._release()

    def _turn(self, now: float) -> float | None:
        """Do what is due; return how long to wait for the next event, less than 0 when all is over."""
        if now >= self._planned:
            self._planned = math.inf
            self._keep_time(now)
        self._assign(now)
        self._thin_out(now)
        self._staff(now)
        if self._closing and not self._waiting:
            self._processes.dismiss(self._processes.those(State.STARTING, State.IDLE), now)
            if self._processes.gone:
                return -1.0
        self._planned = min(self._planned, self._next_time())
        return None if self._planned == math.inf else max(0.0, self._planned - now)

    def _next_time(self) -> float:
        times = [self._processes.next_time()]
        if self._waiting and self._starts.rest_until:
            times.append(self._starts.rest_until)
        if self._memory.on and self._processes.those(State.BUSY):
            times.append(self._memory.due)
        return min(times)

    def _deliver(self) -> None:
        """Hand out what has come in. Whoever waits for it may call back, so no lock is held."""
        with self._lock:
            landed, self._landed = self._landed, []
            unmade, self._unmade = self._unmade, []
        for future, outcome in landed:
            future.set_result(outcome)
        for future in unmade:
            if future.running() or future.set_running_or_notify_cancel():
                future.set_exception(NotEvaluated(f"no worker can be started: {self._starts.error}"))

    def _break(self, error: BaseException) -> None:
        with self._lock:
            self._closing = True
            calls = [*self._open]
        self._deliver()
        failure = InternalError(f"the supervision of evaluations broke: {error_text(error)}")
        for call in calls:
            if call.future.running() or call.future.set_running_or_notify_cancel():
                call.future.set_exception(failure)

    def _release(self) -> None:
        self._processes.close()
        with self._lock:
            os.close(self._ear)
            os.close(self._wakeup_pipe)
            self._wakeup_pipe = -1

    def _wake_up(self) -> None:
        try:
            if self._wakeup_pipe >= 0:
                os.write(self._wakeup_pipe, b"!")
        except BlockingIOError:  # it rings already
            return

    def _rung(self) -> None:
        os.read(self._ear, 4096)

    # time

    def _keep_time(self, now: float) -> None:
        for process in self._processes.overdue(now):
            if process.state is State.BUSY and not process.channel.ended:
                self.heard(process)  # an answer that has just come counts
            if process.until <= now and process.state is not State.ENDED:
                self._too_long(process, now)
        self._processes.reap_orphans(now)
        if self._memory.due <= now:
            busy = {process.pid: process for process in self._processes.those(State.BUSY)}
            for pid, held in self._memory.over(now, list(busy)).items():
                reason = f"held {size(held)} in memory, over the limit of {size(self._limits.memory or 0)}"
                self._processes.condemn(busy[pid], Status.OUT_OF_MEMORY, reason, now)

    def _too_long(self, process: WorkerProcess, now: float) -> None:
        if process.state is State.IDLE:
            self._processes.dismiss([process], now)
        elif process.state is State.BUSY and process.call is not None and not process.channel.ended:
            self._processes.condemn(process, Status.TIMEOUT, self._deadlines.reason(process.call.limit), now)
        else:
            process.error = process.error or f"it was not ready after {START:g} s"
            if process.state is State.BUSY:
                process.failure = Status.CRASHED, "the task closed the line of its process"
            self._processes.kill(process, now)
            if process.state is State.ENDED:
                self._settle_the_end(process, process.state, 0, "", now)

    # starting

    def _staff(self, now: float) -> None:
        """Start the processes that are wanted."""
        room = self._processes.room
        if room <= 0 or not (self._waiting or self._spares):
            return
        if self._starts.resting(now):
            if not self._processes.those(*AT_WORK):
                self._leave_unmade()
            return
        wanted = max(self._spares, len(self._waiting) - len(self._processes.those(State.STARTING)))
        self._spares = 0
        for _ in range(min(room, wanted)):
            try:
                self._processes.start(now)
            except OSError as error:
                self._starts.failed(error_text(error), now)
                self._wake_up()
                return

    def _thin_out(self, now: float) -> None:
        """Let idle processes go that are too many since their number was lowered."""
        surplus = len(self._processes.those(*AT_WORK)) - self._processes.size
        if surplus > 0:
            self._processes.dismiss(list(self._processes.idle[:surplus]), now)

    def _leave_unmade(self) -> None:
        while self._waiting:
            call = self._waiting.popleft()
            self._open.discard(call)
            self._unmade.append(call.future)

    # evaluating

    def _assign(self, now: float) -> float:
        """Give the calls in wait to idle processes; return when the first of these must be looked at."""
        first = math.inf
        while self._waiting and self._processes.idle:
            process = self._processes.idle.pop()
            self._hand_out(process, now)
            first = min(first, process.until, now + PERIOD if self._memory.on else math.inf)
        return first

    def _hand_out(self, process: WorkerProcess, now: float) -> None:
        """Give the next call to a process that can take one; without a call it is idle."""
        while self._waiting:
            call = self._waiting.popleft()
            if not (call.future.running() or call.future.set_running_or_notify_cancel()):
                self._open.discard(call)
                continue
            call.begun, call.limit = now, self._deadlines.seconds()
            process.state, process.call, process.until = State.BUSY, call, now + call.limit
            try:
                process.channel.send(call.x)
            except OSError:  # it has died idle: its end will be heard of, and the call goes to another
                process.state, process.call, process.until = State.LEAVING, None, now + EXIT_GRACE
                self._waiting.appendleft(call)
            return
        process.state, process.until = State.IDLE, now + self._linger
        self._processes.idle.append(process)

    def heard(self, process: WorkerProcess) -> None:
        """Take what has arrived from a process, and give it more to do."""
        if process.state is State.ENDED:
            return
        now, was_busy = monotonic(), process.state is State.BUSY
        if self._take(process, process.channel.arrived()):
            if was_busy and self._memory.worn(process.pid):
                self._spares += not self._closing
                self._processes.dismiss([process], now)
            else:
                self._hand_out(process, now)
        if process.channel.ended and not self._processes.hang_up(process, now):
            self.ended(process)

    def ended(self, process: WorkerProcess) -> None:
        """Settle what a process leaves behind."""
        if process.state is State.ENDED:
            return
        now, before = monotonic(), process.state
        self._take(process, process.channel.arrived(all_of_it=True))
        words = process.output_tail()
        code = self._processes.reap(process, now)
        self._settle_the_end(process, before, code, words, now)

    def _take(self, process: WorkerProcess, messages: list[bytes]) -> bool:
        """Take messages of a process; return whether it can take a call now."""
        free = False
        for message in messages:
            said = _decoded(message)
            if isinstance(said, Unready):
                process.error = said.error
            elif isinstance(said, Ready):
                self._starts.succeeded()
                free = process.state is State.STARTING
            elif process.state is State.BUSY and process.call is not None:  # otherwise its evaluation is over already
                call, process.call = process.call, None
                self._settle(call, said, process.output_tail() if said.status is not Status.OK else "")
                free = True
        return free

    # settling

    def _settle_the_end(self, process: WorkerProcess, before: State, code: int, words: str, now: float) -> None:
        """Record what the end of a process means for its call, or for further starts."""
        if before is State.STARTING:
            self._starts.failed(process.error or verdict(code, self._kills)[1] + words, now)
        call, process.call = process.call, None
        if call is None:
            return
        self._spares += not self._closing
        if process.failure is None and call.is_blameless(process.channel.unread, code):
            self._waiting.appendleft(call)
            return
        status, reason = process.failure or verdict(code, self._kills)
        self._fail(call, status, reason + words, now)

    def _fail(self, call: Call, status: Status, reason: str, now: float) -> None:
        """Record an evaluation that gave no value."""
        if call.future.running() or call.future.set_running_or_notify_cancel():
            seconds = now - call.begun if call.begun else 0.0
            self._settle(call, Outcome(math.nan, status, reason, (), seconds), "")
        self._open.discard(call)

    def _settle(self, call: Call, outcome: Outcome, words: str) -> None:
        if outcome.status in (Status.OK, Status.TIMEOUT):
            self._deadlines.note(outcome.seconds)
        self._open.discard(call)
        self._landed.append((call.future, replace(outcome, error=outcome.error + words) if words else outcome))

    def _end_calls(self, those: Callable[[Call], bool], reason: str, now: float) -> None:
        for call in [call for call in self._waiting if those(call)]:
            self._waiting.remove(call)
            self._fail(call, Status.CANCELLED, reason, now)
        for process in self._processes.those(State.BUSY):
            if process.call is not None and those(process.call):
                self._processes.condemn(process, Status.CANCELLED, reason, now)


def _decoded(message: bytes) -> Outcome | Ready | Unready:
    try:
        said: Outcome | Ready | Unready = pickle.loads(message)
    except BaseException as error:  # extra values whose classes cannot be had here
        reason = f"detailed_call returned extra values that cannot be read: {error_text(error)}"
        return Outcome(math.nan, Status.INVALID, reason)
    return said

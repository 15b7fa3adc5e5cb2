"""Keeps a number of worker processes at work, and none of them longer than allowed.

One thread waits for everything at once: answers, the ends of processes, deadlines. A call goes from the caller's
thread straight to an idle process; its answer, or the report that its process ended, comes back through the one
thread. What that thread knows of a process is a state (see :class:`~glompo.evaluators.pool.process.State`) and a time
until which the state may last.
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
from glompo.evaluators.pool.limits import MEMORY_PERIOD, Deadlines, Limits, MemoryWatch, size
from glompo.evaluators.pool.process import Call, Launcher, State, WorkerProcess
from glompo.evaluators.pool.process_table import AT_WORK, CLOSED_LINE_TIMEOUT, LOAD_TIMEOUT, ProcessTable, StartBackoff
from glompo.evaluators.pool.process_tree import KernelKills, verdict
from glompo.evaluators.pool.worker_main import Ready, Unready
from glompo.evaluators.printstreams import present_place
from glompo.evaluators.protocol import NotEvaluated
from glompo.function import Outcome, Status
from glompo.safe_text import error_text

CLOSED = "the evaluator has been closed, or belongs to the process from which this one was forked; make a new one"


class Supervisor:
    """Evaluates points in worker processes."""

    def __init__(
        self,
        launcher: Launcher,
        limits: Limits,  # of each evaluation
        workers: int,  # processes at most
        eager: bool = True,  # whether they are all started now, or as calls come
        linger: float = math.inf,  # seconds that a process may stay idle
    ) -> None:
        self._limits = limits
        self._linger = linger
        self._processes = ProcessTable(launcher, self, workers, limits.grace)
        self._deadlines = Deadlines(limits)
        self._memory = MemoryWatch(limits.memory)
        self._kills = KernelKills()
        self._starts = StartBackoff()
        self._lock = threading.Lock()
        self._open: set[Call] = set()
        self._waiting: deque[Call] = deque()
        self._completed: list[tuple[Future[Outcome], Outcome]] = []
        self._not_started: list[Future[Outcome]] = []
        self._to_start = workers if eager else 0
        self._closing = False
        self._next_look = math.inf
        self._wakeup_read, self._wakeup_write = os.pipe()
        os.set_blocking(self._wakeup_read, False)
        os.set_blocking(self._wakeup_write, False)
        self._processes.listen(self._wakeup_read, self._drain_wakeup)
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
        call = Call(os.fsencode(present_place()) + b"\0" + np.ascontiguousarray(x, np.float64).tobytes())
        with self._lock:
            if self._closing:
                raise RuntimeError(CLOSED)
            self._open.add(call)
            self._waiting.append(call)
            first_due = self._assign(monotonic())
            # the thread sleeps until `_next_look`: it must be woken for an earlier deadline, or to start a process
            if first_due < self._next_look or (self._waiting and self._processes.room):
                self._wake_up()
        return call.future

    def end(self, future: Future[Outcome]) -> None:
        """End one evaluation, under way or in wait; of one that is over there is nothing to end."""
        with self._lock:
            if self._wakeup_write >= 0:
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
            self._to_start = 0
            if kill:
                self._end_calls(lambda call: True, "the evaluator was closed", monotonic())
            self._wake_up()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    # the supervising thread

    def _run(self) -> None:
        try:
            wait: float | None = 0.0
            while wait is None or wait >= 0:
                events = self._processes.wait(wait)
                # callers give calls to idle processes under the same lock, so a state never changes while it is judged
                with self._lock:
                    for handle in events:  # before deadlines: an answer that came in time counts
                        handle()
                    wait = self._step(monotonic())
                self._deliver()
        except BaseException as error:  # a defect of ours must not leave callers waiting
            self._fail_all(error)
        finally:
            self._release()

    def _step(self, now: float) -> float | None:
        """Do what is due; return how long to wait for the next event, less than 0 when all is over."""
        if now >= self._next_look:
            self._next_look = math.inf
            self._enforce_deadlines(now)
        self._assign(now)  # before processes are dismissed or started: a call in wait may make either superfluous
        self._dismiss_surplus(now)
        self._start_processes(now)
        if self._closing and not self._waiting:
            self._processes.dismiss(self._processes.in_state(State.STARTING, State.IDLE), now)
            if self._processes.empty:
                return -1.0
        self._next_look = min(self._next_look, self._next_time())
        return None if self._next_look == math.inf else max(0.0, self._next_look - now)

    def _next_time(self) -> float:
        times = [self._processes.next_time()]
        if self._waiting and self._starts.retry_at:
            times.append(self._starts.retry_at)
        if self._memory.on and self._processes.in_state(State.BUSY):
            times.append(self._memory.due)
        return min(times)

    def _deliver(self) -> None:
        """Set the futures that are due. Their callbacks may call this object again, so no lock is held."""
        with self._lock:
            completed, self._completed = self._completed, []
            not_started, self._not_started = self._not_started, []
        for future, outcome in completed:
            future.set_result(outcome)
        for future in not_started:
            if future.running() or future.set_running_or_notify_cancel():
                future.set_exception(NotEvaluated(f"no worker can be started: {self._starts.error}"))

    def _fail_all(self, error: BaseException) -> None:
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
            os.close(self._wakeup_read)
            os.close(self._wakeup_write)
            self._wakeup_write = -1

    def _wake_up(self) -> None:
        try:
            if self._wakeup_write >= 0:
                os.write(self._wakeup_write, b"!")
        except BlockingIOError:  # the pipe is full: the thread is about to wake up
            return

    def _drain_wakeup(self) -> None:
        os.read(self._wakeup_read, 4096)

    # time

    def _enforce_deadlines(self, now: float) -> None:
        for process in self._processes.overdue(now):
            # the clock is asked after the selector: what arrived in between is read before a process is ended for it
            if process.state is State.BUSY and not process.channel.ended:
                self.on_message(process)
            if process.until <= now and process.state is not State.ENDED:
                self._expire(process, now)
        self._processes.reap_orphans(now)
        if self._memory.due <= now:
            busy = {process.pid: process for process in self._processes.in_state(State.BUSY)}
            for pid, held in self._memory.over(now, list(busy)).items():
                reason = f"held {size(held)} in memory, over the limit of {size(self._limits.memory or 0)}"
                self._processes.terminate(busy[pid], Status.OUT_OF_MEMORY, reason, now)

    def _expire(self, process: WorkerProcess, now: float) -> None:
        if process.state is State.IDLE:  # for longer than it may linger
            self._processes.dismiss([process], now)
        elif process.state is State.BUSY and process.call is not None and not process.channel.ended:
            self._processes.terminate(process, Status.TIMEOUT, self._deadlines.reason(process.call.limit), now)
        else:
            # it does not get ready, does not leave, outlives SIGTERM, or lives although its line is closed
            process.error = process.error or f"it was not ready after {LOAD_TIMEOUT:g} s"
            if process.state is State.BUSY:
                process.failure = Status.CRASHED, "the task closed the line of its process"
            self._processes.kill(process, now)
            if process.state is State.ENDED:  # given up: it survives even SIGKILL, and its call must not wait for it
                self._settle_the_end(process, process.state, 0, "", now)

    # starting

    def _start_processes(self, now: float) -> None:
        """Start the processes that are wanted."""
        room = self._processes.room
        if room <= 0 or not (self._waiting or self._to_start):
            return
        if self._starts.waiting(now):
            if not self._processes.in_state(*AT_WORK):
                self._give_up_waiting()
            return
        wanted = max(self._to_start, len(self._waiting) - len(self._processes.in_state(State.STARTING)))
        self._to_start = 0
        for _ in range(min(room, wanted)):
            try:
                self._processes.start(now)
            except OSError as error:
                self._starts.failed(error_text(error), now)
                self._wake_up()
                return

    def _dismiss_surplus(self, now: float) -> None:
        """Dismiss idle processes that are too many since their number was lowered."""
        surplus = len(self._processes.in_state(*AT_WORK)) - self._processes.size
        if surplus > 0:
            self._processes.dismiss(list(self._processes.idle[:surplus]), now)

    def _give_up_waiting(self) -> None:
        while self._waiting:
            call = self._waiting.popleft()
            self._open.discard(call)
            self._not_started.append(call.future)

    # evaluating

    def _assign(self, now: float) -> float:
        """Give the calls in wait to idle processes; return when the first of these must be looked at."""
        first = math.inf
        while self._waiting and self._processes.idle:
            process = self._processes.idle.pop()
            self._hand_out(process, now)
            first = min(first, process.until, now + MEMORY_PERIOD if self._memory.on else math.inf)
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
                process.channel.send(call.message)
            except OSError:  # it died while idle: that is reported next, and the call goes to another
                process.state, process.call, process.until = State.EXITING, None, now + CLOSED_LINE_TIMEOUT
                self._waiting.appendleft(call)
            return
        process.state, process.until = State.IDLE, now + self._linger
        self._processes.idle.append(process)

    def on_message(self, process: WorkerProcess) -> None:
        """Take what has arrived from a process, and give it the next call."""
        if process.state is State.ENDED:
            return
        now, was_busy = monotonic(), process.state is State.BUSY
        if self._take(process, process.channel.arrived()):
            if was_busy and self._memory.has_leaked(process.pid):
                self._to_start += not self._closing
                self._processes.dismiss([process], now)
            else:
                self._hand_out(process, now)
        if process.channel.ended and not self._processes.line_closed(process, now):
            self.on_end(process)

    def on_end(self, process: WorkerProcess) -> None:
        """Settle the call of a process that has ended."""
        if process.state is State.ENDED:
            return
        now, before = monotonic(), process.state
        # an answer that was sent just before the end counts, and the state before decides what the end means
        self._take(process, process.channel.arrived(all_of_it=True))
        tail = process.output_tail()
        code = self._processes.reap(process, now)
        self._settle_the_end(process, before, code, tail, now)

    def _take(self, process: WorkerProcess, messages: list[bytes]) -> bool:
        """Take messages of a process; return whether it can take a call now."""
        free = False
        for message in messages:
            answer = _decoded(message)
            if isinstance(answer, Unready):
                process.error = answer.error
            elif isinstance(answer, Ready):
                self._starts.succeeded()
                free = process.state is State.STARTING
            elif process.state is State.BUSY and process.call is not None:  # otherwise its evaluation is over already
                call, process.call = process.call, None
                self._settle(call, answer, process.output_tail() if answer.status is not Status.OK else "")
                free = True
        return free

    # settling

    def _settle_the_end(self, process: WorkerProcess, before: State, code: int, tail: str, now: float) -> None:
        """Record what the end of a process means for its call, or for further starts.

        Three causes are told apart. A process that we terminated has its `failure` recorded, whatever its exit code:
        that is the code of our own signal. One that ended before it read the call, or by a SIGTERM that a batch queue
        sent to the whole job, did not end through the task: the call goes first in the queue, to another process.
        Otherwise the exit code is the task's, and so is the failure.
        """
        if before is State.STARTING:  # a start that failed is nothing that a call could be blamed for
            self._starts.failed(process.error or verdict(code, self._kills)[1] + tail, now)
        call, process.call = process.call, None
        if call is None:
            return
        self._to_start += not self._closing
        if process.failure is None and call.is_blameless(process.channel.unread, code):
            self._waiting.appendleft(call)
            return
        status, reason = process.failure or verdict(code, self._kills)
        self._fail(call, status, reason + tail, now)

    def _fail(self, call: Call, status: Status, reason: str, now: float) -> None:
        """Record an evaluation that gave no value."""
        if call.future.running() or call.future.set_running_or_notify_cancel():
            seconds = now - call.begun if call.begun else 0.0
            self._settle(call, Outcome(math.nan, status, reason, (), seconds), "")
        self._open.discard(call)

    def _settle(self, call: Call, outcome: Outcome, tail: str) -> None:
        if outcome.status in (Status.OK, Status.TIMEOUT):
            self._deadlines.note(outcome.seconds)
        self._open.discard(call)
        self._completed.append((call.future, replace(outcome, error=outcome.error + tail) if tail else outcome))

    def _end_calls(self, those: Callable[[Call], bool], reason: str, now: float) -> None:
        for call in [call for call in self._waiting if those(call)]:
            self._waiting.remove(call)
            self._fail(call, Status.CANCELLED, reason, now)
        for process in self._processes.in_state(State.BUSY):
            if process.call is not None and those(process.call):
                self._processes.terminate(process, Status.CANCELLED, reason, now)


def _decoded(message: bytes) -> Outcome | Ready | Unready:
    try:
        answer: Outcome | Ready | Unready = pickle.loads(message)
    except BaseException as error:  # extra values whose classes cannot be had here
        reason = f"detailed_call returned extra values that cannot be read: {error_text(error)}"
        return Outcome(math.nan, Status.INVALID, reason)
    return answer

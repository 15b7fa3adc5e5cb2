"""Optimizers on a virtual clock: the same run every time, and hours in milliseconds.

Real optimizers run here, each in a thread of its own, but only one thread ever runs: the simulation hands a baton
to the worker whose time has come and waits until the worker gives it back, which it does when it begins an
evaluation, waits for credits, or ends. What happens when is decided by a heap of (time, order of scheduling), so
two simulations with the same inputs are the same to the last bit.

Workers may die here as processes do: at any moment, with what they had not sent, and without a last message.
"""

from __future__ import annotations

import heapq
import math
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from itertools import count

import numpy as np
from numpy.typing import NDArray

from glompo.backends.protocol import Capabilities
from glompo.evaluators.inline import InlineEvaluator
from glompo.evaluators.payload import here
from glompo.events import Stopped, StopRequested
from glompo.events.enums import By, Ending
from glompo.events.verdict import Verdict
from glompo.function import Outcome
from glompo.wire.launch_request import LaunchRequest
from glompo.wire.messages import AT, DOWN, OPT, UP
from glompo.worker.batch import AGE
from glompo.worker.host import host
from glompo.worker.mailbox import COUNT, Mailbox

Seconds = Callable[[int, NDArray[np.float64]], float]
"""Virtual duration of an evaluation: a function of the optimizer's number and the point, shape (d,); inf hangs."""


class DeadlockError(RuntimeError):
    """The engine waits for ever, and nothing in the simulation will ever act again."""


class _Vanished(BaseException):
    """The worker is no more; whatever its thread still holds is unwound."""


class Timeline:
    """A virtual clock and what is to happen on it."""

    def __init__(self, begin: float = 0.0) -> None:
        self._now = begin
        self._order = count()
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []

    def now(self) -> float:
        """Return the virtual time in seconds."""
        return self._now

    def after(self, seconds: float, act: Callable[[], None]) -> None:
        """Let `act` happen in `seconds` from now; never, if that is infinite."""
        if seconds < math.inf:
            heapq.heappush(self._agenda, (self._now + seconds, next(self._order), act))

    def advance(self, until: float | None) -> bool:
        """Go to the next moment at which something happens and let all of it happen; False if that is after `until`."""
        if not self._agenda or (until is not None and self._agenda[0][0] > until):
            self._now = self._now if until is None else max(self._now, until)
            return False
        self._now = max(self._now, self._agenda[0][0])
        while self._agenda and self._agenda[0][0] <= self._now:
            heapq.heappop(self._agenda)[2]()
        return True


class _Actor:
    """A thread that runs only while it holds the baton."""

    def __init__(self, timeline: Timeline, name: str) -> None:
        self._timeline = timeline
        self._name = name
        self._go = threading.Lock()  # held while the actor must wait; plain locks hand a baton over fastest
        self._back = threading.Lock()  # held while the simulation must wait
        self._go.acquire()
        self._back.acquire()
        self._scheduled = False
        self._waiting = False
        self._vanishing = False
        self.alive = True

    def begin(self, body: Callable[[], None]) -> None:
        """Start the thread, at the present moment."""

        def run() -> None:
            self._go.acquire()
            try:
                if not self._vanishing:
                    body()
            except _Vanished:
                pass
            finally:
                self.alive = False
                self._back.release()

        threading.Thread(target=run, name=self._name, daemon=True).start()
        self._timeline.after(0.0, self._resume)

    def sleep(self, seconds: float) -> None:
        """Called by the actor: go on in `seconds`."""
        self._timeline.after(seconds, self._resume)
        self._yield()

    def wait(self) -> None:
        """Called by the actor: go on after the next :meth:`mark_changed`."""
        self._waiting = True
        self._yield()

    def mark_changed(self) -> None:
        """Let a waiting actor go on, once, at the present moment."""
        if self._waiting and not self._scheduled:
            self._scheduled = True
            self._timeline.after(0.0, self._wake)

    def vanish(self) -> None:
        """Unwind the actor wherever it is."""
        self._vanishing = True
        while self.alive:  # once, but for one that evaluates again on its way out
            self._resume()

    def _wake(self) -> None:
        self._waiting = self._scheduled = False
        self._resume()

    def _resume(self) -> None:
        if self.alive:
            self._go.release()
            self._back.acquire()

    def _yield(self) -> None:
        self._back.release()
        self._go.acquire()
        if self._vanishing:
            raise _Vanished


class _SimulatedMailbox(Mailbox):
    """A mailbox that waits in virtual time."""

    def __init__(self, send: Callable[[bytes], None], timeline: Timeline, actor: _Actor) -> None:
        self.used = bytearray(COUNT)
        super().__init__(send, None, timeline.now, claims=self.used)
        self._timeline = timeline
        self._actor = actor
        self._expected = False

    def put(self, data: bytes) -> None:
        """Take a message from the engine."""
        super().put(data)
        self._actor.mark_changed()

    def wake_up(self) -> None:
        """Wake the optimizer."""
        self._actor.mark_changed()

    def record(self, x: NDArray[np.float64], value: float, outcome: Outcome, size: int = 0) -> None:
        """Note an evaluation; it leaves when it is `AGE` old, as from any worker."""
        super().record(x, value, outcome, size)
        if not self._expected:
            self._expected = True
            self._timeline.after(AGE, self._deliver)

    def _deliver(self) -> None:
        self._expected = False
        self.flush()

    def _wait(self, timeout: float | None = None) -> None:
        self._changed.release()  # as a condition does: the engine must be able to put something in
        try:
            self._actor.wait()
        finally:
            self._changed.acquire()


class _SimulatedEvaluator:
    """Computes the task at once and lets its duration pass on the virtual clock."""

    def __init__(
        self, launch_request: LaunchRequest, seconds: Seconds, timeline: Timeline, actor: _Actor, detailed: int
    ) -> None:
        self._inline = InlineEvaluator(here(launch_request.context.task), detailed)
        self._opt = launch_request.opt
        self._seconds = seconds
        self._timeline = timeline
        self._actor = actor

    def evaluate(self, x: NDArray[np.float64]) -> Outcome:
        """Return the outcome at `x`, shape (d,), after its virtual duration."""
        outcome = self._outcome(x)
        self._actor.sleep(outcome.seconds)
        return outcome

    def submit(self, x: NDArray[np.float64]) -> Future[Outcome]:
        """Begin to compute the outcome at `x`, shape (d,)."""
        future: Future[Outcome] = Future()
        outcome = self._outcome(x)
        self._timeline.after(outcome.seconds, partial(future.set_result, outcome))
        return future

    def resize(self, workers: int) -> None:
        """Do nothing: any number of evaluations may be under way."""

    def close(self, kill: bool = False) -> None:
        """Nothing is held."""

    def _outcome(self, x: NDArray[np.float64]) -> Outcome:
        return replace(self._inline.evaluate(x), seconds=float(self._seconds(self._opt, x)))


class SimulatedBackend:
    """Workers on a virtual clock.

    Parameters
    ----------
    seconds : float or callable
        Virtual duration of an evaluation, or a function of the optimizer's number and the point.
    begin : float
        Run time at which it all begins.
    killable : bool
        Whether workers can be ended as processes can; otherwise they are like threads.

    Attributes
    ----------
    timeline : Timeline
        The clock of the run; give it to the engine.
    """

    def __init__(self, seconds: float | Seconds = 1.0, begin: float = 0.0, killable: bool = False) -> None:
        self.timeline = Timeline(begin)
        self._killable = killable
        self._seconds: Seconds = seconds if callable(seconds) else lambda opt, x: float(seconds)
        self._arrivals: list[tuple[int, bytes]] = []
        self._mailboxes: dict[int, _SimulatedMailbox] = {}
        self._actors: dict[int, _Actor] = {}
        self._silent: set[int] = set()
        self._woken = False

    @property
    def capabilities(self) -> Capabilities:
        """What can be done to workers: as to threads, or as to processes."""
        return Capabilities(can_terminate=self._killable)

    def launch(self, launch_request: LaunchRequest) -> None:
        """Start the optimizer at the present moment."""
        name = f"simulated-{launch_request.opt}"
        actor = _Actor(self.timeline, name)
        mailbox = _SimulatedMailbox(partial(self._arrive, launch_request.opt), self.timeline, actor)
        evaluators = partial(_SimulatedEvaluator, launch_request, self._seconds, self.timeline, actor)
        self._actors[launch_request.opt], self._mailboxes[launch_request.opt] = actor, mailbox
        actor.begin(partial(host, launch_request, mailbox, name, evaluators))

    def send(self, opt: int, message: bytes) -> None:
        """Put a message into the optimizer's mailbox, if it is there."""
        if opt in self._actors and self._actors[opt].alive:
            self._mailboxes[opt].put(message)

    def receive(self, timeout: float | None) -> list[tuple[int, bytes]]:
        """Let time pass until a message comes, `timeout` seconds at most."""
        until = None if timeout is None else self.timeline.now() + timeout
        while not self._arrivals and not self._woken:
            if not self.timeline.advance(until):
                if until is None:
                    raise DeadlockError("the engine waits for ever and no worker will act again")
                break
        arrivals, self._arrivals, self._woken = self._arrivals, [], False
        return arrivals

    def wake(self) -> None:
        """Make :meth:`receive` return."""
        self._woken = True

    def end(self, opt: int, force: bool) -> None:
        """End a worker against its will; a thread cannot be ended."""
        if self._killable:
            self.lose(opt, "SIGKILL" if force else "SIGTERM")

    def lose(self, opt: int, why: str) -> None:
        """Let a worker die this instant, with all that it has not sent, ended by `why`; the engine is told."""
        if opt in self._actors and self._actors[opt].alive:
            self._vanish(opt)
            used = int.from_bytes(self._mailboxes[opt].used, sys.byteorder)
            ended = Stopped(AT, OPT, Ending.DIED, False, f"its process was ended by {why}", claimed=used)
            self._arrivals.append((opt, UP.encode(ended)))

    def close(self, timeout: float) -> list[int]:
        """Ask every worker to stop and wait up to `timeout` virtual seconds; one that is late vanishes."""
        verdict = Verdict(True, "the simulation is over")
        for opt, actor in self._actors.items():
            if actor.alive:
                stop = StopRequested(self.timeline.now(), opt, By.SESSION, verdict)
                self._mailboxes[opt].put(DOWN.encode(stop))
        until = self.timeline.now() + timeout
        while any(actor.alive for actor in self._actors.values()) and self.timeline.advance(until):
            pass
        late = [opt for opt, actor in self._actors.items() if actor.alive]
        for opt in late:
            self._vanish(opt)
        return [] if self._killable else late

    def _vanish(self, opt: int) -> None:
        self._silent.add(opt)
        self._actors[opt].vanish()

    def _arrive(self, opt: int, data: bytes) -> None:
        if opt not in self._silent:
            self._arrivals.append((opt, data))

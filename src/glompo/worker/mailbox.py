"""The mailbox between one optimizer and the engine.

Three parties meet here. The *engine's* side puts messages in (:meth:`Mailbox.put`) and is never made to wait. The
*optimizer's* side takes credits (:meth:`Mailbox.claim`), which is where it waits when it has none, and where it is
cut once it has been asked to stop. The *flusher* sends what has become too old (:meth:`Mailbox.flush`).

Promises:

1. Order. What one worker says arrives in the order in which it was said: anything but evaluations is sent after
   the evaluations before it.
2. Nothing lingers. Evaluations leave when there are `ROWS` of them, when their extras take `BATCH_BYTES`, when the
   oldest is `AGE` seconds old (`LONG_AGE` where they come in quick succession), when the optimizer runs out of
   credits, and before anything else that it says.
3. Coalescing. Of several better points only the newest waits.
4. A stop is final. After it no credit is ever given out again; a search that asks for one is unwound by :class:`Cut`,
   a BaseException, which ``except Exception`` does not eat. One that eats it all the same, `INSISTENCE` times, is given
   up: its end is said in its place, and its thread rests for ever.
5. The end is said once and last. After it nothing is sent, whatever threads of the optimizer live on.
6. It belongs to one process: a fork is refused.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from time import monotonic
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from glompo import events
from glompo.events import Event
from glompo.events.enums import EVALUATOR, Ending, RequestKind
from glompo.function import Outcome
from glompo.wire.messages import AT, DOWN, OPT, UP
from glompo.worker.batch import BATCH_BYTES, Batch, Flusher
from glompo.worker.call_gate import Cut, OwnerProcess

logger = logging.getLogger("glompo.worker")

ROWS = 2048
"""Evaluations that leave together at most."""

INSISTENCE = 100_000
"""Calls after the stop, each of which was refused by :class:`Cut`, after which a search is given up."""

OVER = "its search is over"
"""Why a call is refused that comes when `minimize` has returned."""
COUNT = 8
"""Bytes of a count of credits."""


class Mailbox:
    """What the engine has said to one optimizer, and what the optimizer has yet to say.

    Parameters
    ----------
    send : callable
        Takes the bytes of a message to the engine; must not block.
    flusher : Flusher, optional
        Told when evaluations begin to wait; without one they leave by size and when credits run out.
    clock : callable
        Seconds, rising.
    claims : writable buffer of 8 bytes, optional
        Where the number of credits used is written, for its parent to read when the process has died.
    vanish : callable, optional
        Ends the process of an optimizer that has been given up; by default its thread rests for ever.

    Attributes
    ----------
    given_up : bool
        Whether the optimizer's thread rests for ever.
    """

    def __init__(
        self,
        send: Callable[[bytes], None],
        flusher: Flusher | None = None,
        clock: Callable[[], float] = monotonic,
        vanish: Callable[[], object] = lambda: None,
        claims: Any = None,
    ) -> None:
        self._claims = None if claims is None else memoryview(claims).cast("q")
        self._gave_back = False
        self._send = send
        self._vanish = vanish
        self._owner = OwnerProcess()
        self._thread: int | None = None
        self._insisted = 0
        self._over = False
        self.given_up = False
        self._flusher = flusher
        self._clock = clock
        self._lock = threading.RLock()  # `post` is called with and without it held
        self._changed = threading.Condition(self._lock)
        self._credits = 0
        self._stop: str | None = None
        self._point: events.IncumbentSent | None = None
        self._save: int | None = None
        self._told = False
        self._held: bool | None = None  # until it has been told anything
        self._resting = False
        self._count = 0
        self._batch = Batch(clock)
        self._expected = False  # whether the flusher will look here

    # the engine's side

    def put(self, data: bytes) -> None:
        """Take a message from the engine."""
        message = DOWN.decode(data)
        with self._lock:
            match message:
                case events.Granted():
                    self._credits += message.n
                case events.ReclaimRequested():
                    # answered here and not in the search loop, which may be inside one evaluation for hours
                    unused, self._credits, self._gave_back = self._credits, 0, True
                    self.post(events.Reclaimed(AT, OPT, unused))
                case events.StopRequested():
                    self._stop = message.verdict.reason()
                case events.IncumbentSent():
                    self._point = message
                case events.SaveRequested():
                    self._save = message.ticket
                case events.PauseRequested() | events.ResumeRequested():
                    self._held = isinstance(message, events.PauseRequested)
            self._changed.notify_all()

    # the optimizer's side

    @property
    def count(self) -> int:
        """Candidates recorded so far."""
        return self._count

    @property
    def stops(self) -> bool:
        """Whether the optimizer was asked to stop."""
        return self._stop is not None

    def belong(self) -> None:
        """Take note that the search runs in the present thread."""
        self._thread = threading.get_ident()

    def claim(self) -> None:
        """Take one credit; wait for it if there is none.

        Raises
        ------
        Cut
            If the optimizer was asked to stop.
        """
        with self._lock:
            if not self._credits or self._held or self._resting:
                self._await_next()
            if self._stop is None:
                self._take()
                return
        self.obey()

    def await_next(self) -> None:
        """Return when the optimizer may go on: with a credit for its next call, or with the news that it must stop.

        A value is held back until then, so that an optimizer that looks at its messages after every evaluation
        hears of a stop there, and not inside the evaluation after it.
        """
        # read without the lock: if they are taken back meanwhile, the next claim waits
        if self._credits and not (self._held or self._resting):
            return
        with self._lock:
            self._await_next()

    @property
    def held(self) -> bool:
        """Whether the optimizer is to rest."""
        return bool(self._held) and self._stop is None

    def await_release(self, timeout: float | None = None) -> bool:
        """Return True at once, or, if the optimizer is to rest, when it may go on; False after `timeout` seconds."""
        self._owner.check()
        if not (self._held or self._resting):
            return True
        with self._lock:
            if self.held or self._resting:
                self._rest_held(timeout)
            return not self.held

    def rest_on(self) -> None:
        """Begin as one that rests; if it has been told to go on by now, it has yet to confirm that."""
        with self._lock:
            self._resting = True
            if self._held is None:
                self._held = True

    def claim_one_at_hand(self) -> bool:
        """Take one credit if there is one now; say whether.

        Raises
        ------
        Cut
            If the optimizer was asked to stop.
        """
        self.obey()
        with self._lock:
            if self._stop is not None or self._held or not self._credits:
                return False
            self._take()
            return True

    def rest(self, until: Callable[[], bool], or_credits: bool) -> None:
        """Wait until `until` says so; with `or_credits`, a credit or a stop ends the wait as well.

        `until` is asked again after every :meth:`wake_up`.
        """
        with self._lock:
            while not until():
                if or_credits and self._stop is None and self._held:
                    or_credits = False  # nothing new is begun; what is under way is awaited
                if or_credits and (self._credits or self._stop is not None):
                    return
                if or_credits:
                    self._ask_for_more()  # the engine must know that there is room before it grants
                self._wait()

    def wake_up(self) -> None:
        """End the wait of an optimizer, to look again: something that it waits for may have happened."""
        with self._lock:
            self._changed.notify_all()

    def obey(self) -> None:
        """Raise :class:`Cut` if the optimizer was asked to stop."""
        if self._stop is not None:
            self.refuse(self._stop)

    def refuse(self, reason: str) -> NoReturn:
        """Raise :class:`Cut`; give up a search that has got it often enough and goes on. Not with the lock held."""
        self.insist()
        raise Cut(reason)

    def insist(self, why: str = OVER) -> None:
        """Count a call that is refused, for the reason `why`. A thread that has made too many does not return."""
        self._insisted += 1
        if self._insisted < INSISTENCE:
            return
        # only the thread of the search itself speaks for it: the others are threads that the search has started, and it
        # may still end in order while one of them insists
        if self._thread == threading.get_ident():
            said = self._stop or why
            logger.warning(
                "an optimizer that was to end (%s) swallows what gets it out of the task; it is given up", said
            )
            note = f"{said}; it swallowed what gets it out of the task {INSISTENCE} times and was given up"
            self.given_up = True
            self.post(events.Noted(AT, OPT, note))
            self.last(events.Stopped(AT, OPT, Ending.RAISED if self._stop is None else Ending.CUT, False, note))
            self._vanish()
            threading.current_thread().name = "glompo-given-up"  # for a look at the threads of the process
        elif not self._over:  # another thread of a search that may end yet
            return
        # nothing gets a thread out of code that catches everything, and to return would let it go on calling the task
        threading.Event().wait()

    def give_up(self, why: str) -> NoReturn:
        """Say that an evaluation could not be made, and wait for the stop that follows.

        Raises
        ------
        Cut
            When the optimizer has been asked to stop.
        """
        with self._lock:
            # there is no value to return, and an optimizer might survive an exception and go on: so the engine leaves
            # the run and asks all to stop, which ends this wait
            if self._stop is None:
                self.post(events.Asked(AT, RequestKind.LEAVE, EVALUATOR, why=why))
            while self._stop is None:
                self._wait()
            raise Cut(self._stop)

    def recall(self, count: int) -> None:
        """Take note that the first `count` evaluations were recorded in earlier sessions."""
        self._count = count

    def record(self, x: NDArray[np.float64], value: float, outcome: Outcome, size: int = 0) -> None:
        """Note an evaluation at `x`, shape (d,), whose extras take `size` bytes; the optimizer is handed `value`."""
        with self._lock:
            if self._over:
                return
            if self._batch.size + size > BATCH_BYTES:  # a message must not outgrow a record of the journal
                self._flush()
            waiting = self._batch.add(x, value, outcome, size)
            self._count += 1
            if waiting >= ROWS or (self._flusher is not None and self._batch.is_due):
                self._flush()  # at once: the flusher would have to wait for the interpreter lock first
            elif waiting == 1 and self._flusher is not None and not self._expected:
                self._expected = True
                self._flusher.expect(self.flush, self._batch.left())

    @property
    def has_mail(self) -> bool:
        """Whether something waits for the optimizer that it has not been told of."""
        self._owner.check()
        # read without the lock: what comes a moment later is told a moment later
        return self._point is not None or self._save is not None or (self._stop is not None and not self._told)

    def take_stop(self) -> str | None:
        """Return the reason of a stop request that the optimizer has not been told of yet."""
        with self._lock:
            if self._stop is None or self._told:
                return None
            self._told = True
            return self._stop

    def take_point(self) -> events.IncumbentSent | None:
        """Return a better point that waits for the optimizer, once."""
        with self._lock:
            point, self._point = self._point, None
            return point

    def take_save(self) -> int | None:
        """Return the ticket of a request to save that waits, once."""
        with self._lock:
            ticket, self._save = self._save, None
            return ticket

    def post(self, message: Event) -> None:
        """Say something to the engine, after the evaluations so far; nothing after its end."""
        self._owner.check()
        with self._lock:
            if not self._over:
                self._flush()
                self._send(UP.encode(message))

    def shut(self) -> None:
        """Give no further credit: the search has ended, though threads that it has started may live on."""
        with self._lock:
            self._stop = self._stop or OVER
            self._changed.notify_all()

    def last(self, message: events.Stopped) -> None:
        """Say that the search has ended; nothing is said after that."""
        with self._lock:
            self.post(message)
            self._over = True
            self._batch.clear()
        self.shut()

    # the flusher's side

    def flush(self, now: bool = True) -> float | None:
        """Send evaluations that have waited long enough, or `now`; return in how many seconds those that wait have."""
        with self._lock:
            if self._batch and not now and (left := self._batch.left()) > 0:
                return left
            self._expected = False
            self._flush()
            return None

    def _flush(self) -> None:
        if self._batch:
            self._send(UP.encode(self._batch.message(self._count)))
            self._batch.clear()

    def _await_next(self) -> None:
        while self._stop is None and (self._held or self._resting or not self._credits):
            if self._held or self._resting:
                self._rest_held()
            else:
                self._ask_for_more()
                self._wait()

    def _take(self) -> None:
        self._credits -= 1
        if self._claims is not None:
            self._claims[0] += 1

    def _ask_for_more(self) -> None:
        """Tell of the evaluations that were made; one that has given its credits back must say that it wants some."""
        self._flush()
        if self._gave_back:
            self._gave_back = False
            self._send(UP.encode(events.Wanted(AT, OPT)))

    def _rest_held(self, timeout: float | None = None) -> None:
        """Rest until the manager says otherwise, and tell it when that begins and ends."""
        end = None if timeout is None else self._clock() + timeout
        if not self._resting:
            self._credits, self._resting = 0, True
            self.post(events.Paused(AT, OPT, self._count))
        while self.held and (end is None or self._clock() < end):
            self._wait(None if end is None else end - self._clock())
        if not self._held:
            self._resting = False
            self.post(events.Resumed(AT, OPT, self._count))

    def _wait(self, timeout: float | None = None) -> None:
        self._changed.wait(timeout)

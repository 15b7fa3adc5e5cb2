"""Evaluations side by side: each value is told as it lands, and the search says then what to evaluate next.

A search has as many points asked for and not told as it has evaluations in flight, whatever credits there are: so what
it asks for depends only on the order in which values were told. That order is the order of the record, and a search
that is run again on its record asks for the same points at the same places. A batch is a search that asks for all of
its points at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from contextvars import Context, copy_context
from functools import partial
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.evaluators.protocol import Evaluator, NotEvaluated
from glompo.function import Outcome
from glompo.worker.call_gate import Cut
from glompo.worker.mailbox import Mailbox
from glompo.worker.pending_calls import PendingCalls, Place
from glompo.worker.replay import Recorded, Replay

Asked = dict[int, NDArray[np.float64]]
"""Points that were asked for and have not been told, by numbers of the optimizer's own, in the order of asking."""

Point = NDArray[np.float64]

Answer = tuple[float, tuple[Any, ...]]
"""The value that the optimizer gets, and the further values of a detailed call."""


class Flow:
    """One flow of evaluations.

    Parameters
    ----------
    asked : dict
        The points, shape (m,), in the optimizer's units. `tell` takes out the one that it is told, and adds others.
    tell : callable
        ``tell(number, answer) -> bool``: takes a value; whether the search goes on. If not, nothing new is begun.
    heed : callable
        ``heed() -> bool``: called when the optimizer was asked to stop; whether the search goes on all the same.
    """

    def __init__(
        self,
        asked: Asked,
        tell: Callable[[int, Answer], bool],
        heed: Callable[[], bool],
        *,
        natural: Callable[[Point], Point],  # the point in natural units
        outside: Callable[[Point], Answer | None],  # records a point outside the bounds; None for one inside
        settle: Callable[[Point, Outcome, int], Answer | None],  # records an evaluation; None if it is to be repeated
    ) -> None:
        self._asked = asked
        self._tell = tell
        self._heed = heed
        self._natural = natural
        self._outside = outside
        self._settle = settle
        self._points: dict[int, Point] = {}  # known here, in natural units
        self._todo: deque[int] = deque()
        self._unchecked: deque[int] = deque()  # those that may lie outside the bounds
        self._attempts: dict[int, int] = {}
        self._goes_on = True
        self._turn = Lock()  # of the thread that tells
        self._failure: BaseException | None = None  # what ended the search, from whichever thread

    @property
    def over(self) -> bool:
        """Whether nothing is asked for any more."""
        return not (self._goes_on and self._asked)

    def remember(self, replay: Replay, follow: Callable[[], None], remembered: Callable[[Recorded], Answer]) -> None:
        """Tell what is recorded, in the order of the record; what was under way when it ends is evaluated again.

        Parameters
        ----------
        replay : Replay
            The record, not at its end.
        follow : callable
            Follows the count of what has been answered.
        remembered : callable
            Takes what is recorded of an evaluation, and returns its answer.
        """
        waiting: dict[bytes, deque[int]] = {}  # equal points are interchangeable: first come
        while True:
            for number in self._look():
                waiting.setdefault(self._points[number].tobytes(), deque()).append(number)
            if replay.over or not self._points:
                return
            number, recorded = replay.answer_one(waiting)
            answer = None if recorded is None else remembered(recorded)
            follow()
            self._todo.remove(number)
            if answer is None:  # to be repeated: at the end of the queue, as in the run that made the record
                self._attempts[number] = self._attempts.get(number, 0) + 1
                self._todo.append(number)
            else:
                self._land(number, answer)

    def run(self, evaluator: Evaluator, mailbox: Mailbox, workers: int, in_order: bool) -> None:
        """Evaluate, with `workers` evaluations under way, until nothing is asked for and nothing is under way.

        Where evaluations have threads in this process, each tells its value and takes the next point itself: to wake
        the thread of the search, and to be woken by it, takes longer than to tell a value. The thread of the search
        waits meanwhile; it begins what they cannot for want of credits, and ends the search.

        Raises
        ------
        Cut
            If the optimizer was asked to stop and goes on.
        """
        context = copy_context()  # what is told in other threads is told as in this one
        calls = PendingCalls(
            evaluator, mailbox, in_order, lambda note: self._follow(note, context, calls, mailbox, workers)
        )
        try:
            while True:
                with self._turn:
                    if self._failure is not None:
                        raise self._failure
                    self._collect(calls)
                    if not calls.pending and self._todo:
                        mailbox.await_next()
                    for place in self._next(calls, mailbox, workers):
                        calls.launch(place)
                    under_way = calls.pending
                    if not under_way and self.over:
                        return
                    # credits may come while evaluations are under way: with room for more they end the wait as well
                    room = self._goes_on and bool(self._todo) and under_way < workers
                if under_way:
                    mailbox.rest(partial(self._is_needed, calls, under_way), or_credits=room)
        except BaseException as end:
            self._failure = end  # from now on only this thread collects
            if isinstance(end, (Cut, NotEvaluated)):
                self._drain(calls, mailbox)
            if isinstance(end, NotEvaluated):
                mailbox.give_up(end.reason)
            raise

    def _is_needed(self, calls: PendingCalls, before: int) -> bool:
        """Return whether the thread of the search has something to do, which has left `before` calls under way."""
        return self._failure is not None or calls.has_news(before)

    def _drain(self, calls: PendingCalls, mailbox: Mailbox) -> None:
        """Record all calls that are under way, on each of which a credit was spent."""
        self._goes_on = False
        while calls.pending:
            mailbox.rest(calls.is_next_done, or_credits=False)
            with self._turn, suppress(Cut, NotEvaluated):
                self._collect(calls)

    def _look(self) -> list[int]:
        """Take note of what has been asked for meanwhile, the last of `asked`, and return its numbers."""
        new = []
        for number in reversed(self._asked):
            if number in self._points:
                break
            new.append(number)
        new.reverse()
        for number in new:
            self._points[number] = self._natural(self._asked[number])
        self._todo.extend(new)
        self._unchecked.extend(new)
        return new

    def _record_outside(self) -> None:
        """Tell of points outside the bounds, which need no evaluation, until there are none."""
        self._look()
        while self._goes_on and self._unchecked:
            number = self._unchecked.popleft()
            if number in self._points and (answer := self._outside(self._points[number])) is not None:
                self._todo.remove(number)
                self._land(number, answer)
                self._look()

    def _follow(
        self, note: Callable[[], None], context: Context, calls: PendingCalls, mailbox: Mailbox, workers: int
    ) -> Place | None:
        """Tell what has landed, in a thread that evaluates, and return what that evaluates next."""
        mine: list[Place] = []

        def tell() -> None:
            self._collect(calls)
            for place in self._next(calls, mailbox, workers):
                if mine:  # values that waited for this one have landed with it
                    calls.launch(place)
                else:
                    mine.append(place)

        with self._turn:
            note()
            if self._failure is None:
                try:
                    context.run(tell)
                except BaseException as error:  # raised in the thread of the search
                    self._failure = error
        return mine[0] if mine else None

    def _next(self, calls: PendingCalls, mailbox: Mailbox, workers: int) -> Iterator[Place]:
        """Yield what is evaluated next, as long as there are slots and credits for it."""
        if mailbox.stops:
            self._goes_on = self._goes_on and self._heed()
        while self._goes_on and self._todo and calls.pending < workers and mailbox.claim_one_at_hand():
            number = self._todo.popleft()
            calls.reserve(number)
            yield number, self._points[number].copy()

    def _collect(self, calls: PendingCalls) -> None:
        """Tell what has landed, and points outside the bounds that were asked for meanwhile."""
        for number, outcome in calls.collect():
            self._attempts[number] = self._attempts.get(number, 0) + 1
            answer = self._settle(self._points[number], outcome, self._attempts[number])
            if answer is None:
                self._todo.append(number)
            else:
                self._land(number, answer)
        self._record_outside()

    def _land(self, number: int, answer: Answer) -> None:
        del self._points[number]
        self._attempts.pop(number, None)
        self._goes_on = self._tell(number, answer) and self._goes_on

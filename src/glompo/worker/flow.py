"""Evaluations side by side: each value is told as it lands, and the search says then what to evaluate next.

A search has as many points asked for and not told as it has evaluations in flight, whatever credits there are: so what
it asks for depends only on the order in which values were told. That order is the order of the record, and a search
that is run again on its record asks for the same points at the same places. A batch is a search that asks for all of
its points at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.evaluators.protocol import Evaluator, NotEvaluated
from glompo.function import Outcome
from glompo.worker.call_gate import Cut
from glompo.worker.mailbox import Mailbox
from glompo.worker.pending_calls import PendingCalls
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

        Raises
        ------
        Cut
            If the optimizer was asked to stop and goes on.
        """
        calls = PendingCalls(evaluator, mailbox, in_order)
        try:
            while calls.pending or not self.over:
                self._record_outside()
                if not calls.pending and self._todo:
                    mailbox.await_next()
                if mailbox.stops:
                    self._goes_on = self._goes_on and self._heed()
                while self._goes_on and self._todo and calls.pending < workers and mailbox.claim_one_at_hand():
                    number = self._todo.popleft()
                    calls.launch(number, self._points[number].copy())
                if calls.pending:
                    # credits may come while evaluations are under way: with room for more they end the wait as well
                    room = self._goes_on and bool(self._todo) and calls.pending < workers
                    mailbox.rest(calls.is_next_done, or_credits=room)
                    self._collect(calls)
        except (Cut, NotEvaluated) as end:  # a credit is spent on each call that is under way: record them all
            self._goes_on = False
            while calls.pending:
                mailbox.rest(calls.is_next_done, or_credits=False)
                with suppress(Cut, NotEvaluated):
                    self._collect(calls)
            if isinstance(end, NotEvaluated):
                mailbox.give_up(end.reason)
            raise

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
        while self._goes_on and (self._look() or self._unchecked):
            number = self._unchecked.popleft()
            if number in self._points and (answer := self._outside(self._points[number])) is not None:
                self._todo.remove(number)
                self._land(number, answer)

    def _collect(self, calls: PendingCalls) -> None:
        for number, outcome in calls.collect():
            self._attempts[number] = self._attempts.get(number, 0) + 1
            answer = self._settle(self._points[number], outcome, self._attempts[number])
            if answer is None:
                self._todo.append(number)
            else:
                self._land(number, answer)

    def _land(self, number: int, answer: Answer) -> None:
        del self._points[number]
        self._attempts.pop(number, None)
        self._goes_on = self._tell(number, answer) and self._goes_on

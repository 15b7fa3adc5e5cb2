"""Evaluations without a barrier: each value is told as it lands, and the search says then what to evaluate next.

A search has as many points asked for and not told as it has evaluations in flight, whatever credits there are: so what
it asks for depends only on the order in which values were told. That order is the order of the record, and a search
that is run again on its record asks for the same points at the same places.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from glompo.evaluators.protocol import Evaluator, NotEvaluated
from glompo.function import Outcome
from glompo.worker.call_gate import Cut
from glompo.worker.mailbox import Mailbox
from glompo.worker.pending_calls import PendingCalls
from glompo.worker.replay import Replay

Asked = dict[int, NDArray[np.float64]]
"""Points that were asked for and have not been told, by numbers of the optimizer's own, in the order of asking."""

Point = NDArray[np.float64]


class Flow:
    """One flow of evaluations.

    Parameters
    ----------
    asked : dict
        The points, shape (m,), in the optimizer's units. `tell` takes out the one that it is told, and adds others.
    tell : callable
        ``tell(number, value) -> bool``: takes a value; whether the search goes on. If not, nothing new is begun.
    heed : callable
        ``heed() -> bool``: called when the optimizer was asked to stop; whether the search goes on all the same.
    """

    def __init__(
        self,
        asked: Asked,
        tell: Callable[[int, float], bool],
        heed: Callable[[], bool],
        *,
        natural: Callable[[Point], Point],  # the point in natural units
        outside: Callable[[Point], float | None],  # records a point outside the bounds; None for one inside
        settle: Callable[[Point, Outcome, int], float | None],  # records an evaluation; None if it is to be repeated
    ) -> None:
        self._asked = asked
        self._tell = tell
        self._heed = heed
        self._natural = natural
        self._outside = outside
        self._settle = settle
        self._points: dict[int, Point] = {}  # known here, in natural units
        self._todo: deque[int] = deque()
        self._attempts: dict[int, int] = {}
        self._goes_on = True

    @property
    def over(self) -> bool:
        """Whether nothing is asked for any more."""
        return not (self._goes_on and self._asked)

    def remember(self, replay: Replay, follow: Callable[[], None], remembered: Callable[[float], None]) -> None:
        """Tell what is recorded, in the order of the record; what was under way when it ends is evaluated again.

        Parameters
        ----------
        replay : Replay
            The record, not at its end.
        follow : callable
            Follows the count of what has been answered.
        remembered : callable
            Takes each valid value.
        """
        self._look()
        while not replay.over and self._points:
            number, value, valid = replay.answer_one(self._points)
            if valid and value is not None:
                remembered(value)
            follow()
            if value is None:  # to be repeated: at the end of the queue, as in the run that made the record
                self._attempts[number] = self._attempts.get(number, 0) + 1
                self._todo.remove(number)
                self._todo.append(number)
            else:
                self._land(number, value)
                self._look()

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

    def _look(self) -> None:
        """Take note of what has been asked for meanwhile."""
        for number, u in self._asked.items():
            if number not in self._points:
                self._points[number] = self._natural(u)
                self._todo.append(number)

    def _record_outside(self) -> None:
        """Tell of points outside the bounds, which need no evaluation, until there are none."""
        found = True
        while found and self._goes_on:
            self._look()
            found = False
            for number in list(self._todo):
                value = self._outside(self._points[number])
                if value is not None:
                    self._todo.remove(number)
                    self._land(number, value)
                    found = True
                    break

    def _collect(self, calls: PendingCalls) -> None:
        for number, outcome in calls.collect():
            self._attempts[number] = self._attempts.get(number, 0) + 1
            value = self._settle(self._points[number], outcome, self._attempts[number])
            if value is None:
                self._todo.append(number)
            else:
                self._land(number, value)

    def _land(self, number: int, value: float) -> None:
        del self._points[number]
        self._attempts.pop(number, None)
        with suppress(ValueError):
            self._todo.remove(number)
        self._goes_on = self._tell(number, value) and self._goes_on

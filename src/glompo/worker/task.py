"""The task as an optimizer sees it: a regular function, with the manager behind it."""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from itertools import takewhile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.evaluators.protocol import Evaluator
from glompo.evaluators.unmade import Unmade, words_of
from glompo.function import Outcome, Status
from glompo.wire.parcel import Parcel
from glompo.worker.mailbox import Cut, Mailbox
from glompo.worker.replay import Recorded, Replay
from glompo.worker.space import Space

PATIENCE_OUTSIDE = 10_000
"""Candidates outside the bounds in a row after which an optimizer is given up."""

FEW = 30
"""Parameters up to which plain Python compares faster than numpy."""

Answer = tuple[float, tuple[Any, ...]]
"""The value that the optimizer gets, and the further values of a detailed call."""

OUTSIDE = Outcome(math.nan, Status.OUT_OF_BOUNDS, "outside the bounds")


class Task:
    """What is handed to `minimize` as `function`.

    A call takes one credit, evaluates, records, and returns the value once it is known how to go on. Candidates
    outside the bounds cost nothing: they are recorded and get +inf.

    Parameters
    ----------
    evaluator : Evaluator
        Computes the task.
    mailbox : Mailbox
        Gives credits and takes records.
    space : Space
        What the optimizer sees of the parameters.
    parcel : Parcel
        Bounds, slots and what to do with failures.
    replay : Replay, optional
        Answers what was evaluated before.
    """

    def __init__(
        self, evaluator: Evaluator, mailbox: Mailbox, space: Space, parcel: Parcel, replay: Replay | None = None
    ) -> None:
        self._evaluator = evaluator
        self._mailbox = mailbox
        self._low, self._high = np.ascontiguousarray(parcel.bounds.T)
        self._pairs = parcel.bounds.tolist()
        self._space = space
        self._dims = space.dims
        self._workers = parcel.slots
        self._in_order = parcel.in_order
        self._failures = parcel.failures
        self._replay = None if replay is None or replay.over else replay
        self._seats = threading.BoundedSemaphore(parcel.slots)  # also if an optimizer calls from threads of its own
        self._worst = -math.inf if replay is None else replay.worst
        self._outside_in_a_row = 0

    def __call__(self, x: NDArray[np.float64]) -> float:
        """Return the value at `x`, shape (m,), in the optimizer's units.

        Raises
        ------
        ValueError
            If `x` has another shape.
        """
        return self._answer(self._own(x), self._evaluator)[0]

    def _answer(self, x: NDArray[np.float64], evaluator: Evaluator) -> Answer:
        attempt = 0
        if self._replay is not None:
            answer = self._replay.answer(x)
            attempt = self._replay.attempts
            self._heed_replay()
            if answer is not None:
                return self._remembered(answer)
        if not self._inside(x):
            return self._turn_away(x)
        answered = None
        while answered is None:
            with self._seats:
                self._mailbox.claim()
                attempt += 1
                answered = self._settle(x, self._evaluated(x, evaluator), attempt)
            self._mailbox.await_next()
        return answered

    def _evaluated(self, x: NDArray[np.float64], evaluator: Evaluator) -> Outcome:
        try:
            return evaluator.evaluate(x.copy())
        except Exception as error:
            self._mailbox.give_up(_unmade(error).reason)

    def _heed_replay(self) -> None:
        """Follow the count of what has been answered; after the last answer the search is live."""
        assert self._replay is not None  # only asked while there is one
        self._mailbox.recall(self._replay.done)
        self._mailbox.obey()
        if self._replay.over:
            self._replay.arrive()
            self._replay = None
            self._mailbox.await_next()

    def _remembered(self, answer: Recorded) -> Answer:
        value, status, extras = answer
        if status is Status.OK:
            self._take_note(value)
        return value, extras

    def _take_note(self, fx: float) -> None:
        """Keep the worst valid value up to date."""
        if self._worst < fx < math.inf:
            self._worst = fx

    def map(self, X: Sequence[NDArray[np.float64]] | NDArray[np.float64]) -> list[float]:
        """Return the values at all rows of `X`, shape (n, m), in order, with `workers` evaluations in flight."""
        return [value for value, _ in self._answers(X, self._evaluator)]

    def _answers(self, X: Sequence[NDArray[np.float64]] | NDArray[np.float64], evaluator: Evaluator) -> list[Answer]:
        points = [self._own(x) for x in X]
        if self._workers == 1:
            return [self._answer(x, evaluator) for x in points]
        answers: list[Answer] = [(math.inf, ())] * len(points)
        inside: deque[int] = deque()
        attempts: dict[int, int] = {}
        known = self._from_record(points, attempts)
        for i, x in enumerate(points):
            if i in known:
                answers[i] = known[i]
            elif i in attempts:
                continue
            elif self._inside(x):
                inside.append(i)
            else:
                answers[i] = self._turn_away(x)
        inside.extend(attempts)  # as when they had just failed
        self._evaluate_side_by_side(points, inside, answers, attempts, evaluator)
        self._mailbox.await_next()
        return answers

    def _from_record(self, points: list[NDArray[np.float64]], attempts: dict[int, int]) -> dict[int, Answer]:
        if self._replay is None:
            return {}
        answers = {i: self._remembered(one) for i, one in self._replay.answer_batch(points, attempts).items()}
        self._heed_replay()
        return answers

    def _evaluate_side_by_side(
        self,
        points: list[NDArray[np.float64]],
        todo: deque[int],
        answers: list[Answer],
        attempts: dict[int, int],
        evaluator: Evaluator,
    ) -> None:
        """Fill `answers` at the places `todo`; evaluations are recorded as they are completed, or in order."""
        flight = _Flight(evaluator, self._mailbox, self._in_order)

        def land() -> None:
            for i, outcome in flight.land():
                attempts[i] = attempts.get(i, 0) + 1
                answer = self._settle(points[i], outcome, attempts[i])
                if answer is None:
                    todo.append(i)
                else:
                    answers[i] = answer

        try:
            while todo or flight.airborne:
                while todo and flight.airborne < self._workers and self._may_launch(flight.airborne):
                    i = todo.popleft()
                    flight.launch(i, points[i].copy())
                room = bool(todo) and flight.airborne < self._workers
                self._mailbox.rest(flight.has_landed, or_credits=room)
                land()
        except (Cut, Unmade) as end:
            while flight.airborne:
                self._mailbox.rest(flight.has_landed, or_credits=False)
                with suppress(Cut, Unmade):  # another one that will not be made; the rest is still to be recorded
                    land()
            if isinstance(end, Unmade):
                self._mailbox.give_up(end.reason)
            raise

    def _may_launch(self, airborne: int) -> bool:
        """Take a credit; wait for it only if nothing is under way that could be recorded meanwhile."""
        if not airborne:
            self._mailbox.claim()
            return True
        return self._mailbox.claim_one_at_hand()

    def _own(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the point in natural units, shape (d,), as an array that nobody else holds."""
        own = np.array(x, dtype=np.float64)
        if own.shape != (self._dims,):
            raise ValueError(f"the optimizer asked for a point of shape {own.shape}; the task takes ({self._dims},)")
        return self._space.natural(own)

    def _inside(self, x: NDArray[np.float64]) -> bool:
        if len(x) > FEW:
            return bool(((x >= self._low) & (x <= self._high)).all())
        for value, (low, high) in zip(x.tolist(), self._pairs, strict=True):  # noqa: SIM110  # all() takes twice as long
            if not low <= value <= high:
                return False
        return True

    def _turn_away(self, x: NDArray[np.float64]) -> Answer:
        self._mailbox.obey()
        self._outside_in_a_row += 1
        if self._outside_in_a_row > PATIENCE_OUTSIDE:
            raise RuntimeError(
                f"{PATIENCE_OUTSIDE} candidates in a row lay outside the bounds, the last at {x}; "
                "the optimizer does not respect them"
            )
        self._mailbox.record(x, math.inf, OUTSIDE)
        return math.inf, ()

    def _settle(self, x: NDArray[np.float64], outcome: Outcome, attempt: int) -> Answer | None:
        """Record an evaluation and return its answer; None if the point is to be evaluated again."""
        self._outside_in_a_row = 0
        if outcome.status is Status.OK:
            self._take_note(outcome.fx)
            self._mailbox.record(x, outcome.fx, outcome)
            return outcome.fx, outcome.extras
        if attempt <= self._failures.retries and outcome.status is not Status.CANCELLED:
            self._mailbox.record(x, math.inf, replace(outcome, status=Status.RETRIED))
            return None
        value = self._penalty()
        self._mailbox.record(x, value, outcome)
        return value, outcome.extras

    def _penalty(self) -> float:
        if self._failures.penalty is not None:
            return self._failures.penalty
        return self._worst if self._worst > -math.inf else math.inf


class DetailedTask(Task):
    """A task that can also be asked for all that its `detailed_call` returns.

    Parameters
    ----------
    evaluator, mailbox, space, parcel, replay
        As for :class:`Task`.
    details : callable
        Returns the evaluator that calls the task's `detailed_call`; asked once, when it is first needed.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        mailbox: Mailbox,
        space: Space,
        parcel: Parcel,
        replay: Replay | None,
        details: Callable[[], Evaluator],
    ) -> None:
        super().__init__(evaluator, mailbox, space, parcel, replay)
        self._build_details = details

    @cached_property
    def _details(self) -> Evaluator:
        return self._build_details()

    def detailed_call(self, x: NDArray[np.float64]) -> tuple[Any, ...]:
        """Return ``(fx, *extras)`` at `x`, shape (m,); only fx where there was no valid evaluation."""
        value, extras = self._answer(self._own(x), self._details)
        return (value, *extras)

    def map_detailed(self, X: Sequence[NDArray[np.float64]] | NDArray[np.float64]) -> list[Answer]:
        """Return value and extras at all rows of `X`, shape (n, m), in order, like :meth:`map`."""
        return self._answers(X, self._details)


class _Flight:
    """Evaluations under way, by their place in the batch."""

    def __init__(self, evaluator: Evaluator, mailbox: Mailbox, in_order: bool) -> None:
        self._evaluator = evaluator
        self._mailbox = mailbox
        self._in_order = in_order
        self._flying: dict[Future[Outcome], int] = {}
        self._landed: deque[Future[Outcome]] = deque()

    @property
    def airborne(self) -> int:
        """Number of evaluations that have not been landed."""
        return len(self._flying)

    def launch(self, i: int, x: NDArray[np.float64]) -> None:
        """Begin the evaluation of `x`, shape (d,), for place `i`."""
        try:
            future = self._evaluator.submit(x)
        except Exception as error:
            raise _unmade(error) from error
        self._flying[future] = i
        future.add_done_callback(self._touch_down)

    def has_landed(self) -> bool:
        """Return whether the next evaluation to be recorded is done."""
        return next(iter(self._flying)).done() if self._in_order and self._flying else bool(self._landed)

    def land(self) -> Iterator[tuple[int, Outcome]]:
        """Yield place and outcome of those that are done: in the order in which they were, or were launched.

        If one is never going to be made, what its evaluator says is raised behind the others; in order, nothing behind
        it can be recorded any more.
        """
        done = [self._landed.popleft() for _ in range(len(self._landed))]
        if self._in_order:
            done = list(takewhile(Future.done, self._flying))
        unmade: BaseException | None = None
        for future in done:
            place, error = self._flying.pop(future), future.exception()
            if error is None:
                yield place, future.result()
                continue
            unmade = error
            if self._in_order:
                self._flying.clear()
                break
        if isinstance(unmade, Exception):
            raise _unmade(unmade) from unmade
        if unmade is not None:
            raise unmade

    def _touch_down(self, future: Future[Outcome]) -> None:
        self._landed.append(future)
        self._mailbox.ring()


def _unmade(error: Exception) -> Unmade:
    """Return what an evaluator says that raises: it never does for what the task does."""
    return error if isinstance(error, Unmade) else Unmade(words_of(error))

"""The task as an optimizer sees it: a regular function, with the manager behind it."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from glompo.details import GRADIENT, RESIDUALS, Ask, Details, residuals_among
from glompo.errors import WorkerError
from glompo.evaluators.protocol import Evaluator
from glompo.function import Outcome, Status
from glompo.values import reals
from glompo.wire.launch_request import LaunchRequest
from glompo.worker.batch import recordable
from glompo.worker.call_gate import CallGate, OutsideError, Refused
from glompo.worker.flow import Answer, Asked, Flow
from glompo.worker.mailbox import OVER, Mailbox
from glompo.worker.pending_calls import not_evaluated
from glompo.worker.replay import Recorded, Replay
from glompo.worker.space import Space

MOST_OUTSIDE_IN_A_ROW = 10_000
"""Candidates outside the bounds in a row after which an optimizer is given up."""

FEW = 30
"""Parameters up to which plain Python compares faster than numpy."""

_OF_METHODS = {Ask.RESIDUALS: RESIDUALS, Ask.GRADIENT: GRADIENT}
"""Columns that come from a method of the task."""

NO_DETAILS = Details()
"""Of a task that says nothing of extras."""

OUTSIDE = Outcome(math.nan, Status.OUT_OF_BOUNDS, "outside the bounds")


class ManagedFunction:
    """What is handed to `minimize` as `function`.

    A call takes one credit, evaluates, records, and returns the value once it is known how to go on. Candidates
    outside the bounds cost nothing: they are recorded and get +inf.
    """

    def __init__(
        self,
        # returns what computes the task, by what it is asked for; the same each time
        evaluators: Callable[[Ask], Evaluator],
        mailbox: Mailbox,  # gives credits and takes records
        space: Space,  # what the optimizer sees of the parameters
        launch_request: LaunchRequest,  # bounds, slots and what to do with failures
        replay: Replay | None = None,  # answers what was evaluated before
        details: Details = NO_DETAILS,  # what the task says of its extras
        logged: bool = False,  # whether a plain call is a call of the task's `detailed_call`, whose extras are recorded
        names_now: Callable[[], tuple[str, ...]] | None = None,  # asks the task again for the names of its extras
    ) -> None:
        self.details = details
        self._names_now = names_now
        self._evaluators = evaluators
        self._plain = Ask.DETAILS if logged else Ask.VALUE
        self._width: int | None = None
        self._mailbox = mailbox
        self._low, self._high = np.ascontiguousarray(launch_request.context.bounds.T)
        self._pairs = launch_request.context.bounds.tolist()
        self._space = space
        self._dims = space.dims
        self._workers = launch_request.slots
        self._in_order = launch_request.context.in_order
        self._failures = launch_request.context.failures
        self._replay = None if replay is None or replay.over else replay
        # an optimizer may call from threads of its own, more of them than it has slots
        slots = launch_request.slots
        self._slots_held = threading.Lock() if slots == 1 else threading.BoundedSemaphore(slots)  # a lock is quicker
        self._worst = -math.inf if replay is None else replay.worst
        self._outside_in_a_row = 0
        self._gate = CallGate(mailbox.refuse)
        self.insist = mailbox.insist

    def __reduce__(self) -> NoReturn:
        """Refuse to be sent to another process.

        Raises
        ------
        WorkerError
            With the remedy.
        """
        raise WorkerError(
            "the function of a managed optimizer cannot be sent to another process; evaluate several points at once "
            "with function.map(X), and let the manager place the evaluations in processes with evaluator='pool'"
        )

    def shut(self) -> None:
        """Let no further call of this search in: its optimizer has returned, though threads of it may live on."""
        self._gate.shut(OVER)

    def drain(self) -> None:
        """Wait for the calls that are still under way in such threads."""
        self._gate.drain()

    def __call__(self, x: NDArray[np.float64]) -> float:
        """Return the value at `x`, shape (m,), in the optimizer's units.

        Raises
        ------
        ValueError
            If `x` has another shape.
        """
        with self._gate:
            return self._answer(self._natural(x), self._plain)[0]

    def _answer(self, x: NDArray[np.float64], ask: Ask, within: bool | None = None) -> Answer:
        attempt = 0
        if self._replay is not None:
            answer = self._replay.answer(x)
            attempt = self._replay.attempts
            self._follow_replay()
            if answer is not None:
                return self._remembered(answer)
        if not (self._inside(x) if within is None else within):  # a generation is compared as one array
            return self._record_outside(x)
        answered, evaluator = None, self._evaluators(ask)
        while answered is None:
            with self._slots_held:
                self._mailbox.claim()  # waits; a point that is evaluated again costs another credit
                attempt += 1
                answered = self._settle(x, self._evaluated(x, evaluator), attempt, ask)
            # outside the semaphore: one that rests must not keep the others from their values
            self._mailbox.await_next()
        return answered

    def _evaluated(self, x: NDArray[np.float64], evaluator: Evaluator) -> Outcome:
        try:
            return evaluator.evaluate(x.copy())
        except Exception as error:
            self._mailbox.give_up(not_evaluated(error).reason)

    def _follow_replay(self) -> None:
        """Follow the count of what has been answered; after the last answer the search is live."""
        assert self._replay is not None  # only asked while there is one
        self._mailbox.recall(self._replay.done)
        self._mailbox.obey()
        if self._replay.over:
            self._replay.on_finish()
            self._replay = None
            self._mailbox.await_next()

    def _remembered(self, answer: Recorded) -> Answer:
        value, status, extras = answer
        if status is Status.OK:
            self._note_worst(value)
        return value, extras

    def _note_worst(self, fx: float) -> None:
        """Keep the worst valid value up to date."""
        if self._worst < fx < math.inf:
            self._worst = fx

    def map(self, X: Sequence[NDArray[np.float64]] | NDArray[np.float64]) -> list[float]:
        """Return the values at all rows of `X`, shape (n, m), in order, with `workers` evaluations in calls."""
        with self._gate:
            return [value for value, _ in self._answers(X, self._plain)]

    def flow(self, asked: Asked, tell: Callable[[int, float], bool], heed: Callable[[], bool]) -> None:
        """Evaluate the points of `asked` with `workers` evaluations in calls, and tell each value as it lands.

        Parameters
        ----------
        asked : dict of int to ndarray
            Points of shape (m,) by numbers of the caller's own. Returns when it is empty, or the search is over.
        tell : callable
            ``tell(number, value) -> bool`` takes that point out of `asked`, and may put others in; False ends the
            search: nothing new is begun, and what is under way is told as well. It is called by one thread at a time,
            where evaluations have threads in this process by theirs, in the context (`contextvars`) of this call.
        heed : callable
            ``heed() -> bool`` is called when the optimizer was asked to stop; False ends the search.
        """
        with self._gate:
            self._side_by_side(asked, lambda number, answer: tell(number, answer[0]), heed, self._plain)

    def _side_by_side(
        self, asked: Asked, tell: Callable[[int, Answer], bool], heed: Callable[[], bool], ask: Ask
    ) -> None:
        flow = Flow(
            asked,
            tell,
            heed,
            natural=self._natural,
            outside=lambda x: None if self._inside(x) else self._record_outside(x),
            settle=lambda x, outcome, attempt: self._settle(x, outcome, attempt, ask),
        )
        if self._replay is not None:
            flow.remember(self._replay, self._follow_replay, self._remembered)
        if self._replay is None:
            flow.run(self._evaluators(ask), self._mailbox, self._workers, self._in_order)

    def map_residuals(
        self, X: Sequence[NDArray[np.float64]] | NDArray[np.float64]
    ) -> list[tuple[float, NDArray[np.float64] | None]]:
        """Return value and residuals at all rows of `X`, shape (n, m), in order, like :meth:`map`.

        Residuals are arrays of shape (k,); None where there was no valid evaluation. The task must declare them, see
        :mod:`glompo.details`. Those of a method are evaluated alone, and the value is the sum of their squares.
        """
        places = (-1,) if self.details.method else self.details.residuals
        assert places is not None  # asked of a task that declares residuals
        with self._gate:
            answers = self._answers(X, Ask.RESIDUALS if self.details.method else Ask.DETAILS)
        return [(value, residuals_among(extras, places) if extras else None) for value, extras in answers]

    def with_gradient(self, x: NDArray[np.float64]) -> tuple[float, NDArray[np.float64] | None]:
        """Return value and gradient at `x`, shape (m,), in the optimizer's units, from one evaluation.

        The gradient is None where there was no valid evaluation. The task must declare it, see :mod:`glompo.details`.
        """
        with self._gate:
            natural = self._natural(x)
            value, extras = self._answer(natural, Ask.GRADIENT)
        return value, self._space.gradient(natural, np.asarray(extras[-1], dtype=np.float64)) if extras else None

    def _answers(self, X: Sequence[NDArray[np.float64]] | NDArray[np.float64], ask: Ask) -> list[Answer]:
        if self._workers == 1 and (generation := self._space.generation(X)) is not None:
            within = ((generation >= self._low) & (generation <= self._high)).all(axis=1).tolist()
            return [self._answer(x, ask, one) for x, one in zip(generation, within, strict=True)]
        if self._workers == 1:
            return [self._answer(x, ask) for x in [self._natural(x) for x in X]]
        asked: Asked = dict(enumerate(X))
        answers: list[Answer] = [(math.inf, ())] * len(asked)

        def tell(i: int, answer: Answer) -> bool:
            del asked[i]
            answers[i] = answer
            return True

        self._side_by_side(asked, tell, lambda: True, ask)
        self._mailbox.await_next()
        return answers

    def _natural(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the point in natural units, shape (d,), as an array of our own."""
        own = reals(x)
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

    def _record_outside(self, x: NDArray[np.float64]) -> Answer:
        self._mailbox.obey()
        self._outside_in_a_row += 1
        if self._outside_in_a_row > MOST_OUTSIDE_IN_A_ROW:
            why = (
                f"{MOST_OUTSIDE_IN_A_ROW} candidates in a row lay outside the bounds, the last at {x}; "
                "the optimizer does not respect them"
            )
            self.insist(why)
            raise OutsideError(why)
        self._mailbox.record(x, math.inf, OUTSIDE)
        return math.inf, ()

    def _settle(self, x: NDArray[np.float64], outcome: Outcome, attempt: int, ask: Ask) -> Answer | None:
        """Record an evaluation and return its answer; None if the point is to be evaluated again.

        Raises
        ------
        Refused
            If its extras are not as announced, or the task can be evaluated nowhere; it is recorded as invalid.
        """
        self._outside_in_a_row = 0
        size = 0
        if ask or outcome.extras or outcome.refused:
            objection = outcome.error if outcome.refused else self._objection(outcome, ask)
            if objection:
                invalid = replace(outcome, status=Status.INVALID, error=objection, extras=())
                self._mailbox.record(x, self._penalty(), invalid)
                raise Refused(objection)
            outcome, size = self._recordable(outcome, ask)
        if outcome.status is Status.OK:
            self._note_worst(outcome.fx)
            self._mailbox.record(x, outcome.fx, outcome, size)
            return outcome.fx, outcome.extras
        if attempt <= self._failures.retries and outcome.status is not Status.CANCELLED:
            self._mailbox.record(x, math.inf, replace(outcome, status=Status.RETRIED), size)
            return None
        value = self._penalty()
        self._mailbox.record(x, value, outcome, size)
        return value, outcome.extras

    def _objection(self, outcome: Outcome, ask: Ask) -> str:
        """Return what is wrong with the extras of a valid evaluation; a failed one need not have them all."""
        if ask is Ask.VALUE or outcome.status is not Status.OK or not math.isfinite(outcome.fx):
            return ""
        if ask in _OF_METHODS:
            told = f"the evaluator gave no {_OF_METHODS[ask]}; let its outcomes have it as the last of their extras"
            return "" if outcome.extras else told
        first, self._width = self._width, len(outcome.extras)
        if first is None and self._names_now is not None and (now := self._names_now()) != self.details.names:
            before = ", ".join(self.details.names)
            return f"headers() named ({before}) at first, now ({', '.join(now)}); let it name the same each time"
        if first is None or self.details.names:
            return self.details.objection(outcome.extras)
        if first == self._width:
            return ""
        return (
            f"detailed_call returned {first} extra values, then {self._width}; let it return as many each time, and "
            "name them in headers()"
        )

    def _recordable(self, outcome: Outcome, ask: Ask) -> tuple[Outcome, int]:
        """Return an outcome as it is recorded, with the bytes of its extras; one that cannot be is invalid."""
        extras = outcome.extras
        if not extras:
            return outcome, 0
        if ask in _OF_METHODS:
            extras = self.details.row(_OF_METHODS[ask], extras)
        elif self.details.names and len(extras) != len(self.details.names):  # of a failure: unnamed
            return replace(outcome, extras=()), 0
        try:
            extras, size = recordable(extras)
        except ValueError as error:
            invalid = replace(outcome, fx=math.nan, status=Status.INVALID, error=str(error), extras=())
            return (invalid if outcome.status is Status.OK else replace(outcome, extras=())), 0
        return replace(outcome, extras=extras), size

    def _penalty(self) -> float:
        if self._failures.penalty is not None:
            return self._failures.penalty
        return self._worst if self._worst > -math.inf else math.inf

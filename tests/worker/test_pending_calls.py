"""Evaluations that are done are collected, whatever interrupts the collection."""

from concurrent.futures import Future

import numpy as np
import pytest

from glompo.function import Outcome, Status
from glompo.worker.pending_calls import PendingCalls


class Wakeups:
    """A mailbox that only counts how often it was woken."""

    woken = 0

    def wake_up(self) -> None:
        self.woken += 1


class Later:
    """An evaluator whose evaluations are done when the test says so."""

    def __init__(self) -> None:
        self.futures: list[Future[Outcome]] = []

    def submit(self, x: np.ndarray) -> Future[Outcome]:
        self.futures.append(Future())
        return self.futures[-1]


@pytest.mark.parametrize("in_order", [False, True])
def test_what_was_not_taken_when_the_collection_was_interrupted_is_collected_later(in_order: bool) -> None:
    evaluator = Later()
    nothing = lambda note: None  # noqa: E731  # no thread of this evaluator goes on by itself
    calls = PendingCalls(evaluator, Wakeups(), in_order, nothing)  # type: ignore[arg-type]  # all that is needed of them
    for place in range(3):
        calls.reserve(place)
        calls.launch((place, np.zeros(1)))
    for future in evaluator.futures:
        future.set_result(Outcome(1.0, Status.OK))
    taken = calls.collect()
    next(taken)
    taken.close()  # as when what is done with the first raises
    assert calls.is_next_done()
    assert [place for place, _ in calls.collect()] == [1, 2]
    assert (calls.pending, calls.is_next_done()) == (0, False)

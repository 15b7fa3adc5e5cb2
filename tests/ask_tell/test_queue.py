"""The queue between the optimizers of a run and the driver that evaluates their points."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from glompo.ask_tell import queue as queue_module
from glompo.ask_tell.queue import AskTellQueue
from glompo.errors import UnansweredError
from glompo.function import Outcome
from glompo.worker.call_gate import Cut


@pytest.fixture
def queue():
    return AskTellQueue(slots=4, patience=0.02)


def point(value):
    return np.array([float(value)])


def numbers(taken):
    return [number for number, _ in taken]


def test_points_are_taken_in_the_order_in_which_they_were_offered_and_brought_in_any(queue):
    x = point(1)
    futures = [queue.submit(x), queue.submit(point(2))]
    x[0] = 9.0  # what is offered is a copy
    taken = queue.take(2)
    assert [(number, x.tolist()) for number, x in taken] == [(1, [1.0]), (2, [2.0])]
    queue.bring([(2, Outcome(20.0)), (1, Outcome(10.0))])
    assert [future.result().fx for future in futures] == [10.0, 20.0]
    assert all(future.result().seconds >= 0.0 for future in futures)


def test_a_caller_that_waits_for_points_gets_them_when_they_come():
    queue = AskTellQueue(slots=2, patience=60.0)
    with ThreadPoolExecutor(1) as driver:
        taking = driver.submit(queue.take, 2)
        queue.submit(point(1))
        queue.submit(point(2))
        assert numbers(taking.result(timeout=30.0)) == [1, 2]


def test_what_is_ready_is_taken_back_and_what_is_out_is_awaited(queue):
    out, ready = queue.submit(point(1)), queue.submit(point(2))
    queue.take(1)
    queue.withdraw("it ends")
    with pytest.raises(Cut, match="it ends"):
        ready.result()
    with pytest.raises(Cut, match="it ends"):
        queue.submit(point(3))
    assert queue.take(None) == []
    with pytest.raises(ValueError, match=r"1 points are asked for, 0 are there \(it ends\)"):
        queue.take(1)
    queue.bring([(1, Outcome(10.0))])
    assert out.result().fx == 10.0


def test_a_closed_queue_keeps_no_optimizer_waiting(queue):
    futures = [queue.submit(point(1)), queue.submit(point(2))]
    queue.take(1)
    queue.close(kill=True)
    for future in futures:
        with pytest.raises(Cut, match="the run is over"):
            future.result()
    with pytest.raises(Cut):
        queue.evaluate(point(3))
    assert queue.closed
    assert queue.take(1) == queue.take(None) == []


def test_a_budget_that_is_used_up_by_what_is_out_lets_no_caller_wait():
    queue = AskTellQueue(slots=4, patience=60.0)
    queue.submit(point(1))
    queue.budget(1)
    with pytest.raises(ValueError, match="the budget permits no more"):
        queue.take(2)
    assert numbers(queue.take(None)) == [1]
    assert queue.take(None) == []


def test_the_number_of_points_that_may_be_out_can_change(queue):
    for value in range(6):
        queue.submit(point(value))
    assert len(queue.take(None)) == 4
    queue.resize(5)
    assert numbers(queue.take(None)) == [5]
    queue.resize(1)
    with pytest.raises(ValueError, match="5 of 1"):
        queue.take(1)


def test_a_driver_does_not_wait_for_ever(queue, monkeypatch):
    monkeypatch.setattr(queue_module, "SILENCE", 0.02)
    with pytest.raises(UnansweredError, match=r"no point within 0\.02 s"):
        queue.take(None)
    queue.submit(point(1))
    with pytest.raises(ValueError, match="2 points are asked for, 1 are there"):
        queue.take(2)

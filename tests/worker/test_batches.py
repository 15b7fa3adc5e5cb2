"""When evaluations leave a worker."""

import threading

import numpy as np

from glompo.events import Evaluated, Granted
from glompo.function import Outcome
from glompo.wire.messages import AT, DOWN, OPT, UP
from glompo.worker.batch import AGE, LONG_AGE, MANY, Flusher
from glompo.worker.mailbox import Mailbox

from ..endings import PATIENCE


class Waiting:
    """A flusher that only notes for how long evaluations may wait."""

    def __init__(self):
        self.ages = []

    def expect(self, flush, age):
        self.ages.append(age)


def test_evaluations_in_quick_succession_wait_longer_for_their_message():
    waiting, said = Waiting(), []
    mailbox = Mailbox(said.append, waiting)
    mailbox.put(DOWN.encode(Granted(0.0, 1, 1000)))
    for rows in (1, MANY, MANY - 1, 1):
        for _ in range(rows):
            mailbox.record(np.zeros(1), 0.0, Outcome(0.0))
        mailbox.flush()
    assert waiting.ages == [AGE, AGE, LONG_AGE, AGE]
    assert [len(UP.decode(data, AT, OPT).f) for data in said] == [1, MANY, MANY - 1, 1]
    assert isinstance(UP.decode(said[0], AT, OPT), Evaluated)


def test_what_may_wait_a_shorter_time_is_sent_first_although_it_came_last():
    flusher, order, done = Flusher(), [], threading.Event()
    flusher.expect(lambda: (order.append("long"), done.set()), 0.05)
    flusher.expect(lambda: order.append("short"), 0.0)
    assert done.wait(PATIENCE)
    flusher.close()
    assert order == ["short", "long"]

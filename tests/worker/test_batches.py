"""When evaluations leave a worker."""

import threading

import numpy as np
import pytest

from glompo.events import Evaluated, Granted, Noted
from glompo.function import Outcome
from glompo.wire.messages import AT, DOWN, OPT, UP
from glompo.worker.batch import AGE, LONG_AGE, MANY, Flusher
from glompo.worker.mailbox import Mailbox

from ..endings import PATIENCE


class Waiting:
    """A flusher that looks when the test says so."""

    def __init__(self):
        self.expected = []

    def expect(self, flush, seconds):
        self.expected.append((flush, seconds))


def a_mailbox(flusher, said, clock=lambda: 0.0):
    mailbox = Mailbox(said.append, flusher, clock)
    mailbox.put(DOWN.encode(Granted(0.0, 1, 1000)))
    return mailbox


def recorded(mailbox, rows):
    for _ in range(rows):
        mailbox.record(np.zeros(1), 0.0, Outcome(0.0))


def test_evaluations_in_quick_succession_wait_longer_for_their_message():
    said, left = [], []
    mailbox = a_mailbox(Waiting(), said)
    for rows in (1, MANY, MANY - 1, 1):
        recorded(mailbox, rows)
        left.append(mailbox.flush(now=False))
        mailbox.flush()
    assert left == [AGE, AGE, LONG_AGE, AGE]
    assert [len(UP.decode(data, AT, OPT).f) for data in said] == [1, MANY, MANY - 1, 1]
    assert isinstance(UP.decode(said[0], AT, OPT), Evaluated)


def test_however_many_messages_leave_meanwhile_the_flusher_is_to_look_once_and_sends_only_what_is_old():
    now, flusher, said = 0.0, Waiting(), []
    mailbox = a_mailbox(flusher, said, lambda: now)
    for moment in (0.0, AGE / 4, AGE / 2):
        now = moment
        recorded(mailbox, 1)
        mailbox.post(Noted(AT, OPT, "before anything else is said, they leave"))
    recorded(mailbox, 1)
    [(look, seconds)] = flusher.expected
    assert seconds == AGE
    now = AGE
    assert look(False) == pytest.approx(AGE / 2)
    assert len(said) == 6
    now = 1.5 * AGE
    assert look(False) is None
    assert len(said) == 7
    recorded(mailbox, 1)
    assert len(flusher.expected) == 2


def test_an_evaluation_takes_what_is_old_along_before_the_flusher_has_its_turn():
    now, said = 0.0, []
    mailbox = a_mailbox(Waiting(), said, lambda: now)
    for moment in (0.0, 0.9 * AGE, AGE, 1.5 * AGE):
        now = moment
        recorded(mailbox, 1)
    assert [len(UP.decode(data, AT, OPT).f) for data in said] == [3]


def test_what_still_waits_is_sent_when_the_flusher_is_closed():
    said, flusher = [], Flusher()
    recorded(a_mailbox(flusher, said), 1)
    flusher.close()
    assert len(said) == 1


def test_what_may_wait_a_shorter_time_is_sent_first_although_it_came_last():
    flusher, order, done = Flusher(), [], threading.Event()
    flusher.expect(lambda now: (order.append("long"), done.set())[1], 0.05)
    flusher.expect(lambda now: order.append("short"), 0.0)
    assert done.wait(PATIENCE)
    flusher.close()
    assert order == ["short", "long"]

import threading

import numpy as np
import pytest

from glompo.events import Evaluated, Granted, IncumbentSent, Noted, Resumed, ResumeRequested, StopRequested
from glompo.events.verdict import Verdict
from glompo.function import Outcome, Status
from glompo.wire.messages import AT, DOWN, OPT, UP
from glompo.worker.call_gate import Cut
from glompo.worker.mailbox import ROWS, Mailbox

X = np.array([1.0, 2.0])
RESUME = DOWN.encode(ResumeRequested(0.0, 1, "user", Verdict(True, "a test")))


def stop(why):
    return DOWN.encode(StopRequested(0.0, 1, "user", Verdict(True, why)))


class Line:
    """Collects what a mailbox sends."""

    def __init__(self):
        self.said = []
        self.arrived = threading.Event()

    def __call__(self, data):
        self.said.append(UP.decode(data, AT, OPT))
        self.arrived.set()


@pytest.fixture
def line():
    return Line()


@pytest.fixture
def mailbox(line):
    return Mailbox(line)


def credit(mailbox, n):
    mailbox.put(DOWN.encode(Granted(0.0, 1, n)))


def test_a_credit_is_good_for_one_call(mailbox):
    credit(mailbox, 2)
    mailbox.claim()
    assert mailbox.claim_one_at_hand()
    assert not mailbox.claim_one_at_hand()


def test_after_a_stop_no_credit_is_given_out_and_the_reason_travels(mailbox):
    credit(mailbox, 5)
    mailbox.put(stop("not winning"))
    for ask in (mailbox.claim, mailbox.claim_one_at_hand, mailbox.obey):
        with pytest.raises(Cut, match="not winning"):
            ask()


def test_a_cut_is_not_eaten_by_except_exception():
    assert not issubclass(Cut, Exception)


def test_the_optimizer_is_told_of_a_stop_once(mailbox):
    assert mailbox.take_stop() is None
    mailbox.put(stop("why"))
    assert [mailbox.take_stop(), mailbox.take_stop()] == ["why", None]


def test_of_several_points_only_the_newest_waits(mailbox):
    mailbox.put(DOWN.encode(IncumbentSent(0.0, 1, X, 3.0, 2)))
    mailbox.put(DOWN.encode(IncumbentSent(0.0, 1, X + 1, 2.0, 2)))
    assert mailbox.take_point().f == 2.0
    assert mailbox.take_point() is None


def test_anything_said_comes_after_the_evaluations_before_it(mailbox, line):
    mailbox.record(X, 5.0, Outcome(5.0))
    mailbox.post(Noted(AT, OPT, "so far"))
    assert [type(message) for message in line.said] == [Evaluated, Noted]


def test_a_full_mailbox_leaves_at_once(mailbox, line):
    for _ in range(ROWS):
        mailbox.record(X, 5.0, Outcome(5.0))
    assert [len(message.f) for message in line.said] == [ROWS]


def test_batches_are_numbered_without_a_gap_and_keep_status_and_reason(mailbox, line):
    mailbox.record(X, 5.0, Outcome(5.0, seconds=0.5))
    mailbox.flush()
    mailbox.record(X, np.inf, Outcome(np.nan, Status.FAILED, "ValueError: no"))
    mailbox.record(X, 4.0, Outcome(4.0, extras=("a", 1)))
    mailbox.flush()
    mailbox.flush()
    first, second = line.said
    assert (first.k0, second.k0) == (0, 1)
    assert second.status.tolist() == [1, 0]
    assert second.errors == ((0, "ValueError: no"),)
    assert second.extras == ((), ("a", 1))
    assert first.seconds.tolist() == [0.5]


def in_thread(act):
    result = []
    thread = threading.Thread(target=lambda: result.append(act()), daemon=True)
    thread.start()
    return thread, result


def test_a_waiting_optimizer_has_said_all_and_goes_on_with_a_credit(mailbox, line):
    mailbox.record(X, 5.0, Outcome(5.0))
    thread, result = in_thread(mailbox.claim)
    assert line.arrived.wait(5)  # it spoke before it began to wait
    credit(mailbox, 1)
    thread.join(5)
    assert result == [None]


def test_a_waiting_optimizer_hears_of_a_stop(mailbox):
    thread, result = in_thread(mailbox.await_next)
    mailbox.put(stop("over"))
    thread.join(5)
    assert result == [None]
    assert mailbox.take_stop() == "over"


def test_a_resting_optimizer_is_woken_by_what_it_waits_for(mailbox):
    done = []
    thread, _ = in_thread(lambda: mailbox.rest(lambda: bool(done), or_credits=False))
    credit(mailbox, 1)  # not what it waits for
    done.append(1)
    mailbox.wake_up()
    thread.join(5)
    assert not thread.is_alive()


def test_an_optimizer_that_rests_on_reports_only_when_it_goes_on(mailbox, line):
    mailbox.rest_on()
    assert mailbox.held
    credit(mailbox, 1)
    waiting = threading.Thread(target=mailbox.claim)
    waiting.start()
    assert line.said == []
    mailbox.put(RESUME)
    waiting.join(10)
    assert [type(message) for message in line.said] == [Resumed]
    assert not mailbox.claim_one_at_hand()


@pytest.mark.parametrize("begin", [Mailbox.claim, Mailbox.await_next, Mailbox.await_release])
def test_one_told_to_go_on_before_it_could_rest_confirms_that_before_it_begins(mailbox, line, begin):
    mailbox.put(RESUME)
    credit(mailbox, 1)
    mailbox.rest_on()
    assert line.said == []
    begin(mailbox)
    assert [type(message) for message in line.said] == [Resumed]


def test_an_optimizer_that_rests_on_can_be_stopped(mailbox, line):
    mailbox.rest_on()
    mailbox.put(stop("the end"))
    with pytest.raises(Cut, match="the end"):
        mailbox.claim()
    assert line.said == []

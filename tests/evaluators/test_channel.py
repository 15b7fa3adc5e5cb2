import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glompo.evaluators.pool.channel import PIECE, Channel


@pytest.fixture
def line():
    ours, theirs = map(Channel, socket.socketpair())
    yield ours, theirs
    ours.close()
    theirs.close()


@given(st.lists(st.binary(max_size=100), max_size=10))
def test_messages_arrive_whole_and_in_order(messages):
    ours, theirs = map(Channel, socket.socketpair())
    for message in messages:
        theirs.send(message)
    theirs.close()
    assert ours.arrived(all_of_it=True) == messages
    assert (ours.ended, ours.unread) == (True, False)
    ours.close()


def test_half_a_message_is_not_waited_for(line):
    ours, theirs = line
    theirs.send(b"x" * PIECE)
    assert ours.arrived() == []
    assert ours.arrived() == [b"x" * PIECE]
    assert ours.arrived() == []
    assert not ours.ended


def test_waiting_for_a_message_ends_with_the_far_side(line):
    ours, theirs = line
    theirs.send(b"last")
    theirs.close()
    assert [ours.receive(), ours.receive()] == [b"last", None]


def test_what_the_far_side_has_not_read_is_told(line):
    ours, theirs = line
    ours.send(b"lost")
    theirs.close()
    assert ours.arrived() == []
    assert (ours.ended, ours.unread) == (True, True)


def test_a_far_side_that_has_read_everything_leaves_nothing_unread(line):
    ours, theirs = line
    ours.send(b"taken")
    assert theirs.receive() == b"taken"
    theirs.close()
    assert ours.arrived() == []
    assert (ours.ended, ours.unread) == (True, False)


def test_after_the_word_that_nothing_more_comes_answers_are_still_heard(line):
    ours, theirs = line
    ours.finish()
    assert theirs.receive() is None
    theirs.send(b"answer")
    assert ours.receive() == b"answer"

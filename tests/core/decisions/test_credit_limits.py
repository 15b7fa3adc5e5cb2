"""Which optimizers may evaluate next?"""

import pytest

from glompo.core.decisions.credit_limits import credit_limits
from glompo.errors import PolicyError
from glompo.events import Granted
from glompo.exit_conditions import MaxTotalFunctionCalls
from glompo.stoppers import BestUnmoving
from glompo.testing import history

from .asking import answer


class Gives:
    """An allocator that gives each named optimizer so many."""

    def __init__(self, shares):
        self.shares = shares

    def allocate(self, view, limit):
        return self.shares


def started(n=1):
    run = history()
    for _ in range(n):
        run.start()
    return run


def test_without_an_optimizer_that_could_use_them_none_are_given():
    assert answer(credit_limits, history()) == []


def test_what_the_allocator_gives_is_granted():
    run = started(2)
    assert answer(credit_limits, run, allocator=Gives({1: 3, 2: 97})) == [
        Granted(run.now, 1, 3),
        Granted(run.now, 2, 97),
    ]


def test_a_budget_that_is_spent_or_promised_grants_nothing():
    run = started()
    run.happen(Granted(run.now, 1, 100))
    assert answer(credit_limits, run, allocator=Gives({1: 1})) == []


def test_where_a_rule_goes_by_evaluations_none_holds_more_than_lead_one_block_beyond_the_next_question():
    run = started()
    (granted,) = answer(credit_limits, run, allocator=Gives({1: 50}), stopper=BestUnmoving(3), stopper_interval=10)
    assert granted.n == 20
    (granted,) = answer(credit_limits, run, allocator=Gives({1: 50}), stopper=BestUnmoving(3), lockstep=True)
    assert granted.n == 50


@pytest.mark.parametrize("shares", [{1: 3}, {2: 1}, {1: 0}], ids=["too many", "one that is not there", "none"])
def test_an_allocator_that_breaks_its_contract_is_named(shares):
    with pytest.raises(PolicyError, match="evaluations"):
        answer(credit_limits, started(), allocator=Gives(shares), exit=MaxTotalFunctionCalls(2))

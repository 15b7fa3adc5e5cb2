"""Policies that reckon with the budget know that of the run."""

import pytest

from glompo.core.policies.defaults import budget_of
from glompo.errors import PolicyError
from glompo.exit_conditions import MaxOptimizersStarted, MaxTotalFunctionCalls
from glompo.freezers import Freeze
from glompo.optimizers import CMAOptimizer, RandomSampling
from glompo.stoppers import Horizon
from glompo.testing import history, simulate


def test_what_a_policy_was_given_comes_before_what_the_run_has():
    view = history().view(budget=200)
    assert budget_of("Some", None, view) == 200
    assert budget_of("Some", 100, view) == 100


def test_without_either_the_message_says_what_to_give():
    with pytest.raises(PolicyError, match=r"Horizon.* this run has none; give it max_evaluations, or the run"):
        budget_of(Horizon(), None, history().view())


@pytest.mark.parametrize("policies", [
    lambda n: {"optimizers": [CMAOptimizer], "stoppers": Horizon(n)},
    lambda n: {"optimizers": [CMAOptimizer], "freezer": Freeze(1e-2, n)},
], ids=["Horizon", "Freeze"])  # fmt: skip
def test_the_budget_of_the_exit_conditions_is_as_good_as_one_of_their_own(policies):
    ends = MaxTotalFunctionCalls(600) | MaxOptimizersStarted(100)
    own, common = (simulate(exit_condition=ends, **policies(n)) for n in (600, None))
    assert own.view.calls == common.view.calls == 600
    assert len(own.events) == len(common.events)
    assert own.view.n_started == common.view.n_started
    assert [one.how for one in own.view] == [one.how for one in common.view]


def test_a_policy_that_cannot_know_it_ends_the_run_with_the_reason():
    with pytest.raises(PolicyError, match="reckons with the budget"):
        simulate([RandomSampling], MaxOptimizersStarted(3), max_jobs=2, stoppers=Horizon())

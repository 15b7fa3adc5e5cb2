"""What starts, and where?"""

import numpy as np
import pytest

from glompo.core.decisions.starts import starts
from glompo.core.policies.ports import Option
from glompo.errors import PolicyError
from glompo.exit_conditions import MaxTotalFunctionCalls
from glompo.optimizers import RandomSampling
from glompo.selectors import CycleSelector
from glompo.testing import history

from .asking import answer, rest


class At:
    """A generator that gives one point."""

    def __init__(self, *x):
        self.x = np.array(x)

    def place(self, manager):
        return self.x

    def explain(self, manager):
        return "half a character \ud800"


def test_one_is_started_at_a_time_with_the_class_beside_the_event():
    run = history(slots=2)
    (start,) = answer(starts, run, generator=At(0.5))
    assert (start.option.cls, start.event.opt, start.event.kind) == (RandomSampling, 1, "RandomSampling")
    assert (start.event.x0.tolist(), start.event.slots, start.event.config) == ([0.5], 1, {})
    assert start.event.why.encode()


def test_the_first_starts_where_the_caller_said():
    (start,) = answer(starts, history(), x0=np.array([0.125]))
    assert (start.event.x0.tolist(), start.event.why.endswith("x0 as given")) == ([0.125], True)


def test_nothing_starts_without_a_free_slot_or_without_evaluations_left_or_if_the_selector_wants_none():
    run = history(slots=1)
    opt = run.start()
    assert answer(starts, run) == []
    run.evaluate(opt, [1.0])
    run.converge(opt)
    assert len(answer(starts, run)) == 1
    assert answer(starts, run, exit=MaxTotalFunctionCalls(1)) == []
    assert answer(starts, run, selector=CycleSelector(RandomSampling, allow_spawn=lambda manager: False)) == []


def test_one_that_waits_for_slots_comes_first():
    run = history(slots=1)
    rest(run, run.start(), "slots")
    assert answer(starts, run) == []


class Chooses:
    def __init__(self, option):
        self.option = option

    def smallest(self):
        return 1

    def choose(self, manager, slots_available):
        return self.option


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"generator": At(0.5, 0.5)}, "one point of shape"),
        ({"generator": At(2.0)}, "outside the bounds"),
        ({"selector": Chooses(Option(RandomSampling, slots=9))}, "only 4 are free"),
        ({"selector": Chooses("CMAES")}, "return one of its options"),
    ],
)
def test_a_policy_that_breaks_its_contract_is_named(changes, match):
    with pytest.raises(PolicyError, match=match):
        answer(starts, history(), **changes)

"""The contracts of policies find what is broken: for every check there is a policy that fails it."""

from __future__ import annotations

import random
import re
import threading
import warnings

import numpy as np
import pytest

from glompo.core.policies.ports import Option
from glompo.events.verdict import Verdict
from glompo.exit_conditions import BaseExitCondition, MaxTotalFunctionCalls
from glompo.freezers import BaseFreezer
from glompo.generators import BaseGenerator, RandomGenerator
from glompo.optimizers import RandomSampling
from glompo.selectors import BaseSelector
from glompo.stoppers import BaseStopper, BestUnmoving
from glompo.testing import (
    AllocatorContract,
    ExitConditionContract,
    FreezerContract,
    GeneratorContract,
    SelectorContract,
    StopperContract,
)


def stopper(answer, **methods):
    """Return a stopper in the documented form that answers as `answer(log, best, tested)` does."""
    call = {"__call__": lambda self, log, best, tested: answer(log, best, tested)}
    return type("Mine", (BaseStopper,), {"__module__": __name__, **call, **methods})()


def last_value(log, tested):
    return log.get_history(tested, "fx")[-1]


class Counting(BaseStopper):
    """Remembers how often it was asked."""

    def __init__(self):
        self._asked = 0

    def __call__(self, log, best_opt_id, tested_opt_id):
        self._asked += 1
        return self._asked % 2 == 0


class Meddling(BaseStopper):
    """Writes into the run through a private attribute."""

    def judge(self, view, opt=None):
        view._state.reasons["meddled"] += 1
        return self.verdict(False, "no")


class Reasonless(BaseStopper):
    def judge(self, view, opt=None):
        return Verdict(False, "", "")


class TwoFaced(BaseStopper):
    def judge(self, view, opt=None):
        return self.verdict(True, "yes")

    def __call__(self, log, best_opt_id, tested_opt_id):
        return False


class Locked(BaseStopper):
    def __init__(self):
        self._lock = threading.Lock()

    def judge(self, view, opt=None):
        return self.verdict(False, "no")


class Growing(BaseStopper):
    """Shows what it remembers."""

    def __init__(self):
        self.history = 0

    def judge(self, view, opt=None):
        self.history += 1
        return Verdict(False, "Growing", "no")


class Unsure(Reasonless):
    """Denies what it has just said."""

    def judge(self, view, opt=None):
        return self.verdict(np.random.random() < 0.5, "a coin")


class Patched(BestUnmoving):
    def __iter__(self):
        return iter(())


def warn(log, best, tested):
    warnings.warn("this is odd", RuntimeWarning, stacklevel=1)
    return False


STOPPERS = [
    (Reasonless(), "it answers with a reason", "when nothing has been evaluated its verdict says no reason"),
    (stopper(lambda log, best, tested: None), "it answers with a reason", r"Mine\(\) answered None for optimizer 1"),
    (
        stopper(lambda log, best, tested: last_value(log, tested) > 1e300),
        "it answers on histories shorter than any window",
        "when nothing has been evaluated it raised PolicyError: .*IndexError",
    ),
    (
        stopper(lambda log, best, tested: log.len(tested) > 30 and 1 / 0),
        "it answers on ordinary histories",
        "when the race is long it raised PolicyError: .*ZeroDivisionError",
    ),
    (
        stopper(lambda log, best, tested: log.len(tested) > 0 and bool(int(last_value(log, tested)))),
        "it answers on inf and nan",
        "when all evaluations failed it raised PolicyError: .*cannot convert float infinity",
    ),
    (
        stopper(lambda log, best, tested: log.len(tested) > 2 and bool(log.get_history(tested, "fx").std() > 1)),
        "it answers on extreme values",
        "when values are extreme it raised PolicyError: .*RuntimeWarning: overflow",
    ),
    (stopper(warn), "it answers on ordinary histories", "RuntimeWarning: this is odd"),
    (Counting, "asked twice it answers the same", "when nothing has been evaluated it answered .*, in another order"),
    (Meddling, "it does not change the run", "when nothing has been evaluated the question changed the run"),
    (Unsure, "its random numbers are its own", r"it drew from numpy.random or random; use self\.rng"),
    (stopper(lambda log, best, tested: random.random() < 0.5), "its random numbers are its own", "it drew from"),
    (TwoFaced, "the documented call form gives the same answer", "a call answered False, and judge True"),
    (Unsure, "it combines with others", r"\(a \| ~a\) did not fire|\(a & ~a\) fired"),
    (Patched(50), "it combines with others", r"iterating over a gave \[\], over \(a \| ~a\) \[\]"),
    (
        stopper(lambda log, best, tested: False, __str__=object.__repr__),
        "its text shows what it is",
        "show the settings instead of the address",
    ),
    (stopper(lambda log, best, tested: False, __str__=lambda self: "a\nb"), "its text shows what it is", "in one line"),
    (Growing, "its text shows what it is", r"str\(\) gave 'Growing\(history=0\)', and after a question"),
    (Locked, "it can be copied and pickled", r"copy\.deepcopy cannot copy it: TypeError: cannot pickle"),
]


class Overdue(BaseExitCondition):
    """Its deadline has always passed."""

    def judge(self, view, opt=None):
        return self.verdict(False, "no")

    def deadline(self, view):
        return 0.0


class Unmoved(Overdue):
    """Nothing happens at its deadline."""

    def deadline(self, view):
        return 1e9


class Generous(MaxTotalFunctionCalls):
    """Permits fewer calls than it takes to fire."""

    def budget(self):
        return self.n - 1


class Fractional(MaxTotalFunctionCalls):
    def budget(self):
        return self.n / 2


EXIT_CONDITIONS = [
    (Overdue, "its deadline lies ahead and is kept", r"at 0.0 s, its deadline is 0.0 s, which has passed"),
    (Unmoved, "its deadline lies ahead and is kept", "and then nothing happens"),
    (
        Generous(20),
        "its budget is the call at which it fires",
        "its budget of 19 calls is used up and it does not fire",
    ),
    (Fractional(20), "its budget is the call at which it fires", r"budget\(\) is 10\.0"),
]


class Flat(BaseGenerator):
    def generate(self, manager):
        return 0.0


class Wide(BaseGenerator):
    def generate(self, manager):
        return manager.bounds[:, 1] + 1


class Loose(BaseGenerator):
    """Does not look at its bounds when it is near one of them."""

    def generate(self, manager):
        return np.add(RandomGenerator().generate(manager), [1e-9, 0.0, 0.0])


class Hopeful(BaseGenerator):
    """Believes that there is a best point."""

    def generate(self, manager):
        return manager.result["x"] * 1.0


class Inner(BaseGenerator):
    """Hands out its own array."""

    def __init__(self):
        self._x = np.array([0.0, 5.0, 200.0])

    def generate(self, manager):
        return self._x

    def place(self, manager):
        return self.generate(manager)


class Wordless(RandomGenerator):
    def explain(self, manager):
        return None


class Tossing(RandomGenerator):
    def generate(self, manager):
        low, high = manager.bounds.T
        return low + np.random.random() * (high - low)


class Restless(RandomGenerator):
    def __init__(self):
        self._n = 0

    def generate(self, manager):
        self._n += 1
        low, high = manager.bounds.T
        return low + (high - low) / (1 + self._n)


class Elsewhere(RandomGenerator):
    def place(self, manager):
        return manager.bounds.mean(axis=1)


GENERATORS = [
    (Flat, "it gives one point inside the bounds", r"it gave a point of shape \(\), not \(3,\)"),
    (Wide, "it gives one point inside the bounds", "outside the bounds"),
    (Loose, "it leaves a fixed parameter where it is", "outside the bounds"),
    (Hopeful, "it answers when nothing has been evaluated yet", "when none has started it raised PolicyError"),
    (Inner, "a point once given is not changed any more", r"and \[nan nan nan\] after the first was overwritten"),
    (Wordless, "it says where the point comes from", r"explain\(manager\) gave None"),
    (Tossing, "its random numbers are its own", "it drew from numpy.random or random"),
    (Restless, "asked twice it answers the same", "and asked again"),
    (Elsewhere, "the documented call form gives the same answer", r"generate\(manager\) gave .* and place\(manager\)"),
]


class Crowding(BaseSelector):
    def select_optimizer(self, manager, slots_available):
        return self.options[-1]


class Waiting(BaseSelector):
    def select_optimizer(self, manager, slots_available):
        return None


class Finished(BaseSelector):
    def select_optimizer(self, manager, slots_available):
        return False


class Inventive(BaseSelector):
    def select_optimizer(self, manager, slots_available):
        return "CMAOptimizer"


class Deaf(BaseSelector):
    """Keeps the spawn control to itself."""

    def __init__(self, *options, allow_spawn=None):
        super().__init__(*options)

    def select_optimizer(self, manager, slots_available):
        return self.options[0] if slots_available else None


class Consuming(Deaf):
    """Uses up its options."""

    def select_optimizer(self, manager, slots_available):
        if not slots_available:
            return None
        self._options = (*self._options, self._options[0])
        return self._options[0]


class Small(Deaf):
    def smallest(self):
        return 2


class Bold(Deaf):
    """Starts one optimizer and waits for ever."""

    def select_optimizer(self, manager, slots_available):
        return self.options[1] if slots_available > 1 and not manager.o_counter else None


class Lying(Deaf):
    def choose(self, manager, slots_available):
        return Option(RandomSampling, slots=1) if slots_available else None

    def select_optimizer(self, manager, slots_available):
        return self.options[-1]


SELECTORS = [
    (Crowding, "it chooses what fits", "it chose RandomSampling with 2 slots, and 0 are free"),
    (Inventive, "it chooses what fits", "'CMAOptimizer' is no optimizer"),
    (Small, "it chooses what fits", r"smallest\(\) is 2, and it chose RandomSampling with 1 slots"),
    (Waiting, "something starts in an empty run", "with all 4 slots free it returned None"),
    (Finished, "something starts in an empty run", "with all 4 slots free it returned False"),
    (Consuming, "its options stay the same", "its options were .* and are"),
    (Deaf, "it obeys a spawn control", "allow_spawn said no and it returned Option"),
    (Bold, "a run with it ends with its budget", "did not return False: nothing left: no optimizer lives"),
    (Lying, "the documented call form gives the same answer", "select_optimizer gave .* and choose"),
]


class Spendthrift:
    def allocate(self, view, limit):
        return {one.opt: 10 for one in view.alive if one.may_evaluate}


class Halves(Spendthrift):
    def allocate(self, view, limit):
        return {one.opt: 0.5 for one in view.alive if one.may_evaluate}


class Ghostly(Spendthrift):
    def allocate(self, view, limit):
        return {99: 1}


class Stingy(Spendthrift):
    """Gives each optimizer one evaluation in its life."""

    def allocate(self, view, limit):
        fresh = [one.opt for one in view.alive if one.may_evaluate and not one.calls + one.outstanding]
        return dict.fromkeys(fresh[:limit], 1)


ALLOCATORS = [
    (Spendthrift, "it keeps within the limit", "limit is 1, it gave .* more than there are"),
    (Halves, "it keeps within the limit", "give whole numbers from 1"),
    (Ghostly, "it keeps within the limit", r"it gave \{99: 1\}, though \[99\] cannot use any"),
    (Stingy, "a run with it uses its budget", "the run came to a standstill"),
    (Spendthrift, "its text shows what it is", "show the settings instead of the address"),
]


class Yes(BaseFreezer):
    def freeze(self, view, opt):
        return True

    def thaw(self, view):
        return None


class Waking(Yes):
    """Resumes an optimizer that does not rest."""

    def freeze(self, view, opt):
        return self.verdict(False, "no")

    def thaw(self, view):
        return (1, self.verdict(True, "early"))


class Halfway(Waking):
    def thaw(self, view):
        return 1


FREEZERS = [
    (Yes, "it answers with a reason", "freeze answered True; return a Verdict"),
    (Waking, "it answers with a reason", "thaw chose optimizer 1; .* rest"),
    (Halfway, "it answers with a reason", "thaw answered 1; return None, or"),
]

CASES = [
    *((StopperContract, *case) for case in STOPPERS),
    *((ExitConditionContract, *case) for case in EXIT_CONDITIONS),
    *((GeneratorContract, *case) for case in GENERATORS),
    *((SelectorContract, *case) for case in SELECTORS),
    *((AllocatorContract, *case) for case in ALLOCATORS),
    *((FreezerContract, *case) for case in FREEZERS),
]


@pytest.mark.parametrize(
    ("contract", "policy", "promise", "complaint"), CASES, ids=[f"{case[0].__name__}-{case[2]}" for case in CASES]
)
def test_what_is_broken_is_found_and_said(contract, policy, promise, complaint):
    [method] = [method for method, one in contract.checks().items() if one == promise]
    with pytest.raises(AssertionError, match=re.compile(complaint, re.DOTALL)):
        getattr(contract(), method)(policy)

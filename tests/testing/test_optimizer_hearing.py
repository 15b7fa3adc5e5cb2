"""An optimizer that takes no part in the conversation is found out; one told inside its function is not."""

from __future__ import annotations

import numpy as np
import pytest

from glompo import BaseOptimizer, MinimizeResult
from glompo.optimizers import CMAOptimizer, FunctionOptimizer, GridSampling, RandomSampling, Scipy
from glompo.testing import OptimizerContract
from glompo.testing.contracts.base import name_of

MESSAGES = "test_it_looks_at_its_messages"
PAUSE = "test_it_looks_at_the_pause_signal"
STOP = "test_it_ends_after_callstop"


class Attentive(BaseOptimizer):
    """Walks at random for a fixed number of steps."""

    listens = waits = obeys = True
    first = False
    told = False

    def minimize(self, function, x0, bounds):
        low, high = np.array(bounds).T
        best = (function(x0), x0)
        for _ in range(100):
            if self.first:
                self.look()
            x = np.clip(best[1] + 0.1 * (high - low) * self.rng.normal(size=len(low)), low, high)
            best = min(best, (function(x), x), key=lambda one: one[0])
            if not self.first:
                self.look()
            if self.told and self.obeys:
                break
        return MinimizeResult(True, best[1], best[0])

    def look(self):
        if self.listens:
            self.check_messages()
        if self.waits:
            self._pause_signal.wait()

    def callstop(self, reason=""):
        self.told = True


class LooksFirst(Attentive):
    first = True


class Deaf(Attentive):
    listens = False


class Restless(Attentive):
    waits = False


class Stubborn(Attentive):
    obeys = False


class LooksLate(Attentive):
    """Looks up once in its life."""

    looks = 0

    def look(self):
        self.looks += 1
        if self.looks == 60:
            super().look()


def failing(optimizer, **knobs):
    """Return the checks that fail, with the reasons."""
    contract = type("Tuned", (OptimizerContract,), knobs)()
    found = {}
    for name in (MESSAGES, PAUSE, STOP):
        try:
            getattr(contract, name)(optimizer)
        except AssertionError as error:
            found[name] = str(error)
    return found


@pytest.mark.parametrize(
    ("optimizer", "reasons"),
    [
        (Deaf, {MESSAGES: "it never called check_messages in 101 evaluations: it is cut instead of stopped"}),
        (Restless, {PAUSE: "it never waited at its pause signal in 101 evaluations"}),
        (Stubborn, {STOP: "callstop was called after 10 evaluations and made no difference: it made 91 more"}),
    ],
)
def test_one_that_does_not_take_part_is_told_what_it_loses(optimizer, reasons):
    found = failing(optimizer)
    assert found.keys() >= reasons.keys()
    assert all(text in found[name] for name, text in reasons.items())
    assert set(found) - set(reasons) <= {STOP}


def test_one_that_looks_up_too_seldom_is_told_how_seldom():
    found = failing(LooksLate, grace=50)
    assert "called check_messages only after 61 evaluations" in found[MESSAGES]
    assert "waited at its pause signal only after 61 evaluations" in found[PAUSE]


def blocking(f, x0, bounds):
    """Evaluate for ever, and catch whatever it can."""
    rng = np.random.default_rng(0)
    low, high = np.array(bounds).T
    f(x0)
    while True:
        f(rng.uniform(low, high))


@pytest.mark.parametrize(
    "optimizer",
    [
        Attentive,
        LooksFirst,
        FunctionOptimizer(blocking),
        Scipy("Nelder-Mead"),
        RandomSampling(iters=50),
        GridSampling(3),
        CMAOptimizer(workers=4),
    ],
    ids=name_of,
)
def test_one_that_takes_part_in_its_own_way_passes(optimizer):
    assert failing(optimizer) == {}

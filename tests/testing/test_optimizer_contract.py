"""The optimizer contract finds what is broken: for every check there is an optimizer that fails it."""

from __future__ import annotations

import random
import re
import threading
from unittest import SkipTest

import numpy as np
import pytest

from glompo import BaseOptimizer, MinimizeResult
from glompo.events import PauseRequested
from glompo.optimizers.capabilities import Capabilities
from glompo.testing import OptimizerContract
from glompo.wire.messages import DOWN
from glompo.worker import host
from glompo.worker.call_gate import Cut
from glompo.worker.mailbox import Mailbox
from glompo.worker.space import Space


class Impatient(OptimizerContract):
    patience = 20.0


def findings(optimizer, contract=Impatient):
    """Return, for each check, 'ok', 'skipped', or what it complains about."""
    found = {}
    for method, promise in contract.checks().items():
        try:
            getattr(contract(), method)(optimizer)
            found[promise] = "ok"
        except SkipTest:
            found[promise] = "skipped"
        except AssertionError as error:
            found[promise] = str(error)
    return found


class Walk(BaseOptimizer):
    """A random walk around the best point that keeps the contract; those below each break one of its promises."""

    def __init__(self, steps=400, **kwargs):
        super().__init__(**kwargs)
        self.steps = steps
        self.stopped = False

    def minimize(self, function, x0, bounds):
        self.low, self.high = np.array(bounds).T
        self.try_out(function, np.array(x0))
        for _ in range(self.steps):
            self.between()
            if self.stopped:
                break
            self.try_out(function, self.proposal())
        if not self.stopped:
            self.announce()
        return self.outcome()

    def try_out(self, function, x):
        fx = function(x)
        if fx < self.incumbent["fx"] or self.incumbent["x"] is None:
            self.incumbent = {"x": x, "fx": fx}

    def between(self):
        self.check_messages()
        self._pause_signal.wait()

    def proposal(self):
        step = 0.1 * (self.high - self.low) * self.draw(len(self.low))
        return np.clip(self.incumbent["x"] + step, self.low, self.high)

    def draw(self, n):
        return self.rng.normal(size=n)

    def announce(self):
        self.message_manager(0)

    def outcome(self):
        return MinimizeResult(not self.stopped, **self.incumbent)

    def callstop(self, reason):
        self.stopped = True


def test_an_optimizer_that_keeps_the_contract_passes_every_check():
    found = findings(Walk)
    assert found.pop("after loading it goes on as if nothing had happened") == "skipped"
    assert set(found.values()) == {"ok"}


class Lazy(Walk):
    def proposal(self):
        return self.incumbent["x"]


class Mute(Walk):
    def outcome(self):
        return self.incumbent["fx"]


class Boastful(Walk):
    def outcome(self):
        return MinimizeResult(True, self.incumbent["x"], self.incumbent["fx"] - 1)


class Stubborn(Walk):
    def callstop(self, reason):
        pass


class Greedy(Walk):
    """Changes what it was given."""

    def __init__(self, plan, **kwargs):
        super().__init__(**kwargs)
        plan["used"] = True


class Confident(Walk):
    """Declares to stay inside, and does not."""

    capabilities = Capabilities()

    def proposal(self):
        return self.incumbent["x"] + 0.1 * (self.high - self.low) * self.draw(len(self.low))


class Touchy(Walk):
    """Cannot stand inf."""

    def try_out(self, function, x):
        super().try_out(function, x)
        if not np.isfinite(self.incumbent["fx"]):
            raise ZeroDivisionError("no value to start from")


class Fragile(Walk):
    """Cannot stand a failure in between."""

    def try_out(self, function, x):
        fx = function(x)
        assert np.isfinite(fx) or self.incumbent["x"] is None, f"what is {fx}?"
        if fx < self.incumbent["fx"] or self.incumbent["x"] is None:
            self.incumbent = {"x": x, "fx": fx}


class Squinting(Walk):
    """Takes its units for those of the task."""

    scaler = "wide"


class Rigid(Walk):
    """Searches in three dimensions only."""

    def draw(self, n):
        return self.rng.normal(size=3)


class Undetailed(Walk):
    """Does not want to know."""

    def announce(self):
        self.is_log_detailed = False

    def __init__(self, **kwargs):
        super().__init__(steps=20, **kwargs)


class Anonymous(Walk):
    """Forgets who it is."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.rng = np.random.default_rng(0)


class Silent(Walk):
    def announce(self):
        pass


class Swallowing(Walk):
    """Cannot be unwound."""

    def try_out(self, function, x):
        try:
            super().try_out(function, x)
        except BaseException as error:
            raise RuntimeError("the function failed") from error


class Unending(Walk):
    """Cannot be unwound either, and goes on for ever."""

    given_up = threading.Event()

    def try_out(self, function, x):
        while not self.given_up.is_set():
            try:
                return super().try_out(function, x)
            except BaseException:
                self.given_up.wait(0.001)


class Deaf(Walk):
    def between(self):
        pass


class Indifferent(Walk):
    def inject(self, x, fx):
        pass


class Chatty(Walk):
    """Has its own idea of messages."""

    def message_manager(self, key, message=None):
        pass


class Moody(Walk):
    def draw(self, n):
        return np.random.default_rng().normal(size=n)


class Careless(Walk):
    """Draws from the generator that all code shares."""

    def draw(self, n):
        return np.random.normal(size=n)


class Careless2(Walk):
    def draw(self, n):
        return np.array([random.gauss(0, 1) for _ in range(n)])


class Forgetful(Walk):
    def checkpoint_save(self, path, force=None, block=None):
        super().checkpoint_save(path, force, {"incumbent"})


class Pretending(Walk):
    @classmethod
    def checkpoint_load(cls, path, **kwargs):
        return cls(**kwargs)


class Unsaved(Walk):
    def checkpoint_save(self, path, force=None, block=None):
        pass


BROKEN = [
    (Deaf, "it looks at its messages", "it never called check_messages in .* FunctionOptimizer"),
    (Deaf, "it looks at the pause signal", "it never waited at its pause signal in .* in each iteration"),
    (Stubborn, "it ends after callstop", "callstop was called after 10 evaluations and made no difference"),
    (Lazy, "it improves on its start", r"it came from (\d+\.\d+) at x0 to \1 in 150 evaluations"),
    (Mute, "it works without a manager", "minimize returned float; return MinimizeResult"),
    (Boastful, "it works without a manager", r"the result says fx = .*, but the value at x is"),
    (Stubborn, "it works without a manager", "callstop was called after 150 evaluations, and it made 200 more"),
    (lambda: (Greedy, {"plan": {}}), "what it was given stays as it is", r"\{'plan': \{\}\} became \{'plan': \{'used'"),
    (Confident, "outside the bounds nothing is evaluated", "it declares to stay inside the bounds, and asked for"),
    (
        Fragile,
        "failed evaluations do not end its search",
        r"it crashed after \d+ evaluations: AssertionError: what is inf",
    ),
    (Touchy, "a start without any value does not end in a crash", "ZeroDivisionError: no value to start from"),
    (Squinting, "it searches in the units that it asks for", "scaler is 'wide'; use 'none' or one of 'linear'"),
    (Undetailed, "detailed values are recorded and it sees only the value", "its is_log_detailed is not set"),
    (Rigid, "one free parameter is enough for it", "it crashed after 1 evaluations: ValueError"),
    (Anonymous, "a manager can construct it", "its rng is not the stream that the manager gave it"),
    (Silent, "it announces that it converged", "it returned without a word"),
    (Swallowing, "it is cut when it hears nothing", "it crashed after .* RuntimeError: the function failed"),
    (Deaf, "a better point reaches it", "it never took the better point; call self.check_messages()"),
    (Indifferent, "a better point reaches it", "after inject its incumbent is"),
    (Chatty, "its messages reach the log", "message 9 is not in its log"),
    (Moody, "the same seed gives the same points", r"evaluation 1 was at .* draw all random numbers from self\.rng"),
    (Careless, "random numbers drawn elsewhere change nothing", "when other code draws random numbers"),
    (Careless2, "random numbers drawn elsewhere change nothing", "when other code draws random numbers"),
    (Careless, "it leaves the global random states alone", "it used numpy.random or random"),
    (Careless2, "it leaves the global random states alone", "it used numpy.random or random"),
    (Forgetful, "it can be saved and loaded", "its incumbent was .*; loaded, it is"),
    (Pretending, "it can be saved and loaded", "is_restart of a loaded optimizer is not true"),
    (Unsaved, "it can be saved and loaded", "checkpoint_save.path. wrote no file"),
]


@pytest.mark.parametrize(("optimizer", "promise", "complaint"), BROKEN, ids=[promise for _, promise, _ in BROKEN])
def test_what_is_broken_is_found_and_said(optimizer, promise, complaint):
    with pytest.raises(AssertionError, match=re.compile(complaint, re.DOTALL)):
        check(promise, optimizer if isinstance(optimizer, type) else optimizer())


def check(promise, optimizer, contract=Impatient):
    """Run the check of one promise."""
    [method] = [method for method, one in OptimizerContract.checks().items() if one == promise]
    getattr(contract(), method)(optimizer)


def test_a_search_that_cannot_be_ended_is_given_up():
    class VeryImpatient(OptimizerContract):
        patience = 0.5

    try:
        with pytest.raises(AssertionError, match=r"it did not end within 0\.5 s; a loop that catches BaseException"):
            check("it is cut when it hears nothing", Unending, VeryImpatient)
    finally:
        Unending.given_up.set()


def test_a_worker_that_lets_stopped_optimizers_use_up_their_credits_is_found(monkeypatch):
    def claim(self):
        self.await_next()
        if not self._credits:
            raise Cut("nothing left")
        self._credits -= 1

    monkeypatch.setattr(Mailbox, "claim", claim)
    with pytest.raises(AssertionError, match=r"asked to stop after \d+ evaluations, it began \d+ more"):
        check("it stops within one evaluation", Deaf)


def test_a_worker_that_lets_no_optimizer_rest_is_found(monkeypatch):
    put = Mailbox.put
    deaf = lambda self, data: DOWN.holds(data, PauseRequested) or put(self, data)  # noqa: E731
    monkeypatch.setattr(Mailbox, "put", deaf)
    with pytest.raises(AssertionError, match="asked to rest, it never did"):
        check("it rests and goes on", Walk)


def test_a_worker_that_shows_fixed_parameters_is_found(monkeypatch):
    monkeypatch.setattr(host, "Space", lambda bounds, scaler, whole: Space(np.add(bounds, [0.0, 1e-9]), scaler, whole))
    with pytest.raises(AssertionError, match="it saw 4 parameters; 3 are free"):
        check("a fixed parameter is hidden from it", Walk)


def test_an_optimizer_that_does_not_exist_is_no_optimizer():
    with pytest.raises(TypeError, match="is no optimizer"):
        check("it improves on its start", int)


def test_every_check_is_seen_to_fail():
    """None of them is there for show."""
    elsewhere = {
        "it stops within one evaluation",
        "it rests and goes on",
        "a fixed parameter is hidden from it",
        "after loading it goes on as if nothing had happened",
    }
    assert {promise for _, promise, _ in BROKEN} | elsewhere == set(OptimizerContract.checks().values())


class Amnesiac(OptimizerContract):
    patience = 20.0
    goes_on = True


def test_one_that_begins_anew_after_loading_does_not_go_on():
    with pytest.raises(AssertionError, match=r"saved after \d+ evaluations, evaluation 0 was at .* after loading"):
        check("after loading it goes on as if nothing had happened", Walk, Amnesiac)

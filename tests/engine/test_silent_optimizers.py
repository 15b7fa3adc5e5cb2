"""Credits of optimizers that do not use them come back, and a budget stays exact."""

import os
import signal

import pytest

from glompo import BaseOptimizer, MinimizeResult, minimize
from glompo.core.events import Reclaimed, Stopped
from glompo.core.judge import reclaiming
from glompo.optimizers import RandomSampling
from glompo.storage.reader import read_events


class Falls(BaseOptimizer):
    """Evaluates a little, and then does something else."""

    def __init__(self, then="pause", **kwargs):
        super().__init__(**kwargs)
        self.then = then

    def minimize(self, function, x0, bounds, **kwargs):
        for _ in range(20):
            function(x0)
        if self.then == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        while not self.check_messages():
            signal.sigtimedwait([], 0.05)
        return MinimizeResult()

    def callstop(self, reason):
        """Nothing: it returns once it has looked at its messages."""


def task(x):
    return float(x @ x)


def run(tmp_path, *optimizers, **settings):
    usual = {"max_evaluations": 200, "max_jobs": 2, "rng": 1, "stoppers": (), "end_timeout": 5}
    return minimize(task, [(-5, 5)] * 2, optimizers=list(optimizers), working_dir=tmp_path / "run", **usual, **settings)


@pytest.mark.parametrize("backend", ["threads", "processes"])
def test_what_a_silent_optimizer_holds_is_used_by_the_others(tmp_path, monkeypatch, backend):
    monkeypatch.setattr(reclaiming, "SILENCE", 0.2)
    result = run(tmp_path, Falls, RandomSampling, backend=backend)
    assert result.nfev == 200
    assert sum(event.n for event in read_events(tmp_path / "run") if isinstance(event, Reclaimed)) > 0


def test_what_a_killed_optimizer_had_not_used_is_used_by_the_others(tmp_path):
    result = run(tmp_path, Falls(then="die"), RandomSampling, backend="processes")
    deaths = [event for event in read_events(tmp_path / "run") if isinstance(event, Stopped) and event.ending == "died"]
    assert deaths
    assert {event.claimed for event in deaths} == {20}
    recorded = {row.opt_id: row.evaluations for row in result.optimizers}
    assert result.nfev + sum(20 - recorded[event.opt] for event in deaths) == 200


class Resting(BaseOptimizer):
    """Is silent for a while, and then goes on."""

    def minimize(self, function, x0, bounds, **kwargs):
        for i in range(1000):
            function(x0)
            if i == 20:
                signal.sigtimedwait([], 1.0)
        return MinimizeResult()

    def callstop(self, reason):
        """Nothing: it is cut."""


def test_one_that_was_silent_gets_credits_again_when_it_wants_some(tmp_path, monkeypatch):
    monkeypatch.setattr(reclaiming, "SILENCE", 0.1)
    assert run(tmp_path, Resting).nfev == 200

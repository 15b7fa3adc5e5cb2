"""Credits of optimizers that do not use them come back, and a budget stays exact."""

import os
import signal
from pathlib import Path

import pytest

from glompo import BaseOptimizer, MinimizeResult, minimize
from glompo.core.decisions import reclaim as reclaiming
from glompo.events import Reclaimed, Stopped
from glompo.storage.reader import read_events


class Silent(BaseOptimizer):
    """Evaluates a little, leaves a note, and then computes something else until it is stopped."""

    def __init__(self, note, **kwargs):
        super().__init__(**kwargs)
        self.note = Path(note)

    def minimize(self, function, x0, bounds, **kwargs):
        for _ in range(20):
            function(x0)
        self.note.touch()
        while not self.check_messages():
            signal.sigtimedwait([], 0.05)
        return MinimizeResult()

    def callstop(self, reason):
        """Nothing: it returns once it has looked at its messages."""


class Later(Silent):
    """Evaluates for ever once the note is there, and is silent before."""

    def minimize(self, function, x0, bounds, **kwargs):
        while not self.note.exists():
            signal.sigtimedwait([], 0.05)
        while not self.check_messages():
            function(x0)
        return MinimizeResult()


class Dies(Silent):
    """Evaluates a little, and dies with credits in its hands."""

    def minimize(self, function, x0, bounds, **kwargs):
        for _ in range(20):
            function(x0)
        os.kill(os.getpid(), signal.SIGKILL)


def task(x):
    return float(x @ x)


def run(tmp_path, *kinds, **settings):
    optimizers = [(kind, {"note": str(tmp_path / "note")}) for kind in kinds]
    usual = {"max_evaluations": 200, "max_jobs": len(kinds), "rng": 1, "stoppers": (), "working_dir": tmp_path / "run"}
    return minimize(task, [(-5, 5)] * 2, optimizers=optimizers, **{**usual, **settings})


def happened(tmp_path, kind):
    return [event for event in read_events(tmp_path / "run") if isinstance(event, kind)]


@pytest.mark.parametrize("backend", ["threads", "processes"])
def test_what_a_silent_optimizer_holds_is_used_by_another_one_that_gets_credits_again(tmp_path, monkeypatch, backend):
    monkeypatch.setattr(reclaiming, "SILENCE", 0.1)
    result = run(tmp_path, Silent, Later, backend=backend)
    assert result.nfev == 200
    assert [row.evaluations for row in result.optimizers] == [20, 180]
    assert any(event.opt == 1 and event.n > 0 for event in happened(tmp_path, Reclaimed))


def test_of_a_killed_optimizer_only_the_calls_that_it_had_begun_are_counted(tmp_path):
    result = run(tmp_path, Dies, backend="processes", max_evaluations=100)  # more than five in a row would end the run
    deaths = [event for event in happened(tmp_path, Stopped) if event.ending == "died"]
    assert len(deaths) >= 4
    recorded = {row.opt_id: row.evaluations for row in result.optimizers}
    assert {event.claimed for event in deaths} == {20}
    assert result.nfev + sum(20 - recorded[event.opt] for event in deaths) == 100

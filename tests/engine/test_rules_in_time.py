"""A rule that is to be asked for every evaluation is asked one block late at most, however fast they are."""

import pytest

from glompo import minimize
from glompo.events import Evaluated, StopRequested
from glompo.exit_conditions import BaseExitCondition
from glompo.optimizers import RandomSampling
from glompo.stoppers import MaxFuncCalls
from glompo.storage.reader import read_events

BLOCK = 10
"""max(10, D), for two parameters."""


def run(tmp_path, **settings):
    usual = {"max_evaluations": 4000, "max_jobs": 1, "rng": 1, "optimizers": RandomSampling}
    return minimize(lambda x: 1.0, [(-5, 5)] * 2, working_dir=tmp_path / "run", **{**usual, **settings})


@pytest.mark.parametrize("interval", [1, 10, 300])
@pytest.mark.parametrize("backend", ["threads", "processes"])
def test_a_stopper_is_asked_one_block_late_at_most(tmp_path, interval, backend):
    result = run(tmp_path, stoppers=MaxFuncCalls(899), stopper_interval=interval, stop_best=True, backend=backend)
    for row in result.optimizers[:-1]:
        assert 900 <= row.evaluations <= 900 + BLOCK
    stops = [event for event in read_events(tmp_path / "run") if isinstance(event, StopRequested)]
    assert [event.by for event in stops][:4] == ["stopper"] * 4


def test_an_exit_condition_is_asked_one_block_late_at_most(tmp_path):
    class Enough(BaseExitCondition):
        def __call__(self, manager):
            return manager.f_counter >= 2000

    assert 2000 <= run(tmp_path, exit_conditions=Enough(), stoppers=()).nfev <= 2000 + BLOCK


def test_without_a_rule_that_goes_by_evaluations_they_are_handed_out_in_bulk(tmp_path):
    run(tmp_path, stoppers=())
    messages = [event for event in read_events(tmp_path / "run") if isinstance(event, Evaluated)]
    assert len(messages) < 4000 / BLOCK

"""A loop of runs can be left by Ctrl-C."""

import os
import signal

import pytest

from glompo import minimize
from glompo.errors import RunInterrupt, SettingError
from glompo.optimizers import RandomSampling


def run(tmp_path, number=None, **settings):
    calls = []

    def task(x):
        calls.append(x)
        if len(calls) == 5 and number is not None:
            os.kill(os.getpid(), number)
        return float(x @ x)

    usual = {"max_evaluations": 2000, "max_jobs": 1, "rng": 1, "optimizers": RandomSampling}
    return minimize(task, [(0, 1)], overwrite_existing=True, working_dir=tmp_path / "run", **usual, **settings)


def test_a_second_interrupt_leaves_a_loop_of_runs(tmp_path):
    assert run(tmp_path, signal.SIGINT).status == "left"
    with pytest.raises(KeyboardInterrupt) as raised:
        run(tmp_path, signal.SIGINT)
    assert isinstance(raised.value, RunInterrupt)
    assert raised.value.result.nfev >= 5
    assert run(tmp_path, signal.SIGINT).status == "left"  # one that is interrupted later is the first again
    run(tmp_path)


def test_a_run_that_was_not_interrupted_lies_between(tmp_path):
    assert [run(tmp_path, number).status for number in (signal.SIGINT, None, signal.SIGINT, None)] == [
        "left", "finished", "left", "finished",
    ]  # fmt: skip


def test_a_batch_queue_interrupts_no_loop(tmp_path):
    assert [run(tmp_path, signal.SIGTERM, on_interrupt="raise").status for _ in range(2)] == ["left"] * 2


def test_the_first_interrupt_is_raised_if_asked_for(tmp_path):
    with pytest.raises(KeyboardInterrupt, match="it can be resumed"):
        run(tmp_path, signal.SIGINT, on_interrupt="raise")
    with pytest.raises(SettingError, match="on_interrupt"):
        run(tmp_path, on_interrupt="stop")

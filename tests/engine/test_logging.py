"""A run tells through the standard logging what happens in it."""

import logging
import math

import pytest

import glompo
from glompo.engine.run_logger import RunLogger
from glompo.exit_conditions import MaxTotalFunctionCalls
from glompo.optimizer import BaseOptimizer, MinimizeResult
from glompo.optimizers import RandomSampling, Scipy
from glompo.testing import ScriptedOptimizer, history

BOX = [(-1.0, 1.0)] * 2


def sphere(x):
    return float(x @ x)


@pytest.fixture
def told(caplog):
    caplog.set_level(logging.DEBUG, logger="glompo")
    return caplog


def lines(told, level=logging.INFO):
    return [record.getMessage() for record in told.records if record.name == "glompo.run" and record.levelno == level]


def test_starts_ends_and_reasons_are_told(told, tmp_path):
    optimizers = [RandomSampling(iters=4), Scipy("L-BFGS-B")]
    glompo.minimize(sphere, BOX, optimizers=optimizers, max_evaluations=40, max_jobs=1, working_dir=tmp_path / "r")
    said = lines(told)
    assert said[0] == "the run begins: 2 parameters, 1 slots"
    assert any(line.startswith("optimizer 1 (RandomSampling) starts: ") for line in said)
    assert any("optimizer 1 (RandomSampling) exhausted after 4 evaluations at " in line for line in said)
    assert any("optimizer 2 (Scipy(L-BFGS-B)) converged" in line and "L-BFGS-B: " in line for line in said)
    assert any(line.startswith("the run is to end: MaxTotalFunctionCalls(n=40): ") for line in said)
    assert any(line.startswith("the run is over after 40 evaluations: best ") for line in said)
    assert said[-1] == "the session ends: finished"


def test_a_crash_is_a_warning_with_its_reason_and_too_many_are_an_error(told, tmp_path):
    crash = ScriptedOptimizer([[0.5, 0.5]], error=RuntimeError("boom"))
    glompo.minimize(sphere, BOX, optimizers=crash, max_jobs=1, working_dir=tmp_path / "r")
    warnings = lines(told, logging.WARNING)
    assert warnings[0] == "optimizer 1 (ScriptedOptimizer) crashed after 1 evaluations at 0.5: RuntimeError: boom"
    assert len(warnings) == 6
    assert "RuntimeError: boom (6 times)" in lines(told, logging.ERROR)[0]
    assert any("Traceback" in line for line in lines(told, logging.DEBUG))


def test_a_resumption_and_a_checkpoint_are_told(told, tmp_path):
    manager = glompo.GloMPOManager.new_manager(
        sphere, BOX, RandomSampling, tmp_path / "r", exit_conditions=MaxTotalFunctionCalls(9), max_jobs=1
    )
    manager.start_manager()
    glompo.minimize(
        sphere, BOX, optimizers=RandomSampling, max_evaluations=20, max_jobs=1, working_dir=tmp_path / "r",
        resume="must", checkpoint_control=glompo.CheckpointingControl(checkpoint_iter_frequency=5),
    )  # fmt: skip
    said = lines(told)
    assert "the run is resumed: session 2, 1 optimizers started, 9 evaluations" in said
    assert any(line.startswith("optimizer 1 (RandomSampling) comes back after 9 evaluations, by ") for line in said)
    assert any(line.startswith("checkpoint 1: ") for line in said)


def test_how_the_run_stands_is_told_when_it_is_time(told):
    run = history(slots=2)
    one = run.start()
    run_logger = RunLogger(60.0)
    run_logger.begin(run.view())
    assert run_logger.due(run.now) == 60.0
    run.evaluate(one, [3.0, math.nan])
    run.wait(50)
    run_logger.look(run.view())
    assert not any("elapsed" in line for line in lines(told))
    run.wait(11)
    run_logger.look(run.view())
    assert " optimizers alive, 1 started; 1 of 2 slots held; " in lines(told)[-1]
    assert "best 3 by optimizer 1 (Optimizer)" in lines(told)[-1]
    assert run_logger.due(run.now) == 60
    assert RunLogger().due(1e9) is None


@pytest.mark.parametrize("backend", ["threads", "processes"])
def test_what_an_optimizer_logs_arrives_wherever_it_lives(backend, told, tmp_path):
    class Talker(BaseOptimizer):
        def minimize(self, function, x0, bounds):
            function(x0)
            self.logger.info("half way at %d", 50)
            try:
                raise ValueError("odd")
            except ValueError:
                self.logger.exception("a trace")
            self.message_manager(0)
            return MinimizeResult(True)

        def callstop(self, reason=""):
            pass

    glompo.minimize(sphere, BOX, optimizers=Talker, max_jobs=1, backend=backend, working_dir=tmp_path / "r")
    own = [record for record in told.records if record.name == "glompo.optimizers.opt1"]
    assert [(record.levelname, record.getMessage().splitlines()[0]) for record in own] == [
        ("INFO", "half way at 50"), ("ERROR", "a trace"),
    ]  # fmt: skip
    formatted = [logging.Formatter("%(message)s").format(record) for record in own]
    assert "ValueError: odd" in formatted[1]


def test_the_root_logger_stays_as_it_was(tmp_path):
    root = logging.getLogger()
    before = (root.level, list(root.handlers))
    glompo.minimize(sphere, BOX, optimizers=RandomSampling, max_evaluations=5, working_dir=tmp_path / "r")
    assert (root.level, list(root.handlers)) == before
    assert any(isinstance(one, logging.NullHandler) for one in logging.getLogger("glompo").handlers)


@pytest.mark.parametrize("given", [0, -1, "often", math.nan, True])
def test_an_interval_that_is_none_is_refused(given, tmp_path):
    with pytest.raises(glompo.UserError, match="setup: status_interval is"):
        glompo.minimize(sphere, BOX, status_interval=given, working_dir=tmp_path / "r")
    assert not (tmp_path / "r").exists()

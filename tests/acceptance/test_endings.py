"""A run ends although evaluations hang that have no deadline: the pool can end them."""

import json
import os
import select
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest

from glompo.events import Escalated
from glompo.function import Status
from glompo.optimizers import CMAOptimizer, LeastSquares, RandomSampling
from glompo.storage.reader import read_events

from ..endings import PATIENCE

BOX = [(-5, 5)] * 2

HANG = """
import sys
import threading

import glompo
from glompo.exit_conditions import TimeLimit
from glompo.optimizers import RandomSampling


def hang(x):
    sys.stdout.write("at work\\n")  # in one piece: print writes the end of the line by itself, and two may mingle
    sys.stdout.flush()
    threading.Event().wait(1000)


result = glompo.minimize(
    hang, [(-5, 5)] * 2, optimizers=RandomSampling, max_jobs=2, evaluator="pool",
    exit_conditions=TimeLimit(1000), end_timeout={end_timeout}, working_dir="run",
)
print("left", result.nfev, result.status, flush=True)
"""


def one_hangs(x):
    """Hang in whichever call comes first; the others find the target."""
    try:
        os.mkdir("hung")
    except FileExistsError:
        return 0.0
    threading.Event().wait(1000)


class OneHangsInDetail:
    def __call__(self, x):
        return 0.0

    def detailed_call(self, x):
        return one_hangs(x), 0.0, 0.0


ENDING = {"target": 0.0, "end_timeout": 0.2, "evaluator": "pool"}


@pytest.mark.parametrize(
    ("task", "optimizer"),
    [(one_hangs, RandomSampling), (one_hangs, CMAOptimizer), (OneHangsInDetail(), LeastSquares(columns=[0, 1]))],
)
def test_a_hung_evaluation_is_ended_after_the_end_timeout(run, processes, task, optimizer):
    result, record = run(task, BOX, optimizers=optimizer, **ENDING)
    assert result.success
    assert set(record.statuses) == {Status.OK, Status.CANCELLED}
    assert [*record.errors.values()] == ["its optimizer had been asked to stop"]
    assert {event.rung for event in read_events(result.run_dir) if isinstance(event, Escalated)} == {"terminate"}
    assert all(row.how == "stopped" for row in result.optimizers)
    assert processes.survivors == []


def test_in_a_process_the_hung_evaluation_ends_with_its_optimizer(run, processes):
    result, _ = run(one_hangs, BOX, optimizers=RandomSampling, backend="processes", **ENDING)
    assert result.success
    assert "forced" in {row.how for row in result.optimizers}
    assert processes.survivors == []


def test_an_evaluation_that_was_ended_is_not_tried_again(run):
    _, record = run(one_hangs, BOX, optimizers=RandomSampling, failure_policy="retry(3)", **ENDING)
    assert set(record.statuses) == {Status.OK, Status.CANCELLED}
    assert record.statuses.count(Status.CANCELLED) == 1


@contextmanager
def running(script):
    """Lend the process of a script; it is killed if the test fails, which would wait for its end for ever."""
    with subprocess.Popen([sys.executable, script], cwd=script.parent, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize(("end_timeout", "interrupts"), [(0.2, 1), (1000, 2)])
def test_one_interrupt_waits_for_the_end_timeout_and_a_second_for_nothing(tmp_path, processes, end_timeout, interrupts):
    script = tmp_path / "script.py"
    script.write_text(HANG.replace("{end_timeout}", json.dumps(end_timeout)))
    with running(script) as process:
        assert [process.stdout.readline() for _ in range(2)] == ["at work\n"] * 2
        for n in range(interrupts):
            if n:
                await_journal(tmp_path / "run", "leave")
            process.send_signal(signal.SIGINT)
        told, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert told.split()[0] == "left"
    assert told.split()[2] == "left"
    assert processes.survivors == []


def await_journal(run_dir, word):
    """Wait until the journal says that something was asked for."""
    for _ in range(int(PATIENCE / 0.05)):
        if any(getattr(event, "what", None) == word for event in read_events(run_dir)):
            return
        select.select([], [], [], 0.05)
    raise AssertionError(f"no request to {word}; process {os.getpid()}")

"""Case 12: what cannot be sent to another process is named, before anything is written; what can be is sent."""

import os
import threading
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from multiprocessing import get_context

import pytest

import glompo
from glompo.errors import UserError

BOX = [(-5, 5)] * 2


def over_a_lock(tmp_path):
    lock = threading.Lock()

    def task(x):
        with lock:
            return float(x @ x)

    return task


OPEN = []


@pytest.fixture(autouse=True)
def _closed():
    yield
    while OPEN:
        OPEN.pop().close()


def over_an_open_file(tmp_path):
    log = open(tmp_path / "log.txt", "w")  # noqa: SIM115  # that it is open is the point
    OPEN.append(log)

    def task(x):
        log.write("called")
        return float(x @ x)

    return task


class Simulation:
    def __init__(self):
        self.settings = {"engine": threading.Event()}

    def __call__(self, x):
        return float(x @ x)


def with_an_attribute(tmp_path):
    return Simulation()


def executor():
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"))


SENDING = [
    pytest.param(lambda: nullcontext("pool"), "threads", id="pool"),
    pytest.param(lambda: nullcontext("inline"), "processes", id="processes"),
    pytest.param(lambda: nullcontext("pool"), "processes", id="pool in processes"),
    pytest.param(executor, "threads", id="ProcessPoolExecutor"),
]


@pytest.mark.parametrize(("make", "backend"), SENDING)
@pytest.mark.parametrize(
    ("built", "culprit"),
    [
        (over_a_lock, r"its closure variable 'lock' is <unlocked _thread.lock .*TypeError"),
        (over_an_open_file, r"its closure variable 'log' is <_io.TextIOWrapper name='.*log.txt'"),
        (with_an_attribute, r"its attribute 'settings', its item 'engine', .* is <unlocked _thread.lock"),
    ],
)
def test_the_object_that_cannot_be_sent_is_named(tmp_path, make, backend, built, culprit):
    with make() as evaluator, pytest.raises(UserError, match=culprit) as caught:
        glompo.minimize(
            built(tmp_path), BOX, max_evaluations=3, evaluator=evaluator, backend=backend,
            working_dir=tmp_path / "run",
        )  # fmt: skip
    assert "'module:function'" in str(caught.value)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(("make", "backend"), SENDING)
def test_a_lambda_and_a_closure_over_plain_values_are_sent(run, make, backend):
    offset, parent = 3.0, os.getpid()
    with make() as evaluator:
        result, _ = run(
            lambda x: offset + (os.getpid() == parent), BOX, optimizers=glompo.optimizers.RandomSampling,
            max_evaluations=4, max_jobs=1, evaluator=evaluator, backend=backend,
        )  # fmt: skip
    assert result.fx == 3.0


def test_threads_take_any_task(run, tmp_path):
    result, _ = run(over_a_lock(tmp_path), BOX, max_evaluations=10)
    assert result.nfev == 10

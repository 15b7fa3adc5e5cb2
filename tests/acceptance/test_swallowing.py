"""Searches that do not let go: they swallow what gets them out of the task, or leave a thread behind."""

import threading
from contextlib import suppress
from math import nan

import pytest

import glompo
from glompo import BaseOptimizer
from glompo.errors import OptimizersFailedError
from glompo.function import Status
from glompo.optimizers import FunctionOptimizer
from glompo.worker import mailbox
from glompo.worker import managed_function as managed

BOX = [(-5, 5)] * 2


class Counting:
    """A bowl that counts its calls."""

    def __init__(self):
        self.calls = 0

    def __call__(self, x):
        self.calls += 1
        return float(x @ x)


@pytest.fixture
def task():
    return Counting()


@pytest.fixture(autouse=True)
def soon_given_up(monkeypatch):
    monkeypatch.setattr(mailbox, "INSISTENCE", 1000)


def eats_exceptions(f, x0, bounds):
    while True:
        with suppress(Exception):
            f(x0)


def eats_all(f, x0, bounds):
    while True:
        with suppress(BaseException):
            f(x0)


def eats_all_of_batches(f, x0, bounds):
    while True:
        with suppress(BaseException):
            f.map([x0, x0])


class Eats(BaseOptimizer):
    """Does not even look at its messages."""

    def minimize(self, function, x0, bounds):
        eats_all(function, x0, bounds)

    def callstop(self, reason=""):
        pass


SEARCHES = [
    FunctionOptimizer(eats_exceptions),
    FunctionOptimizer(eats_all),
    FunctionOptimizer(eats_all_of_batches),
    FunctionOptimizer(eats_all_of_batches, workers=2),
    Eats(),
]


@pytest.mark.parametrize("search", SEARCHES, ids=lambda one: str(one.template()[0]))
def test_a_search_that_swallows_what_gets_it_out_ends_all_the_same_with_the_exact_budget(run, task, search):
    result, record = run(task, BOX, optimizers=search, max_evaluations=12)
    assert result.nfev == 12 == task.calls == len(record.f)
    assert result.message.endswith("12 of 12 calls used")
    assert {row.how for row in result.optimizers} <= {"cut", "stopped"}


def test_one_that_was_given_up_is_told_of_in_the_log_and_in_the_journal(run, task, caplog):
    result, _ = run(task, BOX, optimizers=Eats, max_evaluations=3, max_jobs=1)
    assert "it is given up" in caplog.text
    assert result.nfev == 3


def test_calls_of_a_thread_that_lives_on_are_neither_made_nor_recorded_once_the_search_has_returned(run, task):
    refused, stored = threading.Event(), []

    def lives_on(f):
        try:
            while True:
                f([1.0, 1.0])
        except BaseException:  # Cut
            refused.set()

    def search(f, x0, bounds):
        if not stored:
            stored.append(f)
            threading.Thread(target=lives_on, args=(f,)).start()
        f(x0)

    result, record = run(task, BOX, optimizers=FunctionOptimizer(search), max_evaluations=50, max_jobs=1)
    refused.wait()
    assert result.nfev == 50 == task.calls == len(record.f)
    assert set(record.statuses) == {Status.OK}
    with pytest.raises(BaseException, match="its search is over"):
        stored[0]._function([0.0, 0.0])
    assert task.calls == 50


def asks_outside(f, x0, bounds):
    while True:
        with suppress(Exception):
            f([nan, 6.0])


def asks_outside_and_eats_all(f, x0, bounds):
    while True:
        with suppress(BaseException):
            f([nan, 6.0])


@pytest.mark.parametrize("search", [asks_outside, asks_outside_and_eats_all])
def test_searches_that_only_ask_for_points_outside_end_the_run(tmp_path, monkeypatch, task, search):
    monkeypatch.setattr(managed, "MOST_OUTSIDE_IN_A_ROW", 100)
    with pytest.raises(OptimizersFailedError, match="6 optimizers died or evaluated nothing"):
        glompo.minimize(
            task, BOX, optimizers=FunctionOptimizer(search), max_jobs=1, rng=1, working_dir=tmp_path / "run"
        )
    assert task.calls == 0

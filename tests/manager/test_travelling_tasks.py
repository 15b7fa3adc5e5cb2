"""A task that is named by its import path travels as that path, to whatever process evaluates it."""

import os
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

import glompo
from glompo.events import Evaluated
from glompo.optimizers import RandomSampling
from glompo.storage.reader import read_events

MODULE = """
import os
import threading


class Task:
    def __init__(self):
        self.lock = threading.Lock()

    def __call__(self, x):
        with self.lock:
            return float(os.getpid())

    def detailed_call(self, x):
        return self(x), len(x)


TASK = Task()
"""


@pytest.fixture(autouse=True)
def module(tmp_path, monkeypatch):
    """Let this process, and those it starts, import a module with a task that cannot be pickled."""
    (tmp_path / "unpicklable.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    yield
    sys.modules.pop("unpicklable", None)


def pids(**settings):
    result = glompo.minimize(
        "unpicklable:TASK",
        [(-5, 5)] * 2,
        **{"optimizers": RandomSampling(workers=2), "max_evaluations": 12, "max_jobs": 2, "rng": 1, **settings},
    )
    assert result.nfev == 12
    return {f for event in read_events(result.run_dir) if isinstance(event, Evaluated) for f in event.f.tolist()}


@pytest.mark.parametrize("detailed", [False, True])
@pytest.mark.parametrize(
    "where", [{"evaluator": "pool"}, {"backend": "processes"}, {"backend": "processes", "evaluator": "pool"}]
)
def test_it_is_imported_where_it_is_evaluated(where, detailed):
    assert os.getpid() not in pids(**where, is_log_detailed=detailed)


def test_it_is_imported_by_the_workers_of_an_executor():
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        assert os.getpid() not in pids(evaluator=executor)


def test_in_threads_it_is_evaluated_here():
    assert pids() == {os.getpid()}


@pytest.mark.parametrize("where", [{"evaluator": "pool"}, {"backend": "processes"}])
@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("nowhere:task", "the task 'nowhere:task' cannot be imported: there is no module 'nowhere'"),
        ("unpicklable:task", "the task 'unpicklable:task' does not exist: .* did you mean"),
        ("unpicklable", "the task .*'unpicklable'.* 'module:"),
    ],
)
def test_a_path_at_which_there_is_nothing_is_refused_here_and_named(where, path, message, tmp_path):
    with pytest.raises(glompo.UserError, match=message):
        glompo.minimize(path, [(-5, 5)] * 2, max_evaluations=5, working_dir="run", **where)
    assert not (tmp_path / "run").exists()

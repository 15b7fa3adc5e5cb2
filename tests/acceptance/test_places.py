"""Runs in a spawned child, and where the current directory is gone."""

import os
import subprocess
import sys
import tempfile

import pytest

import glompo
from glompo.errors import SettingError
from glompo.optimizers import CMAOptimizer

BOX = [(-5, 5)] * 2

SCRIPT = """
import multiprocessing, os, sys
import glompo
from glompo.optimizers import RandomSampling

class Own(RandomSampling):
    pass

def task(x):
    return float(x @ x)

def work(**where):
    result = glompo.minimize(task, [(-5, 5)] * 2, optimizers=Own, max_evaluations=4, max_jobs=1, rng=1, **where)
    print(result.nfev, result.success, {row.how for row in result.optimizers}, flush=True)

def all_of_them():
    work(evaluator="pool")
    work(backend="processes")

if __name__ == "__main__":
    child = multiprocessing.get_context(sys.argv[1]).Process(target=all_of_them)
    child.start()
    child.join()
"""


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_in_a_spawned_child_a_task_and_an_optimizer_of_the_script_can_be_sent(tmp_path, method):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    done = subprocess.run([sys.executable, str(script), method], cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.splitlines() == ["4 True {'stopped'}"] * 2, done.stderr


def vanishing(x):
    scratch = tempfile.mkdtemp()
    os.chdir(scratch)
    os.rmdir(scratch)
    return float(x @ x)


@pytest.mark.parametrize(
    ("backend", "evaluator"), [("threads", "inline"), ("processes", "inline"), ("threads", "pool")]
)
def test_a_task_may_leave_its_process_in_a_directory_that_it_removes(run, backend, evaluator):
    where = {"backend": backend, "evaluator": evaluator}
    result, _ = run(vanishing, BOX, optimizers=CMAOptimizer, max_evaluations=9, max_jobs=1, **where)
    assert result.nfev == 9
    assert [row.how for row in result.optimizers] == ["cut"]


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """Be in a directory that is gone."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()


def bowl(x):
    return float(x @ x)


@pytest.mark.parametrize(
    ("backend", "evaluator"), [("threads", "inline"), ("processes", "inline"), ("threads", "pool")]
)
def test_a_run_can_be_made_from_a_directory_that_is_gone(nowhere, tmp_path, backend, evaluator):
    result = glompo.minimize(
        bowl,
        BOX,
        optimizers=CMAOptimizer,
        max_evaluations=9,
        max_jobs=1,
        rng=1,
        backend=backend,
        evaluator=evaluator,
        working_dir=tmp_path / "run",
    )
    assert result.nfev == 9
    assert [row.how for row in result.optimizers] == ["cut"]


@pytest.mark.parametrize("working_dir", [None, "run"])
def test_but_not_be_kept_there_which_is_said_with_the_remedy(nowhere, working_dir):
    with pytest.raises(SettingError, match=r"the current directory.* is gone.*give an absolute path"):
        glompo.minimize(bowl, BOX, max_evaluations=9, working_dir=working_dir)

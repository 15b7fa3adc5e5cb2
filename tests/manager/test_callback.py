"""A function of the user's sees the run as it goes on, and may end it."""

import threading

import numpy as np
import pytest

import glompo
from glompo.errors import SettingError, SettingTypeError
from glompo.optimizers import RandomSampling
from glompo.read import load

BOX = [(-1, 1), (2, 3)]


def task(x):
    return float(x @ x)


def run(callback, tmp_path, **settings):
    settings = {"max_evaluations": 20, "optimizers": RandomSampling, "max_jobs": 1} | settings
    return glompo.minimize(task, BOX, callback=callback, working_dir=tmp_path / "run", rng=1, **settings)


def test_it_is_called_with_the_best_point_so_far_and_at_the_end(tmp_path):
    seen = []
    result = run(lambda intermediate_result: seen.append(intermediate_result), tmp_path)
    last = seen[-1]
    assert (last.fun, last.nfev) == (result.fun, 20)
    assert np.array_equal(last.x, result.x)
    assert last["x"] is last.x
    assert [one.nfev for one in seen] == sorted(one.nfev for one in seen)


def test_it_is_called_in_the_thread_of_the_caller(tmp_path):
    threads = set()
    run(lambda _: threads.add(threading.current_thread()), tmp_path)
    assert threads == {threading.current_thread()}


@pytest.mark.parametrize("settings", [{}, {"deterministic": True}, {"evaluator": "pool"}])
def test_stop_iteration_ends_the_run_with_its_reason_on_record(tmp_path, settings):
    def enough(intermediate_result):
        raise StopIteration

    result = run(enough, tmp_path, max_evaluations=1_000_000, **settings)
    assert result.status == "finished"
    assert result.message == "user: the callback asked to end the run"
    assert result.nfev < 1_000_000
    assert load(tmp_path / "run").result.message == result.message


def test_another_exception_is_logged_and_the_run_goes_on(tmp_path, caplog):
    def broken(intermediate_result):
        raise RuntimeError("no such column")

    assert run(broken, tmp_path).nfev == 20
    assert "no such column" in caplog.text


def test_it_is_not_called_before_there_is_a_value(tmp_path):
    seen = []
    with pytest.raises(glompo.TaskFailedError):
        glompo.minimize(lambda x: np.nan, BOX, max_evaluations=30, callback=seen.append, working_dir=tmp_path / "run")
    assert seen == []


def test_it_may_be_an_import_path(tmp_path):
    assert run("builtins:repr", tmp_path).nfev == 20


@pytest.mark.parametrize(
    "wrong", [3, lambda: None, lambda x, f, context: None, dict, "nowhere:function", "builtins:max_"]
)
def test_what_cannot_be_called_so_is_refused(tmp_path, wrong):
    with pytest.raises((SettingError, SettingTypeError), match="callback"):
        run(wrong, tmp_path)
    assert not (tmp_path / "run").exists()

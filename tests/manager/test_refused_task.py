"""A task that says at its first evaluation that it cannot be meant leaves nothing behind."""

import numpy as np
import pytest

import glompo
from glompo.errors import TaskContractError
from glompo.optimizers import RandomSampling

BOX = [(0.0, 1.0)] * 2
SETTINGS = {"max_evaluations": 30, "max_jobs": 1, "rng": 1, "optimizers": RandomSampling}


class Refuses:
    """Can be evaluated nowhere, after as many values as were asked for."""

    def __init__(self, values=0):
        self.left = values

    def __call__(self, x):
        self.left -= 1
        if self.left < 0:
            raise TaskContractError("data.csv:7: there is no such thing")
        return float(x @ x)


def refused(task=None, **settings):
    with pytest.raises(TaskContractError, match=r"data\.csv:7: there is no such thing") as told:
        glompo.minimize(task or Refuses(), BOX, **SETTINGS | settings)
    return told.value


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("setting", [{}, {"backend": "processes"}, {"evaluator": "pool"}, {"split_printstreams": True}])
def test_the_directory_that_the_run_made_goes(setting, tmp_path):
    error = refused(working_dir=tmp_path / "deep" / "run", **setting)
    assert names(tmp_path) == []
    assert "nothing was kept" in str(error)
    assert error.result.run_dir is None
    assert error.result.nfev == 1


def test_so_does_one_that_the_library_has_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    refused()
    assert names(tmp_path) == []


def test_what_was_there_before_stays(tmp_path):
    for name in ("notes", "checkpoints"):
        (tmp_path / name).mkdir()
    refused(working_dir=tmp_path)
    assert set(names(tmp_path)) - {"lease"} == {"notes", "checkpoints"}
    assert glompo.minimize(Refuses(99), BOX, working_dir=tmp_path / "next", **SETTINGS).nfev == 30


def test_an_earlier_run_that_was_set_aside_gets_its_place_back(tmp_path):
    before = glompo.minimize(np.sum, BOX, working_dir=tmp_path, **SETTINGS)
    had = names(tmp_path)
    refused(working_dir=tmp_path, overwrite_existing=True)
    assert names(tmp_path) == had
    assert glompo.read.load(tmp_path).result.fx == before.fx


def test_evaluations_that_gave_a_value_are_kept(tmp_path):
    error = refused(Refuses(values=3), working_dir=tmp_path)
    assert f"the records are in {tmp_path}" in str(error)
    assert glompo.read.load(tmp_path).result.nfev == error.result.nfev == 4


def test_a_run_that_went_on_is_kept(tmp_path):
    settings = {"working_dir": tmp_path, "resume": "auto", "resume_task": "changed"}
    glompo.minimize(Refuses(99), BOX, **SETTINGS | settings | {"max_evaluations": 10})
    refused(**settings)
    assert glompo.read.load(tmp_path).result.nfev == 11

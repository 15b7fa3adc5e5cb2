"""A run as a study of Optuna, in both of its storages."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from glompo.errors import StoreError, UserError
from glompo.function import Status
from glompo.read import to_optuna
from glompo.storage.journal import Journal
from glompo.testing.histories import history

from .runs import record

optuna = pytest.importorskip("optuna")


def opened(storage):
    if "://" in storage:
        return storage
    return optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(storage))


def trials(name, storage):
    return optuna.load_study(study_name=name, storage=opened(storage)).trials


@pytest.fixture(params=["sqlite:///{}/study.db", "{}/folder/study.log"])
def storage(request, tmp_path):
    return request.param.format(tmp_path)


def made():
    run = history(bounds=[(1, 100), (-1, 1)], scales=("log", "none"))
    first, second = run.start("Alpha", regime="local"), run.start("Beta")
    run.evaluate(first, [3.0, np.nan], X=[[10.0, 0.5], [1.0, -1.0]])
    run.evaluate(second, [np.inf, 2.0], X=[[200.0, 0.0], [100.0, 0.0]], status=[Status.OUT_OF_BOUNDS, Status.OK])
    return run


def test_trials_are_the_evaluations(tmp_path, storage):
    run_dir = record(tmp_path / "run", made(), names=["rate", "angle"], task="bowl")
    name = to_optuna(run_dir, storage)
    assert name == "bowl written "
    first, failed, last = trials(name, storage)  # the task was not called outside the bounds
    assert (first.params, first.value, first.state.name) == ({"rate": 10.0, "angle": 0.5}, 3.0, "COMPLETE")
    assert (first.distributions["rate"].log, first.distributions["angle"].log) == (True, False)
    assert (first.distributions["rate"].low, first.distributions["rate"].high) == (1.0, 100.0)
    assert first.user_attrs == {"evaluation": 1, "optimizer": 1, "label": "local: Alpha", "regime": "local"}
    assert (failed.state.name, failed.user_attrs["status"]) == ("FAIL", "invalid")
    assert failed.user_attrs["reason"] == "invalid by hand"
    assert (last.value, last.user_attrs["evaluation"], last.user_attrs["label"]) == (2.0, 4, "Beta")
    assert (first.datetime_complete - first.datetime_start).total_seconds() == 1.0
    assert (failed.datetime_complete - first.datetime_complete).total_seconds() == 1.0


def test_a_second_call_adds_what_is_new(tmp_path, storage):
    run = made()
    with Journal.create(tmp_path / "run", durability="none") as journal:
        journal.append(run.events)
        name = to_optuna(tmp_path / "run", storage)
        assert to_optuna(tmp_path / "run", storage) == name
        assert len(trials(name, storage)) == 3
        seen = len(run.events)
        run.evaluate(2, 1.0, X=[50.0, 0.0])
        journal.append(run.events[seen:])
        assert to_optuna(tmp_path / "run", storage) == name
    assert [trial.user_attrs["evaluation"] for trial in trials(name, storage)] == [1, 2, 4, 5]


def test_a_storage_that_cannot_be_opened_is_told(tmp_path):
    run_dir = record(tmp_path / "run", made())
    for storage in ("nonsense://nowhere", f"sqlite:///{tmp_path}/not/there.db"):
        with pytest.raises(StoreError, match="cannot be used as a storage of Optuna"):
            to_optuna(run_dir, storage)


def test_without_optuna_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(UserError, match=r"pip install 'glompo\[optuna\]'"):
        to_optuna(tmp_path, "study.log")

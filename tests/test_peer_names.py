"""A setting as another library calls it is an error that says what to give here."""

import inspect
import re

import numpy as np
import pytest

import glompo
from glompo.cli.config import arguments
from glompo.errors import SettingError, SettingTypeError
from glompo.exit_conditions import MaxTotalFunctionCalls, TimeLimit
from glompo.optimizers import CMAOptimizer
from glompo.peer_names import FUNCTIONS, REMEDIES
from glompo.selectors import CycleSelector, NOptimizersSpawnStop
from glompo.settings.components import STOPPERS, named
from glompo.stoppers import BestUnmoving, CatchUp

BOX = [(-1, 1)] * 2
KNOWN = inspect.signature(glompo.minimize).parameters
NAMES = [name for names in REMEDIES for name in names.split(", ")]


def task(x):
    return float(x @ x)


def complaint(bounds=BOX, task=task, **settings):
    with pytest.raises((SettingTypeError, SettingError)) as caught:
        glompo.minimize(task, bounds, **settings)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("seed", "rng=1"),
        ("n_jobs", "max_jobs=4"),
        ("maxFunEvals", "max_evaluations=1000"),
        ("max_iters", "max_evaluations or max_seconds"),
        ("timeout", "max_seconds"),
        ("method", "optimizers=Scipy("),
        ("study_name", "label="),
        ("storage", "resume='auto'"),
        ("direction", "negative"),
        ("args", "functools.partial"),
        ("constraints", "penalty"),
        ("popsize", "optimizers=CMAOptimizer(popsize="),
    ],
)
def test_a_name_of_another_library_is_told_what_to_give_instead(name, remedy):
    assert remedy in complaint(**{name: 1})
    with pytest.raises(SettingTypeError, match=re.escape(remedy)):
        glompo.GloMPOManager().setup(task, BOX, None, **{name: 1})


def test_a_configuration_and_an_optimizer_tell_the_same(tmp_path):
    with pytest.raises(SettingTypeError, match="max_jobs=4"):
        arguments({"task": "math:fsum", "bounds": [[0, 1]], "workers": 3}, tmp_path)
    with pytest.raises(SettingTypeError, match="rng=1"):
        CMAOptimizer(seed=3)
    with pytest.raises(SettingTypeError, match="max_evaluations or"):
        glompo.minimize(task, BOX, optimizers=(CMAOptimizer, {"maxiter": 3}))


def test_a_name_that_may_be_a_slip_in_a_setting_of_an_optimizer_is_told_by_that():
    with pytest.raises(SettingTypeError, match="did you mean 'sigma0'"):
        CMAOptimizer(sigma=0.2)


def test_what_is_no_run_knows_no_settings_of_runs():
    with pytest.raises(SettingError, match="no setting 'seed'; it has every"):
        named({"type": "CatchUp", "seed": 3}, STOPPERS, "stoppers")


@pytest.mark.parametrize("name", [name for names in FUNCTIONS for name in names.split(", ")])
def test_a_function_of_another_library_is_told_what_to_call_instead(name):
    with pytest.raises(AttributeError, match=r"no attribute .*glompo\.minimize"):
        getattr(glompo, name)


def test_a_slip_in_a_name_of_ours_is_still_told_by_the_nearest_one():
    assert "did you mean 'max_jobs'?" in complaint(max_jbs=2)
    assert "did you mean 'optimizers'?" in complaint(optimizer=CMAOptimizer)


def test_no_name_in_the_table_is_a_setting_and_each_stands_there_once():
    assert not set(NAMES) & set(KNOWN)
    assert len(NAMES) == len(set(NAMES))


@pytest.mark.parametrize("remedy", REMEDIES.values())
def test_a_remedy_names_settings_that_exist(remedy):
    outermost = re.sub(r"\(.*?\)", "", remedy)  # settings of optimizers stand in brackets
    assert set(re.findall(r"\b([a-z]\w+)=", outermost)) <= {*KNOWN, "value"}


@pytest.mark.parametrize(
    ("setting", "given", "remedy"),
    [
        ("stoppers", CatchUp, "CatchUp()"),
        ("stoppers", [CatchUp(), BestUnmoving], "BestUnmoving(calls=...)"),
        ("stoppers", CatchUp | BestUnmoving, "CatchUp() | BestUnmoving(calls=...)"),
        ("exit_conditions", TimeLimit, "TimeLimit(seconds=...)"),
        ("opt_selector", CycleSelector, "CycleSelector(...)"),
        ("checkpoint_control", glompo.CheckpointingControl, "CheckpointingControl()"),
    ],
)
def test_a_class_where_an_instance_is_meant_is_told_with_the_call(setting, given, remedy):
    assert f"{setting} is" in complaint(**{setting: given})
    assert remedy in complaint(**{setting: given})


def test_classes_inside_combinations_and_selectors_and_as_tasks_are_told_too():
    with pytest.raises(SettingTypeError, match=re.escape("CatchUp()")):
        BestUnmoving(5) & CatchUp
    with pytest.raises(SettingTypeError, match=re.escape("CatchUp()")):
        CatchUp | BestUnmoving(5)
    with pytest.raises(SettingTypeError, match=re.escape("TimeLimit(seconds=...)")):
        TimeLimit & MaxTotalFunctionCalls(5)
    with pytest.raises(SettingTypeError, match="NOptimizersSpawnStop"):
        CycleSelector(CMAOptimizer, allow_spawn=NOptimizersSpawnStop)
    assert "give an instance" in complaint(task=type("Task", (), {"__call__": lambda self, x: 0.0}))


def test_a_mapping_of_bounds_is_told_with_bounds_and_names():
    assert "bounds=[(0.0, 1.0), (2.0, 3.0)] and names=['a', 'b']" in complaint({"a": (0, 1), "b": [2, 3]})
    ranged = type("Range", (), {"low": 0.5, "high": 2})()
    assert "bounds=[(0.5, 2.0)] and names=['x']" in complaint({"x": ranged})
    assert "bounds=[(min, max), ...]" in complaint({"x": ["red", "green", "blue"]})
    assert "x0=[1, 2]" in complaint(x0={"a": 1, "b": 2})


def test_a_start_in_the_place_of_the_bounds_is_told():
    assert "a start goes into x0" in complaint(np.zeros(3))

"""A call that is refused leaves nothing behind."""

import os

import numpy as np
import pytest

import glompo
from glompo.allocators import EvenAllocator
from glompo.errors import GlompoError, SettingError, SettingTypeError, StoreError
from glompo.exit_conditions import MaxTotalFunctionCalls
from glompo.freezers import Freeze
from glompo.generators import RandomGenerator
from glompo.optimizers import CMAOptimizer, RandomSampling
from glompo.selectors import CycleSelector
from glompo.stoppers import BestUnmoving, CatchUp
from glompo.storage import journal
from glompo.storage.lease import Lease

BOX = [(-1, 1)] * 2

WRONG = {
    "task": [3, None, "no colon", "nowhere:task", "math:nothing"],
    "bounds": [None, 3, [], [(1, 0)], [(0, np.inf)], [(0, "a")], np.zeros((2, 3))],
    "opt_selector": [3, "CMAOptimiser", ["Scipy", "here:Nothing"], CycleSelector, CatchUp(), [], [3], object],
    "working_dir": [3, object()],
    "label": [3, None],
    "overwrite_existing": [1, "yes", None],
    "resume": ["maybe", None, True, "must"],
    "resume_task": ["other", None],
    "max_jobs": [0, -2, 1.5, "2", True],
    "backend": ["thread", None, 1],
    "evaluator": ["pools", 3, object()],
    "cluster": [3],
    "evaluation_timeout": [0, -1, "1"],
    "adaptive_timeout": [0, "a"],
    "memory_limit": [0, 1.5],
    "evaluation_grace": [-1, "a"],
    "evaluation_threads": [0, "a", 2],
    "exit_conditions": [CatchUp(), [CatchUp()], 3, MaxTotalFunctionCalls, MaxTotalFunctionCalls(5) | CatchUp(), Freeze],
    "x0": [3, [0], [0, 2], [0, np.nan], "ab"],
    "x0_generator": [RandomGenerator, 3, CatchUp(), CycleSelector(CMAOptimizer)],
    "stoppers": [MaxTotalFunctionCalls(5), 3, CatchUp, BestUnmoving(5) & MaxTotalFunctionCalls(5), [3]],
    "share_best_solutions": [1, None],
    "stopper_interval": [0, 1.5, None],
    "stop_best": ["no"],
    "freezer": [3, Freeze, CatchUp()],
    "allocator": [3, EvenAllocator, CatchUp()],
    "force_terminations_after": ["a", 5.0],
    "aggressive_kill": [1, True],
    "end_timeout": [-1, "a", None],
    "split_printstreams": [1],
    "summary_files": [4, "1", True],
    "is_log_detailed": [1, True],
    "scaler": ["cube", None],
    "failure_policy": ["ignore", 3],
    "max_failure_rate": [0, 2, "a"],
    "durability": ["some", None],
    "names": ["ab", ["a"], ["a", "a"], 3],
    "rng": [-1, 1.5, "a", True, object()],
    "deterministic": [1],
    "checkpoint_control": [3, "often"],
    "save_states_every": [0, "a"],
    "on_divergence": ["stop"],
    "progress": [3, "yes"],
    "configuration": [3],
    "colour": [1],
}
REFUSED = [(name, value) for name, values in WRONG.items() for value in values]


@pytest.mark.parametrize(("name", "value"), REFUSED, ids=[f"{name}-{n}" for n, (name, _) in enumerate(REFUSED)])
def test_a_setting_that_cannot_be_used_is_refused_before_anything_is_written(tmp_path, monkeypatch, name, value):
    monkeypatch.chdir(tmp_path)
    given = {"task": abs, "bounds": BOX, "opt_selector": RandomSampling, "working_dir": "run", name: value}
    with pytest.raises((SettingError, SettingTypeError)):
        glompo.GloMPOManager.new_manager(**given).start_manager()
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize("where", ["file/run", "file", "loop/run", "x" * 300])
def test_a_directory_that_cannot_be_made_is_refused_and_none_is_left(tmp_path, where):
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(GlompoError, match=r"working_dir"):
        glompo.minimize(abs, BOX, max_evaluations=5, working_dir=tmp_path / where)
    assert sorted(os.listdir(tmp_path)) == ["file", "loop"]


@pytest.mark.parametrize("durability", ["batch", "always"])
def test_a_full_disk_at_the_beginning_leaves_nothing_and_holds_nothing(tmp_path, monkeypatch, durability):
    def full(*_):
        raise OSError(28, "No space left on device")

    run = {"max_evaluations": 5, "max_jobs": 1, "working_dir": tmp_path / "a" / "b", "durability": durability}
    monkeypatch.setattr(journal, "write_all", full)
    with pytest.raises(StoreError, match="free space"):
        glompo.minimize(lambda x: float(x @ x), BOX, **run)
    monkeypatch.undo()
    assert not os.listdir(tmp_path)
    assert glompo.minimize(lambda x: float(x @ x), BOX, **run).nfev == 5


def test_a_run_that_could_not_take_the_place_of_another_leaves_that_one(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    run = {"max_evaluations": 5, "max_jobs": 1, "working_dir": tmp_path}
    first = glompo.minimize(lambda x: float(x @ x), BOX, rng=1, **run)
    monkeypatch.setattr(journal, "write_all", full)
    with pytest.raises(StoreError):
        glompo.minimize(lambda x: float(x @ x), BOX, overwrite_existing=True, **run)
    monkeypatch.undo()
    assert glompo.read.load(tmp_path).result.fx == first.fx
    assert not (tmp_path / "replaced").exists()


def test_a_lease_is_given_back_on_a_full_disk_as_well(tmp_path, monkeypatch):
    from glompo.storage import lease

    def full(*_):
        raise OSError(28, "No space left on device")

    held = Lease.acquire(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(lease, "write_file", full)
        held.release()
    assert Lease.acquire(tmp_path).holder != held.holder

    held = Lease.acquire(other := tmp_path / "other")
    with monkeypatch.context() as patch:
        patch.setattr(lease, "write_file", full)
        patch.setattr(lease, "_overwrite", full)
        held.release()  # another process must wait for the end of this one; this one need not
    assert Lease.acquire(other).holder != held.holder


def test_a_session_that_cannot_begin_its_work_holds_nothing(tmp_path, monkeypatch):
    from glompo.manager import wiring

    run = {"max_evaluations": 5, "max_jobs": 1, "working_dir": tmp_path, "resume": "auto", "rng": 1}

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(wiring.Inbox, "open", interrupted)
    with pytest.raises(KeyboardInterrupt):
        glompo.minimize(lambda x: float(x @ x), BOX, **run)
    monkeypatch.undo()
    assert glompo.read.load(tmp_path).standing == "left"
    assert glompo.minimize(lambda x: float(x @ x), BOX, **run).nfev == 5


SEEDS = [2**64 - 1, 2**64, 2**127 + 1, 10**60, [1, 2**70], np.random.SeedSequence(10**40, spawn_key=(5,))]


@pytest.mark.parametrize("seed", SEEDS, ids=range(len(SEEDS)))
def test_a_seed_of_any_size_is_taken(tmp_path, seed):
    run = {"max_evaluations": 5, "max_jobs": 1, "rng": seed, "resume": "auto", "working_dir": tmp_path}
    first = glompo.minimize(lambda x: float(x @ x), BOX, **run)
    second = glompo.minimize(lambda x: float(x @ x), BOX, **{**run, "max_evaluations": 10})
    assert (first.nfev, second.nfev) == (5, 10)


def test_a_budget_of_any_size_is_taken(tmp_path):
    run = {"max_evaluations": 10**30, "target": 1.0, "max_jobs": 1, "rng": 1, "working_dir": tmp_path}
    assert glompo.minimize(lambda x: float(x @ x), BOX, **run).success
    assert glompo.read.load(tmp_path).opening.budget == 10**30

"""The files that sum up a run."""

import json
import sys

import numpy as np
import pytest

import glompo
from glompo.exit_conditions import MaxOptimizersStarted, MaxTotalFunctionCalls
from glompo.optimizers import RandomSampling
from glompo.read import load
from glompo.testing import ScriptedOptimizer

BOX = [(-1.0, 1.0)] * 2


class Detailed(glompo.BaseFunction):
    def __call__(self, x):
        return self.detailed_call(x)[0]

    def detailed_call(self, x):
        if x[0] > 0.5:
            raise ValueError("too far")
        return float(x @ x), float(x[0]), x, "a" if x[1] > 0 else "b"

    def headers(self):
        return {"first": float, "x": list, "side": str}


def run(folder, level, **settings):
    given = {"max_evaluations": 30, "optimizers": RandomSampling, "max_jobs": 2, "rng": 1, **settings}
    return glompo.minimize(Detailed(), BOX, working_dir=folder, summary_files=level, is_log_detailed=True, **given)


FILES = {"glompo_manager_log.yml", "trajectories.png", "trajectories_best.png", "glompo_log.h5"}


@pytest.mark.parametrize(("level", "n"), [(0, 0), (1, 1), (2, 3), (3, 4)])
def test_each_level_adds_its_files(level, n, tmp_path):
    run(tmp_path / "r", level)
    assert len(FILES & {path.name for path in (tmp_path / "r").iterdir()}) == n


def test_the_summary_tells_of_resources_checkpoints_and_the_host(tmp_path):
    yaml = pytest.importorskip("yaml", reason="the file is read as its users read it")
    control = glompo.CheckpointingControl(checkpoint_iter_frequency=10, checkpointing_dir=tmp_path / "points")
    run(tmp_path / "r", 1, checkpoint_control=control)
    told = yaml.safe_load((tmp_path / "r" / "glompo_manager_log.yml").read_text())
    assert told["resources"]["cpu_seconds"] > 0
    assert told["resources"]["most_memory_in_bytes"] > 1_000_000
    assert told["host"]["name"]
    assert [str(path) for path in sorted((tmp_path / "points").iterdir())] == sorted(told["checkpoints"])
    assert sum(told["counters"]["ends"].values()) == told["counters"]["optimizers_started"] == 2
    assert told["dates"]["opened"]


def test_the_log_holds_what_was_evaluated(tmp_path):
    h5py = pytest.importorskip("h5py", reason="the extra 'hdf5'")
    run(tmp_path / "r", 3)
    rows = list(load(tmp_path / "r").rows())
    with h5py.File(tmp_path / "r" / "glompo_log.h5") as file:
        assert set(file) == {"optimizer_1", "optimizer_2"}
        for opt in (1, 2):
            group, mine = file[f"optimizer_{opt}"], [row for row in rows if row.opt == opt]
            table = group["evaluations"][:]
            assert table["call_id"].tolist() == [row.order for row in mine]
            assert np.array_equal(table["x"], [row.x for row in mine])
            assert table["fx"].tolist() == [row.value for row in mine]
            for row, first, array, side in zip(mine, table["first"], table["x_"], table["side"], strict=True):
                if row.extras:
                    assert (first, side.decode()) == (row.extras[0], row.extras[2])
                    assert np.array_equal(array, row.x)
                else:
                    assert np.isnan(first)
                    assert np.isnan(array).all()
                    assert side == b""
            assert group.attrs["type"] == "RandomSampling"
            assert json.loads(group.attrs["settings"]) is not None
            assert group.attrs["end"].startswith(("cut", "stopped"))
    assert any(not row.extras for row in rows)


def test_the_messages_of_an_optimizer_are_in_the_log(tmp_path):
    h5py = pytest.importorskip("h5py", reason="the extra 'hdf5'")
    crash = ScriptedOptimizer([[0.1, 0.1]], error=RuntimeError("bööm"))
    run(tmp_path / "r", 3, optimizers=crash, max_jobs=1, exit_conditions=MaxOptimizersStarted(2))
    with h5py.File(tmp_path / "r" / "glompo_log.h5") as file:
        messages = file["optimizer_1"]["messages"][:]
        assert "RuntimeError: bööm" in messages["text"][-1].decode()
        assert file["optimizer_1"].attrs["end"] == "crashed: RuntimeError: bööm"


def test_a_run_without_any_value_has_its_files_as_well(tmp_path):
    idle = ScriptedOptimizer([[9.0, 9.0]])
    with pytest.raises(glompo.WorkerError):
        run(tmp_path / "r", 3, optimizers=idle)
    assert {path.name for path in (tmp_path / "r").iterdir()} >= FILES


def test_the_files_can_be_written_elsewhere(tmp_path):
    manager = glompo.GloMPOManager.new_manager(
        Detailed(), BOX, RandomSampling, tmp_path / "r", exit_conditions=MaxTotalFunctionCalls(9), summary_files=3
    )
    manager.start_manager()
    path = manager.write_summary_file(tmp_path / "there")
    assert path == tmp_path / "there" / "glompo_manager_log.yml"
    assert {one.name for one in (tmp_path / "there").iterdir()} == FILES


@pytest.mark.parametrize(("level", "module", "extra"), [(2, "matplotlib", "plot"), (3, "h5py", "hdf5")])
def test_a_missing_library_is_refused_before_anything_is_written(level, module, extra, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(
        glompo.UserError, match=rf"summary_files={level} needs {module}.*pip install 'glompo\[{extra}\]'"
    ):
        run(tmp_path / "r", level)
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize("level", [4, -1, True, "2", 1.0])
def test_a_level_that_does_not_exist_is_refused(level, tmp_path):
    with pytest.raises(glompo.UserError, match="summary_files is"):
        run(tmp_path / "r", level)
    assert not (tmp_path / "r").exists()


def test_overwriting_sets_the_files_aside_with_their_run(tmp_path):
    run(tmp_path / "r", 3)
    run(tmp_path / "r", 0, overwrite_existing=True)
    assert not FILES & {path.name for path in (tmp_path / "r").iterdir()}
    (aside,) = (tmp_path / "r" / "replaced").iterdir()
    assert {path.name for path in aside.iterdir()} >= FILES

"""Checkpoints of living runs, whatever happens meanwhile, and runs that come out of them."""

import os
import shutil
import signal
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import glompo
from glompo import BaseFunction, CheckpointError, CheckpointingControl, GloMPOManager, StoreError, UserError
from glompo.core.state.run_state import RunState
from glompo.core.state.snapshot import dump
from glompo.errors import CorruptJournalError
from glompo.events import (
    CheckpointBegun,
    CheckpointClosed,
    CheckpointTaken,
    Evaluated,
    Loaded,
    Recovered,
    Saved,
    SessionOpened,
    Stopped,
    StopRequested,
)
from glompo.exit_conditions import MaxTotalFunctionCalls
from glompo.optimizers import CMAOptimizer, RandomSampling, Scipy
from glompo.problems import Rastrigin
from glompo.read import load
from glompo.stoppers import MaxFuncCalls
from glompo.storage.checkpoint_unpack import unpack
from glompo.storage.reader import read_events, state_of
from glompo.storage.segments import Position
from glompo.storage.snapshots import save

from .paths import BOX, Promised, evaluated, those


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def run(optimizers, budget, name="run", task=None, control=None, **settings):
    slots = sum(one.workers if isinstance(one, glompo.BaseOptimizer) else 1 for one in optimizers)
    usual = {"rng": 5, "deterministic": True, "resume": "auto", "stoppers": (), "max_jobs": slots}
    usual["resume_task"] = "changed"  # some tasks interrupt the run, and are followed by those that do not
    return glompo.minimize(
        task or Rastrigin(3),
        BOX,
        optimizers=optimizers,
        max_evaluations=budget,
        working_dir=name,
        checkpoint_control=control,
        **{**usual, **settings},
    )


def outcomes(name="run"):
    return [(event.n, event.outcome) for event in those(name, CheckpointClosed)]


def files(name="run"):
    return sorted(Path(name, "checkpoints").glob("*"))


def every(n, **settings):
    return CheckpointingControl(checkpoint_iter_frequency=n, naming_format="c%(count)", **settings)


TRIO = [CMAOptimizer(workers=2), RandomSampling, Scipy("Nelder-Mead")]


@pytest.mark.parametrize("backend", ["threads", "processes"])
def test_a_run_goes_on_from_a_moved_checkpoint_as_the_one_that_it_was_made_of(backend, tmp_path):
    run(TRIO, 600, control=every(200), backend=backend, share_best_solutions=True)
    assert outcomes()[0] == (1, "complete")
    (tmp_path / "far").mkdir()
    shutil.move("run/checkpoints/c001.zip", "far/moved.zip")
    manager = GloMPOManager.load_manager("far/moved.zip", checkpoint_control=None)
    result = manager.start_manager()
    assert result.run_dir.parent == tmp_path / "far"
    assert result.nfev == 600
    assert evaluated(result.run_dir) == evaluated("run")
    assert {row.came_back for row in result.optimizers} >= {"saved state"}
    assert [event.session for event in those(result.run_dir, SessionOpened)] == [1, 2]


def test_making_checkpoints_changes_nothing_in_a_run():
    run(TRIO, 500, control=every(50, checkpoint_at_init=True, checkpoint_at_conv=True))
    run(TRIO, 500, name="without")
    assert evaluated("run") == evaluated("without")


def test_journal_and_counters_inside_a_checkpoint_agree_and_the_best_point_survives():
    run(TRIO, 400, control=every(150), share_best_solutions=True)
    (taken, *_) = those("run", CheckpointTaken)
    before = RunState()
    for event in read_events(Path("run")):
        before.apply(event)
        if event == taken:
            break
    manifest = unpack(files()[0], Path("new"))
    inside = load("new").view
    assert manifest.evaluations == inside.calls == sum(one.calls for one in inside) >= 150
    assert inside.calls == sum(len(event.f) for event in those("new", Evaluated))
    assert inside.best.f == before.best.f
    np.testing.assert_array_equal(inside.best.x, before.best.x)
    names = {path.name for path in Path("new", "blobs").glob("??/*")}
    assert {one.saved.blob for one in inside if one.saved} == names


class During(Promised):
    """Something happens to it when it is asked to save itself for the first time."""

    happens = "raise"
    flag = "happened"

    def check_messages(self):
        return super().check_messages()

    def checkpoint_save(self, path, force=None, block=None):
        if not os.path.exists(self.flag):
            Path(self.flag).touch()
            if self.happens == "die":
                os.kill(os.getpid(), signal.SIGKILL)
            raise SystemExit("crashed while it was saved") if self.happens == "crash" else RuntimeError("cannot")
        super().checkpoint_save(path, force, block)


class Dies(During):
    happens = "die"


class Crashes(During):
    happens = "crash"


@pytest.mark.parametrize(
    ("kind", "backend", "how"),
    [(Dies, "processes", "lost"), (Crashes, "processes", "crashed"), (Crashes, "threads", "crashed")],
)
def test_who_dies_while_a_checkpoint_is_made_is_no_longer_waited_for(kind, backend, how):
    result = run([kind, RandomSampling], 1500, task=slow, control=every(300), backend=backend, deterministic=False)
    assert how in {row.how for row in result.optimizers}
    assert result.nfev <= 1500
    assert {outcome for _, outcome in outcomes()} == {"complete"}
    manager = GloMPOManager.load_manager(files()[0], working_dir="new", max_evaluations=800, checkpoint_control=None)
    assert manager.start_manager().nfev <= 800


def test_who_is_stopped_while_a_checkpoint_is_made_is_no_longer_waited_for():
    run([Promised, CMAOptimizer], 300, control=every(60), stoppers=MaxFuncCalls(30), stopper_interval=1)
    begun = those("run", CheckpointBegun)[0]
    stops = those("run", StopRequested)
    assert any(event.opt in begun.awaited for event in stops)
    assert {outcome for _, outcome in outcomes()} == {"complete"}


class NeverLooks(RandomSampling):
    """It does not look at its messages."""

    def check_messages(self):
        return []


def test_who_does_not_look_at_its_messages_in_time_comes_back_by_replay():
    control = every(100, patience=0.2)
    run([NeverLooks, CMAOptimizer], 4000, control=control, deterministic=False, task=slow)
    (taken, *_) = those("run", CheckpointTaken)
    begun = those("run", CheckpointBegun)[0]
    assert 1 in taken.missing
    assert taken.at - begun.at >= 0.2
    assert sum(len(event.f) for event in those("run", Evaluated) if begun.at < event.at < taken.at) > 5
    result = GloMPOManager.load_manager(files()[0], working_dir="new", checkpoint_control=None).start_manager()
    assert result.optimizers[0].came_back == "replay"


def slow(x):
    time.sleep(0.0005)
    return float(x @ x)


def test_a_save_that_fails_abandons_the_checkpoint_and_the_run_goes_on():
    result = run([During, RandomSampling], 300, control=every(100))
    first = those("run", CheckpointClosed)[0]
    assert (first.outcome, first.path) == ("abandoned", "")
    assert first.why == "optimizer 1 was not saved: checkpoint_save raised RuntimeError: cannot"
    assert outcomes()[1] == (2, "complete")
    assert result.nfev == 300
    assert files()[0].name == "c002.zip"


def test_on_request_a_checkpoint_that_fails_ends_the_run_in_order_and_raises():
    with pytest.raises(CheckpointError, match="checkpoint_save raised RuntimeError: cannot") as raised:
        run([During, RandomSampling], 3000, control=every(100, raise_checkpoint_fail=True))
    assert 100 <= raised.value.result.nfev < 3000
    assert load("run").standing == "failed"
    assert those("run", Stopped)


def test_a_checkpoint_that_cannot_be_written_is_abandoned_and_the_earlier_ones_stay():
    Path("taken").touch()
    run([RandomSampling], 300, control=every(100, keep_past=0))
    (kept,) = files()
    control = every(100, keep_past=0, checkpointing_dir=Path("taken").absolute())
    run([RandomSampling], 500, control=control)
    assert outcomes()[-1][1] == "abandoned"
    assert "cannot write" in those("run", CheckpointClosed)[-1].why
    assert files() == [kept]


@pytest.mark.parametrize(("keep_past", "left"), [(-1, [1, 2, 3, 4]), (0, [4]), (1, [3, 4])])
def test_as_many_are_kept_as_asked_for_and_always_the_newest(keep_past, left):
    control = every(10**6, keep_past=keep_past)
    for budget in (50, 100, 150, 200):
        control_at_end = CheckpointingControl(
            checkpoint_at_conv=True, keep_past=keep_past, naming_format=control.naming_format
        )
        run([RandomSampling], budget, control=control_at_end)
    assert outcomes() == [(n, "complete") for n in range(1, 5)]
    assert [path.name for path in files()] == [f"c{n:03d}.zip" for n in left]


def test_a_run_that_came_out_of_a_checkpoint_does_not_remove_those_of_the_run_that_it_came_from(tmp_path):
    control = every(100, keep_past=0, checkpointing_dir=tmp_path / "shared")
    run([RandomSampling], 150, control=control)
    (first,) = Path("shared").glob("*")
    result = GloMPOManager.load_manager(first, working_dir="new", max_evaluations=400).start_manager()
    assert result.nfev == 400
    names = sorted(path.name for path in Path("shared").glob("*"))
    assert first.name in names
    assert len(names) == 2
    assert len(those("new", Loaded)) == 1


def test_the_next_run_never_deletes_recorded_evaluations_nor_checkpoints():
    run([RandomSampling], 150, control=every(100))
    before = sum(len(event.f) for event in those("run", Evaluated))
    run([RandomSampling], 150, control=every(100, keep_past=0), resume="never", overwrite_existing=True)
    (replaced,) = Path("run", "replaced").iterdir()
    assert sum(len(event.f) for event in those(replaced, Evaluated)) == before
    assert len(list((replaced / "checkpoints").iterdir())) == 1


def test_at_the_beginning_and_at_the_end():
    run([RandomSampling], 100, control=CheckpointingControl(checkpoint_at_init=True, checkpoint_at_conv=True))
    first, last = those("run", CheckpointBegun)
    assert (first.why, last.why) == ("the run begins", "the run ends")
    assert [unpack(path, Path(f"new{i}")).evaluations for i, path in enumerate(files())] == [0, 100]
    assert load("new1").view.ending is not None


def test_by_the_clock():
    control = CheckpointingControl(checkpoint_time_frequency=0.2, naming_format="%(count)")
    glompo.minimize(
        slow, BOX, optimizers=RandomSampling, max_seconds=1.0, max_jobs=1, working_dir="run", stoppers=(),
        checkpoint_control=control,
    )  # fmt: skip
    begun = [event.at for event in those("run", CheckpointBegun)]
    assert 2 <= len(begun) <= 5
    assert min(np.diff(begun)) >= 0.2


class Unpicklable(BaseFunction):
    """A task that cannot be pickled, but saves itself."""

    def __init__(self, shift=1.0):
        self.shift = shift
        self.lock = threading.Lock()

    def __call__(self, x):
        return float(((x - self.shift) ** 2).sum())

    def checkpoint_save(self, path):
        Path(path).write_text(str(self.shift))

    @classmethod
    def checkpoint_load(cls, path):
        return cls(float(Path(path).read_text()))


def test_a_task_that_saves_itself_is_loaded_by_the_loader_that_is_given():
    run([RandomSampling], 150, task=Unpicklable(2.0), control=every(100))
    with pytest.raises(UserError, match="give a task_loader"):
        GloMPOManager.load_manager(files()[0])
    assert [path.name for path in files()] == ["c001.zip"]  # what was unpacked is gone
    result = GloMPOManager.load_manager(files()[0], Unpicklable.checkpoint_load, working_dir="new").start_manager()
    assert result.nfev == 150
    assert evaluated("new") == evaluated("run")


class Both(Unpicklable):
    """It can be pickled as well."""

    def __reduce__(self):
        return Both, (-1.0,)


def test_a_task_is_saved_by_itself_on_request_even_if_it_can_be_pickled():
    run([RandomSampling], 150, task=Both(2.0), control=every(100, force_task_save=True))
    GloMPOManager.load_manager(files()[0], Both.checkpoint_load, working_dir="new").start_manager()
    assert evaluated("new") == evaluated("run")


def test_a_task_that_can_neither_be_pickled_nor_save_itself_is_given_again():
    lock = threading.Lock()

    def task(x):
        with lock:
            return float(x @ x)

    run([RandomSampling], 150, task=task, control=every(100))
    assert those("run", CheckpointClosed)[0].why.endswith(", without task")
    with pytest.raises(UserError, match=r"load_checkpoint\(path, task=\.\.\.\)"):
        GloMPOManager.load_manager(files()[0])
    assert GloMPOManager.load_manager(files()[0], task=task, working_dir="new").start_manager().nfev == 150


def test_most_settings_may_change_on_load():
    run(TRIO, 300, control=every(150))
    manager = GloMPOManager.load_manager(
        files()[0], working_dir="new", exit_conditions=MaxTotalFunctionCalls(450), backend="processes", max_jobs=6,
        deterministic=False, stopper_interval=3,
    )  # fmt: skip
    assert manager.start_manager().nfev == 450
    changes = those("new", SessionOpened)[1].changes
    assert "max_jobs: 4 -> 6" in changes
    assert "max_evaluations: 300 -> 450" in changes
    with pytest.raises(UserError, match="other bounds"):
        GloMPOManager.load_manager(files()[0], working_dir="other", bounds=[(0, 1)] * 3).start_manager()
    with pytest.raises(UserError, match="no setting 'max_job'"):
        GloMPOManager.load_manager(files()[0], max_job=3)


def test_loading_is_refused_where_it_cannot_be_right():
    run([RandomSampling], 150, control=every(100))
    manager = GloMPOManager.load_manager(files()[0], working_dir="new")
    with pytest.raises(UserError, match="has been set up already"):
        manager.load_checkpoint(files()[0])
    with pytest.raises(glompo.UserError, match="does not exist"):
        GloMPOManager.load_manager("nowhere.zip")
    with pytest.raises(FileExistsError, match="holds a run already"):
        GloMPOManager.load_manager(files()[0], working_dir="new")
    with pytest.raises(UserError, match="working_dir is given, but a run directory is loaded"):
        GloMPOManager.load_manager("run", working_dir="elsewhere")


def test_a_run_directory_is_loaded_as_well():
    run([RandomSampling], 150)
    with pytest.raises(UserError, match="give the optimizers again"):
        GloMPOManager.load_manager("run", task=Rastrigin(3))
    settings = {"opt_selector": RandomSampling, "max_evaluations": 300, "stoppers": (), "max_jobs": 1}
    result = GloMPOManager.load_manager("run", task=Rastrigin(3), deterministic=True, **settings).start_manager()
    assert (result.nfev, result.run_dir) == (300, Path("run").absolute())
    run([RandomSampling], 300, name="whole")
    assert evaluated("run") == evaluated("whole")


def test_a_run_that_came_out_of_a_checkpoint_can_be_loaded_again_from_its_directory():
    run([RandomSampling], 150, control=every(100))
    unpack(files()[0], Path("new"))
    assert GloMPOManager.load_manager("new").start_manager().nfev == 150


def test_a_manager_makes_one_when_it_is_asked_to_from_any_thread():
    asked = []

    class Asks:
        def update(self, view):
            if view.calls > 100 and not asked:
                asked.append(manager.checkpoint())
            if view.checkpoints.files:
                os.kill(os.getpid(), signal.SIGINT)

        def close(self, view):
            pass

    manager = GloMPOManager.new_manager(
        slow, BOX, CMAOptimizer, "run", exit_conditions=MaxTotalFunctionCalls(100_000), max_jobs=1, stoppers=(),
        progress=Asks(),
    )  # fmt: skip
    with pytest.raises(UserError, match="there is no run yet"):
        manager.checkpoint()
    result = manager.start_manager()
    assert asked == [None]
    assert result.status == "left"
    assert those("run", CheckpointBegun)[0].why.endswith("asked for it")
    at_rest = manager.checkpoint()
    assert unpack(at_rest, Path("new")).evaluations == result.nfev


def test_a_run_that_was_killed_has_its_checkpoints_and_can_be_packed():
    from glompo.storage.checkpoint_writer import pack_directory

    script = """
import os, signal, time, glompo
from pathlib import Path
from glompo.optimizers import CMAOptimizer
def task(x):
    time.sleep(0.001)
    if len(list(Path("run/checkpoints").glob("*.zip"))) == 2:  # so the first is complete and recorded
        os.kill(os.getpid(), signal.SIGKILL)
    return float(x @ x)
glompo.minimize(task, [(-5, 5)] * 3, optimizers=CMAOptimizer, max_evaluations=10_000, exit_conditions=(),
    max_jobs=1, working_dir="run", rng=5, save_states_every=50, deterministic=True, stoppers=(),
    checkpoint_control=glompo.CheckpointingControl(checkpoint_iter_frequency=100, naming_format="%(count)"))
"""
    import subprocess
    import sys

    assert subprocess.run([sys.executable, "-c", script]).returncode == -signal.SIGKILL
    assert "complete" in {outcome for _, outcome in outcomes()}
    file = pack_directory(Path("run"), Path("packed.zip"))
    assert unpack(file, Path("new")).evaluations >= 200
    assert those("new", Saved)[-1].k >= 50
    manager = GloMPOManager.load_manager("new", task=lambda x: float(x @ x), opt_selector=CMAOptimizer,
        resume_task="changed", max_evaluations=11_000, max_jobs=1, stoppers=(), deterministic=True)  # fmt: skip
    assert manager.start_manager().nfev == 11_000
    assert {event.way for event in those("new", Recovered)} == {"saved state"}


def test_damage_that_a_snapshot_would_spare_is_found_before_a_run_is_packed():
    from glompo.storage.checkpoint_writer import pack_directory

    run([RandomSampling], 1000)
    segment = Path("run/journal/000001.seg")
    save(Path("run"), Position(1, segment.stat().st_size), dump(state_of(Path("run"))))
    data = bytearray(segment.read_bytes())
    data[len(data) // 3] ^= 1
    segment.write_bytes(data)
    assert state_of(Path("run")).candidates == 1000
    with pytest.raises(CorruptJournalError, match="damaged at byte"):
        pack_directory(Path("run"), Path("packed.zip"))
    assert not Path("packed.zip").exists()


def test_a_living_run_is_not_packed_from_outside(monkeypatch):
    from glompo.storage import checkpoint_writer

    run([RandomSampling], 50)
    monkeypatch.setattr(checkpoint_writer, "writer_lives", lambda run_dir: True)
    with pytest.raises(StoreError, match="a living process works on the run"):
        checkpoint_writer.pack_directory(Path("run"))

"""Long runs: memory and work stay flat, and they open quickly whatever became of them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import glompo
from glompo.core.state import retention as keeping
from glompo.core.state.run_state import RunState
from glompo.core.state.snapshot import same
from glompo.core.views.manager_view import LogView
from glompo.errors import StoreError
from glompo.events import Evaluated
from glompo.optimizers import CMAOptimizer, RandomSampling
from glompo.problems import Rastrigin
from glompo.read import Follower, load
from glompo.stoppers import BaseStopper, BestUnmoving, CatchUp
from glompo.storage import snapshots
from glompo.storage.history import records
from glompo.storage.journal import Journal
from glompo.storage.reader import read_events, shortcut, state_of
from glompo.storage.segments import START, segment_path

BOX = [(-5, 5)] * 3
USUAL = {"optimizers": [CMAOptimizer, RandomSampling], "max_jobs": 3, "rng": 5, "deterministic": True}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def cramped(monkeypatch):
    """Keep next to nothing, and save snapshots all the time."""
    monkeypatch.setattr(keeping, "LIVING_BYTES", 2000)
    monkeypatch.setattr(keeping, "RETIRED_BYTES", 3000)
    monkeypatch.setattr(keeping, "FEWEST_ROWS", 20)
    monkeypatch.setattr(snapshots, "EVENTS", 20)
    monkeypatch.setattr(snapshots, "REST", 0)


def folded(name):
    state = RunState()
    for event in read_events(Path(name)):
        state.apply(event)
    return state


def paths(name):
    """Return the bytes of what each optimizer evaluated."""
    found = {}
    for event in read_events(Path(name)):
        if isinstance(event, Evaluated):
            X, f = found.get(event.opt, (b"", b""))
            found[event.opt] = X + event.X.tobytes(), f + event.f.tobytes()
    return found


@pytest.mark.usefixtures("cramped")
def test_a_run_opens_through_its_snapshot_as_if_there_were_none():
    glompo.minimize(Rastrigin(3), BOX, max_evaluations=900, working_dir="run", **USUAL)
    begun, position = shortcut(Path("run"))
    assert position > START
    assert begun.candidates > 0
    assert same(state_of(Path("run")), folded("run"))
    view, followed = load("run").view, Follower("run").poll()
    for one, other in zip(view, followed, strict=True):
        rows = one.trajectory.rows()
        assert len(rows) == len(one)
        assert rows.X.tobytes() == other.trajectory.X.tobytes()


@pytest.mark.usefixtures("cramped")
@pytest.mark.parametrize("part", [0.3, 0.7])
def test_a_run_killed_on_the_way_goes_on_through_its_snapshot_as_if_nothing_had_happened(part, monkeypatch):
    monkeypatch.setattr(snapshots, "KEPT", 10**6)
    glompo.minimize(Rastrigin(3), BOX, max_evaluations=1000, working_dir="whole", **USUAL)
    ends = [end for _, end, _ in records(Path("whole"), START)]
    killed_at = ends[int(part * len(ends))]
    shutil.copytree("whole", "run", ignore=shutil.ignore_patterns("lease"))
    os.truncate(segment_path(Path("run"), killed_at.segment), killed_at.offset)
    assert START < shortcut(Path("run"))[1] <= killed_at
    glompo.minimize(Rastrigin(3), BOX, max_evaluations=1000, working_dir="run", resume="must", **USUAL)
    assert paths("run") == paths("whole")


class Looker(BaseStopper):
    """Asks for the whole history in the documented form."""

    def __init__(self):
        self._seen = 0

    def __call__(self, log: LogView, best_opt_id, tested_opt_id):
        self._seen = max(self._seen, len(log.get_history(tested_opt_id, "fx")))
        assert len(log.get_history(tested_opt_id, "x")) == log.len(tested_opt_id)
        return False


@pytest.mark.usefixtures("cramped")
def test_a_policy_of_the_documented_form_sees_the_whole_history_of_a_long_search():
    looker = Looker()
    optimizer = RandomSampling(iters=2000)
    settings = {"optimizers": optimizer, "stoppers": looker, "stop_best": True, "deterministic": True}
    glompo.minimize(Rastrigin(3), BOX, max_evaluations=500, max_jobs=1, rng=1, **settings)
    assert looker._seen > 300


@pytest.mark.usefixtures("cramped")
def test_what_stoppers_declare_is_kept():
    rule = CatchUp() | (BestUnmoving(170) & BestUnmoving(30))
    result = glompo.minimize(Rastrigin(3), BOX, max_evaluations=600, max_jobs=1, rng=1, stoppers=rule)
    state = state_of(result.run_dir)
    assert state.retention.look_back == 171
    assert max(one.trajectory.keep for one in state.optimizers.values()) == 171


@pytest.mark.usefixtures("cramped")
def test_what_could_not_be_written_is_in_no_snapshot(monkeypatch):
    appended = Journal.append

    def full(self, events):
        if self.appended > 20_000:
            raise StoreError("no space left on the device")
        appended(self, events)

    monkeypatch.setattr(Journal, "append", full)
    with pytest.raises(StoreError, match="no space left"):
        glompo.minimize(Rastrigin(3), BOX, max_evaluations=5000, working_dir="run", **USUAL)
    assert same(state_of(Path("run")), folded("run"))
    assert not [one for one in threading.enumerate() if "snapshot" in one.name]


@pytest.mark.usefixtures("cramped")
def test_a_run_goes_on_although_snapshots_cannot_be_written(caplog):
    Path("run").mkdir()
    Path("run/snapshots").write_text("a file in its place")
    result = glompo.minimize(Rastrigin(3), BOX, max_evaluations=600, working_dir="run", **USUAL)
    assert result.nfev == 600
    assert "the run needs no snapshot" in caplog.text
    assert state_of(Path("run")).calls == 600


LONG = """
import resource, sys
import glompo
from glompo.optimizers import RandomSampling
n = int(sys.argv[1])
result = glompo.minimize(
    lambda x: float(x[0]), [(-5, 5)] * 10, optimizers=[RandomSampling()], stoppers=(), max_evaluations=n, max_jobs=1,
    rng=1, working_dir=sys.argv[2],
)
assert result.nfev == n
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


def peak_of(n, name):
    command = [sys.executable, "-c", LONG, str(n), name]
    return int(subprocess.run(command, capture_output=True, check=True, text=True, env=os.environ).stdout)


@pytest.mark.chaos
def test_a_million_cheap_evaluations_need_the_memory_of_a_hundred_thousand():
    few, many = peak_of(100_000, "few"), peak_of(1_000_000, "many")
    assert many - few < 24 * 2**20  # all columns would be 108 MB more
    position = shortcut(Path("many"))[1]
    assert position > START
    assert same(state_of(Path("many")), folded("many"))
    path = load("many").view[1].trajectory
    assert len(path.rows()) == len(path)
    np.testing.assert_array_equal(np.minimum.accumulate(path.f), path.best_f)

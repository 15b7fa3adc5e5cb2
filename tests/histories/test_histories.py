"""Old journals are read by this version, and mean what they meant."""

import json
import shutil
from pathlib import Path

import pytest

from glompo.events import EVENTS
from glompo.storage.journal import Journal
from glompo.storage.reader import read_events
from glompo.storage.segments import segment_path

from .made import HERE, amounts_to

GOLDEN = sorted(HERE.glob("*.journal"))


@pytest.fixture
def run_dir(request, tmp_path):
    """Return a run directory with a copy of the golden journal."""
    segment = segment_path(tmp_path, 1)
    segment.parent.mkdir()
    shutil.copy(request.param, segment)
    return tmp_path


BY_NAME = pytest.mark.parametrize("run_dir", GOLDEN, ids=lambda path: path.stem, indirect=True)


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_a_golden_history_amounts_to_what_it_did(path, tmp_path):
    segment = segment_path(tmp_path, 1)
    segment.parent.mkdir()
    shutil.copy(path, segment)
    told = json.loads(path.with_suffix(".json").read_text())
    assert json.loads(json.dumps(amounts_to(read_events(tmp_path)))) == told


@BY_NAME
def test_a_golden_history_can_be_gone_on_with(run_dir):
    before = list(read_events(run_dir))
    with Journal.open(run_dir, durability="none") as journal:
        assert journal.dropped_bytes == 0
        journal.append(before[-1:])
    assert list(read_events(run_dir)) == [*before, before[-1]]


def test_the_histories_hold_the_usual_events():
    held = {kind for path in GOLDEN for kind in json.loads(path.with_suffix(".json").read_text())["events"]}
    foundation = {
        "RunOpened", "SessionOpened", "SessionClosed", "StartRequested", "Started", "Restored", "Granted", "Evaluated",
        "Noted", "IncumbentSent", "IncumbentTaken", "PauseRequested", "Paused", "ResumeRequested", "Resumed", "Judged",
        "StopRequested", "Escalated", "Stopped", "EndRequested", "RunFinished", "Repaired", "SaveRequested", "Saved",
        "NotSaved", "CheckpointBegun", "CheckpointTaken", "CheckpointClosed", "Loaded", "Recovered", "Diverged",
        "ReturnedToRest",
    }  # fmt: skip
    assert foundation <= held
    assert foundation <= {event.__name__ for event in EVENTS}


def test_the_golden_files_are_small():
    assert sum(path.stat().st_size for path in HERE.iterdir() if path.suffix in (".journal", ".json")) < 300_000


def test_each_history_has_its_meaning():
    assert len(GOLDEN) >= 6
    assert {path.with_suffix(".json") for path in GOLDEN} == set(HERE.glob("*.json"))
    assert Path(__file__).parent == HERE

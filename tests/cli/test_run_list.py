"""glompo list and glompo clean."""

import json
from pathlib import Path

import pytest

import glompo as library
from glompo.manager import manager as managing
from glompo.optimizers import RandomSampling

BOX = [(-1, 1)]


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """Return the directories of a short run, a longer one, and one with a name; and make them the place to be."""
    monkeypatch.chdir(tmp_path / "elsewhere")

    def run(**settings):
        return library.minimize(lambda x: x[0] ** 2, BOX, optimizers=RandomSampling, max_jobs=1, **settings).run_dir

    short = run(max_evaluations=5, label="first")
    monkeypatch.setattr(managing, "SHORT_SECONDS", -1.0)
    longer = run(max_evaluations=7)
    return short, longer, run(max_evaluations=9, working_dir="fits/mine").absolute()


@pytest.fixture
def elsewhere(glompo, runs):
    return glompo


def test_a_list_has_a_line_for_each_run_with_name_state_evaluations_best_and_when(elsewhere, runs):
    heading, *lines = elsewhere("list").stdout.splitlines()
    assert heading.split() == ["run", "state", "evaluations", "best", "begun", "label", "or", "task"]
    assert len(lines) == 3
    [short] = [line for line in lines if "first" in line]
    assert "finished" in short
    assert " 5 " in short
    assert runs[0].name in short
    assert sum("fits/mine" in line for line in lines) == 1


def test_a_list_for_programs_and_of_one_directory(elsewhere, runs):
    [one] = json.loads(elsewhere("list", "fits", "--json").stdout)
    assert (one["status"], one["calls"], one["run_dir"]) == ("finished", 9, "fits/mine")
    assert len(elsewhere("list", runs[0]).stdout.splitlines()) == 2
    assert elsewhere("list", "nowhere").returncode == 2


def test_a_damaged_run_is_listed_as_such(elsewhere, runs):
    segment = runs[0] / "journal" / "000001.seg"
    data = bytearray(segment.read_bytes())
    data[200:210] = b"x" * 10
    segment.write_bytes(data)
    assert "unreadable" in elsewhere("list").stdout


def test_clean_removes_short_runs_and_more_if_asked_but_never_one_with_a_name(elsewhere, runs):
    told = elsewhere("clean", "--all", "--dry-run").stdout
    assert all(name in told for name in (runs[0].name, runs[1].name, "2 runs would be removed"))
    assert all(run.exists() for run in runs)
    assert "1 run removed; kept: 1 with a name of their own, 1 finished" in elsewhere("clean").stdout
    assert [run.exists() for run in runs] == [False, True, True]
    assert "1 run removed" in elsewhere("clean", "--finished").stdout
    assert [run.exists() for run in runs] == [False, False, True]
    assert not [*Path("glompo_runs").iterdir()]
    assert "0 runs removed" in elsewhere("clean").stdout

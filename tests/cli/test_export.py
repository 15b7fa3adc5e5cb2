"""``glompo export``: what there is beside the table of evaluations."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def run_dir(inside, project):
    assert inside("run", project.config("max_evaluations = 20"))[0] == 0
    return project.run_dir


def test_decisions_go_into_a_file_or_to_the_standard_output(inside, run_dir, tmp_path):
    path = tmp_path / "decisions.jsonl"
    code, told, errors = inside("export", run_dir, "--decisions", path)
    assert (code, told, errors) == (0, f"{path}\n", "")
    code, told, _ = inside("export", run_dir, "--decisions", "-")
    assert told == path.read_text()
    assert json.loads(told.splitlines()[0])["what"] == "start"


def test_a_study_of_optuna_gets_the_run(inside, run_dir, tmp_path):
    code, told, errors = inside("export", run_dir, "--optuna", tmp_path / "study.log")
    assert (code, errors) == (0, "")
    assert told.startswith("bowls:bowl ")


def test_only_one_of_them_is_written_at_a_time(inside, run_dir, tmp_path):
    code, told, errors = inside("export", run_dir, tmp_path / "a.csv", "--decisions", "-")
    assert (code, told) == (2, "")
    assert "give one of PATH, --decisions and --optuna" in errors

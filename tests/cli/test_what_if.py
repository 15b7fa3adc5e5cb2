"""``glompo whatif``: one run in words, several in a table, all for programs; and what it refuses."""

from __future__ import annotations

import json

import pytest

STOPPED = """
max_evaluations = 120
rng = 3
deterministic = true
optimizers = ["RandomSampling", "RandomSampling"]

[[stoppers]]
type = "MaxFuncCalls"
max_pts = 30
"""

UNSTOPPED = STOPPED.partition("[[")[0] + "stoppers = []\n"


@pytest.fixture
def run_dir(inside, project):
    """Return the directory of a run in which optimizers were stopped after 30 evaluations."""
    assert inside("run", project.config(STOPPED))[0] == 0
    return project.run_dir


def test_the_rules_of_the_run_differ_in_no_decision(inside, run_dir):
    for rules in ([], ["--stoppers", "MaxFuncCalls(30)"]):
        code, told, errors = inside("whatif", run_dir, *rules)
        assert (code, errors) == (0, "")
        assert "no decision differs" in told


def test_the_first_difference_is_told_in_words(inside, run_dir):
    code, told, _ = inside("whatif", run_dir, "--stoppers", "MinFuncCalls(1) & MaxFuncCalls(15)")
    assert code == 0
    assert "first difference" in told
    assert "would be stopped because" in told
    assert "MaxFuncCalls(max_pts=15): 20 calls, 15 are allowed" in told


def test_several_runs_and_rules_give_a_table(inside, project, run_dir):
    other = project.folder / "other"
    assert inside("run", project.config(UNSTOPPED), "--working-dir", other)[0] == 0
    rules = ["--stoppers", "MaxFuncCalls(30)", "--stoppers", "none"]
    code, told, _ = inside("whatif", run_dir, other, *rules)
    head, first, second = told.splitlines()
    assert (code, " ".join(head.split())) == (0, "runs differ evaluations saved at most incumbents lost rules")
    assert first.split()[:3] == ["2", "1", "240"]
    assert second.split()[:3] == ["2", "1", "240"]
    assert second.split()[3:] == ["0", "(0%)", "0", "none"]


def test_programs_get_json(inside, run_dir):
    rules = ["--stoppers", "MaxFuncCalls(15)", "--stoppers", "MaxFuncCalls(30)"]
    code, told, _ = inside("whatif", run_dir, "--json", *rules)
    differ, same = json.loads(told)
    assert (code, differ["rules"], differ["runs"], differ["differ"]) == (0, "MaxFuncCalls(15)", 1, 1)
    [comparison] = differ["comparisons"]
    first = comparison["differences"][0]
    assert (first["stops"], first["opt_evaluation"]) == (True, 20)
    assert first["verdict"] == {"fired": True, "rule": "MaxFuncCalls(max_pts=15)",
                                "why": "20 calls, 15 are allowed", "parts": [], "short": "",
                                "guard": False}  # fmt: skip
    assert differ["saved"] == comparison["saved"] == sum(one["saved"] for one in comparison["differences"]) > 0
    assert (same["differ"], same["saved"], same["comparisons"][0]["differences"]) == (0, 0, [])


def test_a_stopper_of_the_users_own_is_named_by_its_import_path(inside, run_dir, project, monkeypatch):
    monkeypatch.chdir(project.folder)
    code, told, errors = inside("whatif", run_dir, "--stoppers", "bowls:Impatient(after=20) | MaxFuncCalls(30)")
    assert (code, errors) == (0, "")
    assert "would be stopped because Impatient(after=20): it answered True" in told


@pytest.mark.parametrize(
    ("rules", "complaint"),
    [
        ("MaxFuncCals(30)", "there is no stopper 'MaxFuncCals'; did you mean 'MaxFuncCalls'?"),
        ("MaxFuncCalls(calls=30)", "has no setting 'calls'; it has max_pts"),
        ("MaxFuncCalls(30", "the rules 'MaxFuncCalls(30' cannot be read"),
        ("TimeLimit(30)", "TimeLimit is an exit condition, which answers for the run"),
        ("nowhere:Stopper", "nowhere"),
    ],
)
def test_rules_that_are_none_are_bad_input(inside, run_dir, rules, complaint):
    code, told, errors = inside("whatif", run_dir, "--stoppers", rules)
    assert (code, told) == (2, "")
    assert complaint in errors


def test_a_rule_that_fails_is_a_failure_and_a_directory_without_a_run_bad_input(inside, run_dir, project, monkeypatch):
    monkeypatch.chdir(project.folder)
    code, _, errors = inside("whatif", run_dir, "--stoppers", "bowls:Faulty")
    assert code == 1
    assert "Faulty() raised ValueError: it was never tried" in errors
    code, _, errors = inside("whatif", run_dir, project.folder)
    assert code == 2
    assert "holds no run" in errors

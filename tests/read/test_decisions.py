"""The decisions of a run as JSON lines."""

from __future__ import annotations

import json

import pytest

from glompo.errors import UserError
from glompo.events import Asked, PauseRequested, StopRequested
from glompo.events.verdict import Verdict
from glompo.read import decisions, to_decisions
from glompo.testing.histories import history

from .runs import finish, record

TREE = Verdict(True, "(A(1) | B(2))", parts=(Verdict(False, "A(1)", "3 of 5"), Verdict(True, "B(2)", "7 > 2")))


@pytest.fixture
def run_dir(tmp_path):
    run = history()
    first, second = run.start("Alpha", regime="local"), run.start("Beta")
    run.evaluate(first, [3.0, 2.0])
    run.judge(first)
    run.happen(Asked(run.now, "pause", "me@home", second))
    run.happen(PauseRequested(run.now, second, "user", Verdict(True, "user", "asked")))
    run.happen(StopRequested(run.now, first, "stopper", TREE))
    return record(tmp_path, finish(run))


def test_each_line_is_a_decision_with_the_numbers_of_its_rules(run_dir, tmp_path):
    path = to_decisions(run_dir, tmp_path / "out" / "decisions.jsonl")
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert lines == list(decisions(run_dir))
    whats = ["start", "start", "go on", "asked", "pause", "stop", "end the run"]
    assert [line["what"] for line in lines][:7] == whats
    assert lines[-1]["what"] == "finished"
    start, judged, asked, stop = lines[0], lines[2], lines[3], lines[5]
    assert (start["optimizer"], start["label"], start["regime"], start["why"]) == (1, "Alpha", "local", "by hand")
    assert (judged["optimizers"], judged["evaluations"]) == ([1], [2])
    assert (asked["request"], asked["by"], asked["optimizer"]) == ("pause", "me@home", 2)
    assert (stop["optimizer"], stop["by"], stop["rule"], stop["why"]) == (1, "stopper", "(A(1) | B(2))", "B(2): 7 > 2")
    assert stop["verdict"] == {
        "fired": True,
        "rule": "(A(1) | B(2))",
        "why": "",
        "parts": [
            {"fired": False, "rule": "A(1)", "why": "3 of 5"},
            {"fired": True, "rule": "B(2)", "why": "7 > 2"},
        ],
    }


def test_a_name_of_another_format_and_a_directory_without_a_run_are_refused(run_dir, tmp_path):
    with pytest.raises(UserError, match="not in JSON lines"):
        to_decisions(run_dir, tmp_path / "decisions.csv")
    with pytest.raises(UserError, match="holds no run"):
        decisions(tmp_path / "journal")


def test_the_times_are_those_of_the_record(run_dir):
    told = [decision["time"] for decision in decisions(run_dir)]
    assert told == sorted(told)

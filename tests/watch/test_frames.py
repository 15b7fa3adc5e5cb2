"""One frame of a run as plain text: for any run, whatever became of it, and without the library of the display."""

from __future__ import annotations

import re

import numpy as np
import pytest

from glompo.core.state.snapshot import dump
from glompo.errors import UserError
from glompo.events import SessionClosed
from glompo.read import Recording, load
from glompo.read.course import Course
from glompo.storage.journal import Journal
from glompo.storage.reader import state_and_end
from glompo.storage.snapshots import save
from glompo.testing.histories import history
from glompo.watch import frame, panels
from glompo.watch.curve import drawn

from ..cli.conftest import glompo, inside, project
from ..read.runs import SPENT, finish, mixed, record

__all__ = ["glompo", "inside", "project"]


def test_a_finished_run_on_one_small_screen(tmp_path):
    told = frame(record(tmp_path, mixed(), task="bowl", label="first try"), 80, 24)
    lines = told.splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith("first try, bowl: finished 0:0")
    assert "4 of 4" not in lines[2]
    assert lines[2].endswith("; 4 slots")
    for name in ("Alpha", "Beta", "Gamma", "Delta"):
        assert name in told
    assert "no luck" in told
    assert "best so far, over 9 evaluations" in told
    assert f"finished: {SPENT.reason()}" in told


def test_a_killed_run_says_so(tmp_path):
    run = history(slots=1)
    run.evaluate(run.start(), [3.0, 2.0])
    assert ": killed 0:00:02" in frame(record(tmp_path, run))


def test_a_suspended_run_says_so(tmp_path):
    run = history(slots=1)
    run.start()
    run.happen(SessionClosed(run.now, "interrupted"))
    told = frame(record(tmp_path, run))
    assert ": suspended" in told
    assert "no value yet" in told


def test_a_run_that_has_not_begun_says_so(tmp_path):
    Journal.create(tmp_path, durability="none").close()
    assert "nothing has been recorded" in frame(tmp_path)


def test_a_directory_without_a_run_is_refused(tmp_path):
    with pytest.raises(UserError, match="holds no run"):
        frame(tmp_path)


def test_foreign_text_does_no_harm(tmp_path):
    run = history()
    run.crash(run.start("Bad\x1b[2JName"), "ValueError: \x1b]0;gone\x07")
    told = frame(record(tmp_path, finish(run), task="t\x1b[31m", label="\x1b[2J"), 300, 40)
    assert "\x1b" not in told
    assert "\x07" not in told
    assert "Bad\\x1b[2JName" in told


def test_failures_are_told_by_cause(tmp_path):
    run = history()
    run.evaluate(run.start(), [np.nan, 1.0, np.nan])
    assert "2 failed: " in frame(record(tmp_path, run))


def test_the_course_is_that_of_the_run(tmp_path):
    course, best = Course(), load(record(tmp_path, mixed())).best_so_far()
    Recording(tmp_path, course.take).poll()
    steps = np.flatnonzero(best.value < np.concatenate([[np.inf], best.value[:-1]]))
    assert [step.number for step in course.steps] == (steps + 1).tolist()
    assert [step.value for step in course.steps] == best.value[steps].tolist()
    assert [step.seconds for step in course.steps] == best.seconds[steps].tolist()
    assert course.evaluations == len(best.value)


def test_one_frame_of_a_long_run_has_all_of_its_state(tmp_path, monkeypatch):
    run = history()
    opt = run.start()
    for n in range(500):
        run.evaluate(opt, float(n))
    monkeypatch.setattr(panels, "OPENING", 0.0)
    assert "500 evaluations" in frame(record(tmp_path, run))
    save(tmp_path, state_and_end(tmp_path)[1], dump(run.state))
    told = frame(tmp_path)
    assert "500 evaluations" in told
    assert re.search(r"best so far, over the first \d+ of 500 evaluations", told)
    assert "takes longer to read" in told


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([5.0], ["5", "5"]),
        ([1e300, -1e300], ["1e+300", "-1e+300"]),
        ([1.7e308, -1.7e308], ["1.7e+308", "-1.7e+308"]),
        ([1e6, 1.0], ["1000000", "1"]),
    ],
)
def test_a_curve_goes_from_the_first_value_to_the_last(values, labels):
    lines = drawn(list(range(1, len(values) + 1)), values, 10.0, 40, 5)
    assert len(lines) == 5
    assert all(len(line) == 40 for line in lines)
    assert [lines[0].split()[0], lines[-1].split()[0]] == labels


def test_a_curve_falls_and_stays():
    top, *_, bottom = (line[14:] for line in drawn([1.0, 5.0], [2.0, 1.0], 10.0, 32, 4))
    assert top[0] != " "
    assert top.strip() == top.rstrip()
    assert bottom.rstrip() == bottom
    assert bottom[0] == " "


def test_a_curve_without_room_or_value_is_none():
    assert drawn([1.0], [1.0], 1.0, 10, 4) == []
    assert drawn([], [], 0.0, 40, 3)[0] == "no value yet"


def test_the_command_prints_a_frame_and_leaves(inside, project):
    assert inside("run", project.config("max_evaluations = 40"))[0] == 0
    code, told, errors = inside("watch", project.run_dir, "--once")
    assert (code, errors) == (0, "")
    assert "bowls:bowl: finished" in told
    code, told, errors = inside("watch", project.folder, "--once")
    assert (code, told) == (2, "")
    assert "holds no run" in errors


def test_without_the_library_of_the_display_a_frame_is_printed_all_the_same(inside, tmp_path, monkeypatch):
    import sys

    record(tmp_path, mixed())
    for name in [name for name in sys.modules if name.startswith(("textual", "glompo.watch.app", "glompo.watch.dia"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "textual", None)
    code, told, _ = inside("watch", tmp_path, "--once")
    assert (code, "finished" in told) == (0, True)
    code, told, errors = inside("watch", tmp_path)
    assert (code, told) == (2, "")
    assert "pip install 'glompo[watch]'" in errors
    assert "--once" in errors

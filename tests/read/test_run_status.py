"""Where a run stands is said in the same words everywhere: of runs that live, died, failed, were copied or cut."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time

import pytest

import glompo
from glompo.cli.inspection import status_json, status_text
from glompo.errors import GlompoError, TaskFailedError, UserError
from glompo.read import Follower, load
from glompo.read.history import open_run
from glompo.show.html.report import report_page
from glompo.watch import frame

EVIL = "<script>document.title='taken'</script>"

PATIENCE = 60.0

RUN = f"""
import sys, time
import glompo
from glompo.optimizers import RandomSampling

def task(x):
    time.sleep(0.005)
    return float(x[0] ** 2)

task.__qualname__ = task.__name__ = "{EVIL}"
glompo.minimize(
    task, [(-5.0, 5.0)], optimizers=RandomSampling(iters=10**6, label="{EVIL}"), max_jobs=2, max_evaluations=10**6,
    working_dir=sys.argv[1], progress=False, rng=1,
)
"""


def calls(run_dir):
    try:
        return load(run_dir).view.calls
    except GlompoError:  # there is nothing to read yet
        return 0


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Return what displays say of a run that lives, of copies and a checkpoint of it, and after it was killed."""
    folder = tmp_path_factory.mktemp("runs")
    living = folder / "living"
    said = {}
    with subprocess.Popen([sys.executable, "-c", RUN, str(living)]) as process:
        try:
            end = time.monotonic() + PATIENCE
            while calls(living) < 30:
                assert process.poll() is None
                assert time.monotonic() < end
                time.sleep(0.02)
            said["running"] = told(living)
            glompo.control(living).checkpoint()
            while not (files := list((living / "checkpoints").glob("*.zip"))):
                assert time.monotonic() < end
                time.sleep(0.02)
            shutil.copytree(living, folder / "copy")
            said["copied"] = told(folder / "copy")
            said["checkpoint"] = told(files[0])
        finally:
            process.kill()
    said["killed"] = told(living)
    shutil.copytree(living, folder / "copy of a dead one")
    said["killed copy"] = told(folder / "copy of a dead one")
    return said


def told(path):
    """Return the word for programs, and what status, page, terminal and dashboard say."""
    from glompo.dashboard.followed import FollowedRun
    from glompo.dashboard.markup import facts

    with open_run(path) as history:
        found = {"": str(history.standing), "page": report_page(history), "repr": repr(history)}
    found |= {"json": json.loads(status_json(path))["standing"], "status": status_text(path)}
    if path.is_dir():
        run = FollowedRun(path)
        while run.poll():
            pass
        found |= {"watch": frame(path), "dashboard": facts(run)}
    return found


@pytest.mark.parametrize(
    ("run", "value", "message"),
    [
        ("running", "running", "the run goes on"),
        ("copied", "copied", "this directory is a copy, made before the run was over"),
        ("checkpoint", "checkpoint", "the run as it was when checkpoint 1 was made"),
        ("killed", "killed", "the process of the run died before the run was over"),
        ("killed copy", "killed", "the process of the run died before the run was over"),
    ],
)
def test_all_displays_say_the_same_of_a_run_that_is_not_over(runs, run, value, message):
    said = runs[run]
    assert (said[""], said["json"]) == (value, value)
    for where in said.keys() - {"", "json"}:
        assert value in said[where], where
    assert f">{value}</span></dd>" in said["page"]
    assert message in said["page"]
    assert message in said["status"]
    if run != "running":
        assert "goes on" not in said["page"].partition("</header>")[0]
        assert '<td data-name="end">alive' not in said["page"]
        assert "suspended: it may go on when the run is resumed" in said["page"]
        assert all("suspended" in said[where] for where in said.keys() & {"watch", "dashboard", "status"})


def test_what_names_say_is_text_on_the_page(runs):
    for run, said in runs.items():
        assert EVIL not in said["page"], run
        assert said["page"].count(EVIL.replace("<", "&lt;").replace(">", "&gt;").replace("'", "&#x27;")) >= 2


def refuse(x):
    raise ValueError("no licence")


def test_a_run_that_ended_since_its_task_fails_has_failed(tmp_path):
    with pytest.raises(TaskFailedError) as failed:
        glompo.minimize(refuse, [(0, 1)], max_evaluations=40, rng=1, working_dir=tmp_path / "run", max_jobs=1)
    assert (failed.value.result.status, failed.value.result.success) == ("failed", False)
    said = told(tmp_path / "run")
    assert (said[""], said["json"]) == ("failed", "failed")
    assert ">failed</span></dd>" in said["page"]
    assert all("failed" in said[where] for where in ("watch", "dashboard", "repr"))


def test_a_run_without_a_value_has_failed_and_says_so(tmp_path):
    result = glompo.minimize(
        lambda x: float("inf"), [(0, 1)], max_evaluations=5, rng=1, working_dir=tmp_path / "run", max_jobs=1
    )
    assert (result.status, result.success) == ("failed", False)
    assert "no evaluation gave a finite value" in result.message


def test_a_dead_run_of_which_nothing_is_left_is_to_be_started_anew(tmp_path):
    from glompo.dashboard.followed import FollowedRun
    from glompo.dashboard.markup import facts

    run_dir = tmp_path / "run"
    settings = {"max_evaluations": 10, "rng": 1, "working_dir": run_dir, "max_jobs": 1}
    glompo.minimize(lambda x: x @ x, [(0, 1)], **settings)
    first, *others = sorted((run_dir / "journal").glob("*.seg"))
    for part in others:
        part.unlink()
    with first.open("r+b") as file:
        file.truncate(20)
    advice = f"nothing has been recorded of the run in {run_dir}, and no process works on it; start it anew"
    with pytest.raises(UserError, match=advice):
        load(run_dir)
    assert not Follower(run_dir).begun
    run = FollowedRun(run_dir)
    run.poll()
    assert advice in facts(run)
    assert advice in frame(run_dir)
    again = glompo.minimize(lambda x: x @ x, [(0, 1)], **settings, overwrite_existing=True)
    assert again.status == "finished"

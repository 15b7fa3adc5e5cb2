"""``glompo resume``: what a configuration began goes on from the run directory alone."""

from __future__ import annotations

import json
import shutil
import signal

import pytest

import glompo as library
from glompo.cli.config import assignments, changed
from glompo.cli.inspection import status_json
from glompo.errors import SettingError
from glompo.storage.toml import toml_of

SETTINGS = """
rng = 3
deterministic = true
exit_conditions = [{ type = "MaxTotalFunctionCalls", n = 150 }]

[[optimizers]]
type = "CMAOptimizer"
sigma0 = 0.3

[[optimizers]]
type = "RandomSampling"

[[stoppers]]
type = "BestUnmoving"
calls = 60
"""


def test_a_run_goes_on_from_its_directory_alone_with_a_larger_budget(glompo, project):
    assert glompo("run", project.config(SETTINGS)).returncode == 0
    (project.folder / "fit.toml").unlink()
    moved = project.run_dir.with_name("moved")
    project.run_dir.rename(moved)

    resumed = glompo("resume", moved, "--set", "exit_conditions.1.n=300", "--set", "stopper_interval=5")
    assert (resumed.returncode, resumed.stderr.count("Traceback")) == (0, 0)
    assert "nfev: 300\n" in resumed.stdout
    again = glompo("resume", moved)  # with what was set before
    assert again.returncode == 0
    assert "nfev: 300\n" in again.stdout
    assert "300 of 300 calls used" in again.stdout


def test_a_killed_run_goes_on_and_ends_as_if_nothing_had_happened(launch, glompo, project):
    run = launch("run", project.config(SETTINGS), gated=True)
    run.let_pass(90)
    run.await_evaluations(90)
    run.process.send_signal(signal.SIGKILL)
    run.await_end()
    assert glompo("resume", project.run_dir).returncode == 0
    resumed = json.loads(status_json(project.run_dir))

    shutil.rmtree(project.run_dir)
    assert glompo("run", project.config(SETTINGS)).returncode == 0
    whole = json.loads(status_json(project.run_dir))
    facts = ("calls", "best_f", "best_x", "started")
    assert [resumed[fact] for fact in facts] == [whole[fact] for fact in facts]


def test_a_run_that_left_upon_a_signal_is_resumed_by_the_same_command_that_the_queue_repeats(launch, glompo, project):
    config = project.config(f"{SETTINGS}\n".replace("rng = 3", 'rng = 3\nresume = "auto"'))
    run = launch("run", config, gated=True)
    run.let_pass(40)
    run.await_evaluations(40)
    run.process.send_signal(signal.SIGTERM)
    run.let_pass(10)
    assert run.await_end()[0] == 75
    again = glompo("run", config)
    assert again.returncode == 0
    assert "nfev: 150\n" in again.stdout


def test_what_cannot_be_resumed_is_refused_with_the_way_out(inside, project, tmp_path):
    nowhere = inside("resume", tmp_path)
    assert nowhere[0] == 2
    assert "holds no run" in nowhere[2]

    made = library.minimize(lambda x: float(x @ x), [(-1, 1)], max_evaluations=5, working_dir=tmp_path / "python")
    code, _, errors = inside("resume", made.run_dir)
    assert code == 2
    assert "was started from Python" in errors
    assert f"working_dir='{made.run_dir}' and resume='must'" in errors

    assert inside("run", project.config("max_evaluations = 20"))[0] == 0
    bounds = inside("resume", project.run_dir, "--set", "bounds=[[0, 1], [0, 1]]")
    assert (bounds[0], "other bounds" in bounds[2]) == (2, True)
    elsewhere = inside("resume", project.run_dir, "--set", "working_dir=there")
    assert (elsewhere[0], "cannot change working_dir" in elsewhere[2]) == (2, True)
    unknown = inside("resume", project.run_dir, "--set", "max_evals=3")
    assert (unknown[0], "max_evaluations=1000" in unknown[2]) == (2, True)


def test_a_run_that_is_alive_is_not_resumed(launch, glompo, project):
    run = launch("run", project.config("max_evaluations = 30"), gated=True)
    run.let_pass(5)
    run.await_evaluations(5)
    refused = glompo("resume", project.run_dir)
    assert (refused.returncode, "is writing to" in refused.stderr) == (2, True)


DOCUMENT = {
    "a": 1, "b": [1.5, -2.0, float("inf"), float("-inf"), 1e-300], "c": True, "text": 'quo"te\n\\ \x7f \x00 σ',
    "list": [{"type": "X", "odd key": [], "dotted.key": {"deep": False}}, "y"], "empty": {}, "": 0,
}  # fmt: skip


def test_what_is_written_as_toml_is_read_back():
    import tomllib

    assert tomllib.loads(toml_of(DOCUMENT)) == DOCUMENT
    with pytest.raises(TypeError, match="None"):
        toml_of({"a": None})


def test_dotted_keys_lead_into_tables_and_lists():
    document = {"a": {"b": 1}, "rules": [{"n": 1}, {"n": 2}]}
    given = assignments(["a.b=2", "rules.2.n=[1, 2]", "new=text", "a.c = 'x'"], "--set")
    assert changed(document, given) == {"a": {"b": 2, "c": "x"}, "rules": [{"n": 1}, {"n": [1, 2]}], "new": "text"}
    assert document["a"] == {"b": 1}
    for key, complaint in (("rules.3.n", "a list of 2"), ("b.c", "it has a, rules"), ("a.b.c", "it is 1")):
        with pytest.raises(SettingError, match=complaint):
            changed(document, {key: 0})
    with pytest.raises(SettingError, match="give name=value"):
        assignments(["x"], "--set")

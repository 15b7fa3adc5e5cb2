"""Runs that are watched, interrupted and killed while they go on."""

from __future__ import annotations

import csv
import io
import json
import signal
from itertools import pairwise

import pytest

from glompo.cli.inspection import status_json, status_text

RECENT = 0.1
"""Seconds before its death that a killed run may lose."""

FOREVER = """
rng = 1
stoppers = []
exit_conditions = [{ type = "TimeLimit", seconds = 1000 }]
"""

ENDLESS = f"""
{FOREVER}
optimizers = ["RandomSampling", "RandomSampling"]
"""


def exported(text):
    """Return point and value of each evaluation in the exported text."""
    rows = csv.DictReader(io.StringIO(text))
    return [([float(row["x0"]), float(row["x1"])], float(row["value"])) for row in rows]


def killed(launch, glompo, project, after, settings=""):
    """Return a run that was killed after some evaluations, and what is on record of it."""
    run = launch("run", project.config(settings + ENDLESS))
    run.await_evaluations(after)
    run.process.send_signal(signal.SIGKILL)
    assert run.await_end()[0] == -signal.SIGKILL
    return run, exported(glompo("export", project.run_dir, "--csv", "-").stdout)


def by_optimizer(reports):
    """Return the evaluations of each optimizer: each has a thread of its own."""
    return [[one for one in reports if one.thread == thread] for thread in {one.thread for one in reports}]


def due(reports):
    """Return what must have been recorded when the process died.

    What the task reported is over for the run only when the task has returned, which is certain when the next one
    begins in the same thread.
    """
    death = max(one.begun for one in reports)
    followed = [pair for same in by_optimizer(reports) for pair in pairwise(same)]
    return [(one.x, one.fx) for one, following in followed if following.begun < death - RECENT]


KILLS = [
    *(("none", after) for after in (1, 40, 700)),
    # 'batch' is the default; the busy task in two threads may keep the interpreter lock from the manager for longer
    *(pytest.param("batch", after, marks=pytest.mark.chaos) for after in range(1, 2001, 20)),
]


@pytest.mark.parametrize(("durability", "after"), KILLS)
def test_a_killed_run_has_recorded_every_evaluation_but_those_of_its_last_instant(
    glompo, launch, project, durability, after
):
    run, rows = killed(launch, glompo, project, after, f'durability = "{durability}"')
    assert [row for row in due(run.evaluations) if row not in rows] == []


def test_of_what_a_killed_run_has_recorded_nothing_is_missing_in_between_and_nothing_is_made_up(
    glompo, launch, project
):
    run, rows = killed(launch, glompo, project, 300)
    made = [(one.x, one.fx) for one in run.evaluations]
    assert [row for row in rows if row not in made] == []
    assert len(rows) == len({tuple(x) for x, _ in rows})
    for one in by_optimizer(run.evaluations):
        recorded = [(each.x, each.fx) in rows for each in one]
        assert recorded == sorted(recorded, reverse=True)

    status = json.loads(glompo("status", project.run_dir, "--json").stdout)
    assert (status["standing"], status["calls"]) == ("killed", len(rows))
    assert status["best_f"] == min(fx for _, fx in rows)


def test_after_a_kill_the_directory_can_be_looked_at_and_is_not_overwritten(glompo, launch, project):
    run = launch("run", project.config(ENDLESS))
    run.await_status(project.run_dir, lambda status: status["calls"] >= 100)
    run.process.kill()
    run.await_end()
    told = status_text(project.run_dir)
    assert "killed" in told
    assert "the process of the run died before the run was over" in told
    assert "2 suspended" in told
    drawn = glompo("plot", project.run_dir).stdout.split()
    assert drawn == [str(project.run_dir / "exports" / f"{name}.png") for name in ("trajectories", "best")]

    again = glompo("run", project.config("max_evaluations = 10"))
    assert again.returncode == 2
    assert "holds another run" in again.stderr
    assert "--overwrite" in again.stderr

    anew = glompo("run", project.config("max_evaluations = 10"), "--overwrite")
    assert anew.returncode == 0
    [replaced] = (project.run_dir / "replaced").iterdir()
    assert json.loads(status_json(replaced))["calls"] >= 100


def test_a_living_run_can_be_looked_at_but_not_joined(glompo, launch, project):
    config = project.config("max_evaluations = 30\noptimizers = 'RandomSampling'")
    run = launch("run", config, gated=True)
    run.let_pass(20)
    run.await_evaluations(20)
    status = run.await_status(project.run_dir, lambda status: status["calls"] == 20)
    assert (status["standing"], status["budget"], status["started"]) == ("running", 30, 2)

    told = glompo("status", project.run_dir).stdout
    assert "running; 20 of 30 evaluations" in told
    assert "the run goes on" in told
    assert len(exported(glompo("export", project.run_dir, "--csv", "-").stdout)) == 20
    assert len(glompo("plot", project.run_dir).stdout.split()) == 2

    for second in (glompo("run", config), glompo("run", config, "--overwrite")):
        assert (second.returncode, second.stdout) == (2, "")
        assert f"process {run.process.pid} on " in second.stderr
        assert f"is writing to {project.run_dir}" in second.stderr

    run.open_gate()
    code, output, _ = run.await_end()
    assert code == 0
    assert "nfev: 30" in output
    assert len(run.evaluations) == 30
    assert json.loads(status_json(project.run_dir))["standing"] == "finished"


def test_ctrl_c_ends_the_run_in_order_and_prints_the_result(launch, project):
    run = launch("run", project.config(ENDLESS))
    run.await_evaluations(100)
    run.process.send_signal(signal.SIGINT)
    code, output, errors = run.await_end()
    assert code == 130
    best = min(one.fx for one in run.evaluations)
    assert f"fx: {best}\n" in output
    assert f"nfev: {len(run.evaluations)}\n" in output
    assert f"run_dir: {project.run_dir}\n" in output
    assert "the session ended before the run was over" in output
    assert "Traceback" not in errors

    status = json.loads(status_json(project.run_dir))
    assert (status["standing"], status["calls"], status["alive"]) == ("left", len(run.evaluations), 0)


def test_a_second_ctrl_c_does_not_wait_for_evaluations_under_way(launch, project):
    run = launch("run", project.config(ENDLESS), gated=True)
    run.let_pass(5)
    run.await_evaluations(5)
    run.await_status(project.run_dir, lambda status: status["calls"] == 5)
    run.process.send_signal(signal.SIGINT)
    stopping = run.await_status(project.run_dir, lambda status: status["optimizers"][0]["stopped_by"] is not None)
    assert stopping["standing"] == "running"
    run.process.send_signal(signal.SIGINT)
    code, output, errors = run.await_end()
    assert code == 130
    assert f"fx: {min(one.fx for one in run.evaluations)}\n" in output
    assert "nfev: 5\n" in output
    assert "Traceback" not in errors


@pytest.mark.parametrize("name", ["SIGTERM", "SIGUSR1"])
def test_what_a_batch_queue_sends_before_it_kills_ends_the_run_in_order_with_the_code_that_requeues(
    launch, project, name
):
    run = launch("run", project.config(ENDLESS))
    run.await_evaluations(100)
    run.process.send_signal(signal.Signals[name])
    code, output, errors = run.await_end()
    assert code == 75
    assert f"nfev: {len(run.evaluations)}\n" in output
    assert "Traceback" not in errors
    assert json.loads(status_json(project.run_dir))["standing"] == "left"


@pytest.mark.parametrize("optimizer", ["'RandomSampling'", "{ type = 'RandomSampling', workers = 2 }"])
def test_a_warning_and_then_sigterm_does_not_wait_for_evaluations_under_way(launch, project, optimizer):
    run = launch("run", project.config(f"{FOREVER}\noptimizers = [{optimizer}]"), gated=True)
    run.let_pass(5)
    run.await_evaluations(5)
    run.await_status(project.run_dir, lambda status: status["calls"] == 5)
    run.process.send_signal(signal.SIGUSR1)
    run.await_status(project.run_dir, lambda status: status["optimizers"][0]["stopped_by"] is not None)
    run.process.send_signal(signal.SIGTERM)
    code, output, errors = run.await_end()
    assert code == 75
    assert "nfev: 5\n" in output
    assert "Traceback" not in errors


def test_a_second_ctrl_c_ends_a_pool_whose_evaluations_hang(launch, project):
    config = project.config(f'{FOREVER}\noptimizers = ["RandomSampling"]\nevaluator = "pool"', task="bowls:hanging")
    run = launch("run", config)
    run.await_status(project.run_dir, lambda status: status["alive"] == 2)
    run.process.send_signal(signal.SIGINT)
    run.await_status(project.run_dir, lambda status: status["optimizers"][0]["stopped_by"] is not None)
    run.process.send_signal(signal.SIGINT)  # it may come when the session has just ended: the result is not lost
    code, output, errors = run.await_end()
    assert code == 130
    assert "run_dir: " in output
    assert "Traceback" not in errors


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 75), ("SIGUSR1", 75)])
def test_a_signal_before_the_run_begins_says_how_to_go_on_as_well(launch, project, name, code):
    (project.folder / "slow.py").write_text("import bowls, numpy\nbowls.bowl(numpy.ones(2))\nbowls.hanging(0)\n")
    run = launch("run", project.config(task="slow:task"))
    run.await_evaluations(1)  # the module of the task is being imported
    run.process.send_signal(signal.Signals[name])
    ended, output, errors = run.await_end()
    assert (ended, output, "Traceback" in errors) == (code, "", False)

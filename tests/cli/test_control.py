"""A living run is controlled from outside: by commands, from Python, by files."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

import glompo as library
from glompo.cli.inspection import status_json
from glompo.core.state.run_state import RunState
from glompo.core.state.snapshot import same
from glompo.errors import NotAliveError, RefusedError, UserError
from glompo.events import Asked, Evaluated, Event, PauseRequested, StartRequested, StopRequested
from glompo.manager import Control
from glompo.read import load
from glompo.storage.reader import read_events

ENDLESS = """
rng = 1
stoppers = []
exit_conditions = [{ type = "TimeLimit", seconds = 1000 }]
optimizers = ["RandomSampling", "RandomSampling"]
"""
BUDGETED = """
rng = 1
stoppers = []
max_evaluations = 100000
optimizers = ["RandomSampling", "RandomSampling"]
"""


def begun(launch, project, settings=ENDLESS, jobs=2):
    """Return a run that goes on, of a task that does not report: the reports are not read here."""
    run = launch("run", project.config(settings, task="bowls:quiet", jobs=jobs))
    run.await_status(project.run_dir, lambda status: status["calls"] > 20)
    return run


def recorded(project, kind):
    return [event for event in read_events(project.run_dir) if isinstance(event, kind)]


@pytest.mark.parametrize(("command", "code", "standing"), [("stop", 1, "finished"), ("suspend", 130, "left")])
def test_a_run_is_ended_or_suspended_by_a_command(launch, glompo, project, command, code, standing):
    run = begun(launch, project)
    told = glompo(command, project.run_dir)
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.startswith("The")
    ended, output, errors = run.await_end()
    assert (ended, "Traceback" in errors) == (code, False)
    status = json.loads(status_json(project.run_dir))
    assert status["standing"] == standing
    assert f"nfev: {status['calls']}\n" in output
    [asked] = recorded(project, Asked)
    assert "@" in asked.who


def test_single_optimizers_are_stopped_paused_and_unpaused(launch, project):
    run = begun(launch, project, jobs=3)
    control = library.control(project.run_dir)
    control.stop(1)
    control.pause(2)
    run.await_status(project.run_dir, lambda status: status["optimizers"][0]["how"] is not None)
    run.await_status(project.run_dir, lambda status: status["optimizers"][1]["phase"] == "paused")
    control.unpause(2)
    run.await_status(project.run_dir, lambda status: status["optimizers"][1]["phase"] == "running")
    with pytest.raises(RefusedError, match="optimizer 1 has ended already"):
        control.stop(1)
    with pytest.raises(RefusedError, match="there is no optimizer 99; there are 1 to"):
        control.pause(99)
    control.end()
    assert run.await_end()[0] == 1  # without success: it was ended by request
    stops = {event.opt: event for event in recorded(project, StopRequested)}
    assert (stops[1].by, stops[2].by) == ("user", "exit")
    pauses = [(event.opt, event.by) for event in recorded(project, PauseRequested)]
    assert pauses == [(2, "user"), (5, "slots")]  # the youngest makes room again


def test_files_in_the_working_directory_act_and_are_removed(launch, project):
    run = begun(launch, project)
    (project.run_dir / "STOP_1").touch()
    run.await_status(project.run_dir, lambda status: status["optimizers"][0]["stopped_by"] == "user")
    (project.run_dir / "CHKPT").touch()
    (project.run_dir / "STOP_77").touch()
    refused = project.run_dir / "inbox" / "refused" / "STOP_77"
    run.await_status(project.run_dir, lambda status: refused.exists())
    assert "there is no optimizer 77" in refused.with_name("STOP_77.reason.txt").read_text()
    (project.run_dir / "EXIT").touch()
    code, output, _ = run.await_end()
    assert code == 1
    assert "file EXIT asked to end the run" in output
    left = {path.name for path in project.run_dir.iterdir()} & {"STOP_1", "CHKPT", "EXIT", "STOP_77"}
    assert left == set()
    assert [asked.what for asked in recorded(project, Asked)] == ["stop", "checkpoint", "end"]


def test_what_is_no_request_is_set_aside_with_the_reason_and_the_run_goes_on(launch, project):
    run = begun(launch, project)
    inbox = project.run_dir / "inbox"
    inbox.mkdir(exist_ok=True)
    bad = {
        "a.json": "nonsense",
        "b.json": '{"what": "dance", "who": "me"}',
        "c.json": '{"what": "stop", "who": "me", "opt": "3"}',
        "d.json": '{"what": "end", "who": "me", "when": "now"}',
        "e.json": "[" * 100_000,
    }
    for name, text in bad.items():
        (inbox / f".{name}").write_text(text)
        (inbox / f".{name}").replace(inbox / name)
    run.await_status(project.run_dir, lambda status: all((inbox / "refused" / name).exists() for name in bad))
    reasons = {name: (inbox / "refused" / f"{name}.reason.txt").read_text() for name in bad}
    assert "a run knows no request 'dance'" in reasons["b.json"]
    assert all("no request" in reasons[name] or "longer" in reasons[name] for name in ("a.json", "c.json", "e.json"))
    library.control(project.run_dir).end()
    assert run.await_end()[0] == 1
    assert [asked.what for asked in recorded(project, Asked)] == ["end"]


def test_slots_and_budget_change_while_the_run_goes_on(launch, project):
    run = begun(launch, project, BUDGETED)
    control = library.control(project.run_dir)
    control.slots(4)
    run.await_status(project.run_dir, lambda status: status["alive"] == 4)
    control.slots(1)
    phases = ["running", "paused", "paused", "paused"]
    run.await_status(project.run_dir, lambda status: [one["phase"] for one in status["optimizers"]] == phases)
    control.slots(2)
    run.await_status(
        project.run_dir, lambda status: [one["phase"] for one in status["optimizers"]] == ["running"] * 2 + phases[2:]
    )
    with pytest.raises(RefusedError, match="slots is 0; give 1 or more"):
        control.slots(0)
    calls = run.await_status(project.run_dir, lambda status: True)["calls"] + 3000
    control.budget(calls)
    assert run.await_end()[0] == 0
    status = json.loads(status_json(project.run_dir))
    assert (status["calls"], status["budget"]) == (calls, calls)


NAMED = f"""
{BUDGETED}
names = ["width", "depth"]
scaler = "linear"
share_best_solutions = true
"""


def points_of(project):
    """Return who asked for which point, and what was evaluated for it."""
    asked = [(event.what, event.x) for event in recorded(project, Asked) if event.what == "inject"]
    begun = [event.opt for event in recorded(project, StartRequested) if event.injected_by]
    made = [event.X.tolist() for event in recorded(project, Evaluated) if event.opt in begun]
    return asked, made


def test_a_point_is_injected_evaluated_once_and_outlives_a_kill(launch, glompo, project):
    run = begun(launch, project, NAMED)
    told = glompo("inject", project.run_dir, "depth=-1e-3", "width=0.7")
    assert (told.returncode, told.stdout, told.stderr) == (0, "The point is evaluated.\n", "")
    told = glompo("inject", project.run_dir, "0.1", "-.3")
    assert (told.returncode, told.stderr) == (0, "")
    expected = ([("inject", (0.7, -0.001)), ("inject", (0.1, -0.3))], [[[0.7, -0.001]], [[0.1, -0.3]]])
    run.await_status(project.run_dir, lambda status: points_of(project) == expected)
    [first, _] = [event for event in recorded(project, StartRequested) if event.injected_by]
    assert "@" in first.injected_by
    control = library.control(project.run_dir)
    control.inject([0.2, 0.2])
    run.process.send_signal(signal.SIGKILL)  # whether or not its evaluation has begun
    run.await_end()
    calls = json.loads(status_json(project.run_dir))["calls"]
    resumed = launch("resume", project.run_dir)
    resumed.await_status(project.run_dir, lambda status: status["standing"] == "running" and status["calls"] > calls)
    resumed.await_status(project.run_dir, lambda status: [[0.2, 0.2]] in points_of(project)[1])
    library.control(project.run_dir).suspend()
    assert resumed.await_end()[0] == 130
    assert points_of(project)[1] == [*expected[1], [[0.2, 0.2]]]
    events = recorded(project, Event)
    assert sum(len(event.f) for event in events if isinstance(event, Evaluated)) == load(project.run_dir).view.calls
    state = RunState()
    for event in events:
        state.apply(event)
    assert same(state, load(project.run_dir).view._state)


NO_POINTS = [
    (["1"], "the point has 1 parameters, the run 2; give one number for each"),
    (["width=1", "height=2"], "the run has no parameter height; it has width, depth"),
    (["width=1"], "the point lacks depth; give all parameters: width, depth"),
    (["width=1", "width=2"], "the point names the parameter width twice"),
    (["width=1", "depth=77"], "parameter depth of the point is 77.0, outside the bounds [-3.0, 3.0] of the run"),
    (["1", "nan"], "parameter depth of the point is nan; give a finite number"),
    (["1", "two"], "the point holds 'two', which is no number"),
    (["1", "depth=2"], "give one number for each parameter"),
]


def test_what_is_no_point_of_the_run_is_refused_before_it_is_asked(launch, glompo, project):
    run = begun(launch, project, NAMED)
    for given, said in NO_POINTS:
        told = glompo("inject", project.run_dir, *given)
        assert (told.returncode, said in told.stderr) == (2, True), (given, told.stderr)
        assert not list((project.run_dir / "inbox").rglob("*.json"))
    library.control(project.run_dir).end()
    run.await_end()


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="counts processes in /proc")
def test_a_pool_follows_the_slots(launch, project):
    settings = f'{BUDGETED}\nevaluator = "pool"'
    run = begun(launch, project, settings)
    control = library.control(project.run_dir)
    control.slots(4)
    run.await_status(project.run_dir, lambda status: status["alive"] == 4 and len(workers_of(run.process.pid)) == 4)
    control.slots(1)
    run.await_status(project.run_dir, lambda status: len(workers_of(run.process.pid)) == 1)
    control.end()
    assert run.await_end()[0] == 1


def workers_of(pid):
    """Return the processes that a process has started."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    return {child for thread in threads for child in (thread / "children").read_text().split()}


def test_a_run_that_does_not_live_cannot_be_asked(launch, glompo, project, tmp_path):
    run = begun(launch, project)
    run.process.send_signal(signal.SIGKILL)
    run.await_end()
    told = glompo("suspend", project.run_dir)
    assert told.returncode == 2
    assert "no process works on the run" in told.stderr
    with pytest.raises(NotAliveError):
        library.control(project.run_dir).slots(3)
    with pytest.raises(UserError, match="holds no run"):
        library.control(tmp_path)
    assert not (project.run_dir / "inbox").exists()


def test_a_request_of_another_time_does_not_reach_the_next_session(launch, glompo, project):
    run = begun(launch, project)
    run.process.send_signal(signal.SIGKILL)
    run.await_end()
    (project.run_dir / "EXIT").touch()
    resumed = launch("resume", project.run_dir)
    reason = project.run_dir / "inbox" / "refused" / "EXIT.reason.txt"
    resumed.await_status(project.run_dir, lambda status: status["standing"] == "running" and reason.exists())
    assert "before this session began" in reason.read_text()
    told = glompo("suspend", project.run_dir, "--no-wait")
    assert (told.returncode, "lies in the inbox" in told.stdout) == (0, True)
    assert resumed.await_end()[0] == 130


def test_requests_keep_their_earlier_names():
    assert (Control.leave, Control.go_on) == (Control.suspend, Control.unpause)

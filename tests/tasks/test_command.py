import json
import os
import pickle
import re
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from glompo.errors import SettingError, SettingTypeError
from glompo.evaluators.inline import InlineEvaluator
from glompo.function import EvaluationError, Status
from glompo.tasks.command import CommandTask

from ..endings import is_gone

ADD = "import sys; print('sum', sum(map(float, sys.argv[1:])))"


@pytest.fixture
def program(tmp_path):
    """Return a function that writes a program and returns the command for it."""

    def write(code):
        path = tmp_path / "program.py"
        path.write_text(textwrap.dedent(code))
        return [sys.executable, str(path)]

    return write


@pytest.fixture
def scratch(tmp_path):
    """Return where scratch directories are made."""
    return tmp_path / "scratch"


def outcome(task, *x):
    return InlineEvaluator(task).evaluate(np.array(x, dtype=float))


def test_arguments_take_values():
    task = CommandTask([sys.executable, "-c", ADD, "{x0}", "{x1:.1f}"])
    assert task(np.array([1.5, 2.25])) == 3.7


def test_a_template_is_written_with_the_values(program, tmp_path, scratch):
    template = tmp_path / "in.txt.template"
    template.write_text("a {sigma}\nb ${keep} {epsilon:.2f}\n")
    command = program("print(len(open('in.txt').read().splitlines()))")
    task = CommandTask(command, template=template, names=["sigma", "epsilon"], keep="all", directory=scratch)
    assert task(np.array([0.1, 2.0])) == 2.0
    (folder,) = scratch.iterdir()
    assert (folder / "in.txt").read_text() == "a 0.1\nb ${keep} 2.00\n"


@pytest.mark.parametrize(("names", "read"), [(["a", "b"], {"a": 1.0, "b": 2.0}), (None, {"x": [1.0, 2.0]})])
def test_parameters_arrive_as_json_and_the_value_leaves_as_json(program, names, read):
    command = program(
        """
        import json, sys
        content = json.load(sys.stdin)
        json.dump({"result": {"loss": 5.0, "read": content}}, open("out.json", "w"))
        assert content == """
        + repr(read)
    )
    assert (
        CommandTask(command, stdin="json", names=names, output="json:out.json:result.loss")(np.array([1, 2.0])) == 5.0
    )


def test_it_can_be_sent_and_used_by_any_evaluator(pool):
    task = CommandTask([sys.executable, "-c", ADD, "{x0}", "{x1}"])
    assert pickle.loads(pickle.dumps(task))(np.array([1.0, 2.0])) == 3.0
    assert pool(task).evaluate(np.array([1.0, 2.0])).fx == 3.0


@pytest.mark.parametrize(
    ("code", "status", "reason"),
    [
        (
            "print('step'); raise ValueError('bad')",
            Status.FAILED,
            r"ended with exit code 1; its stderr ends: .*\| ValueErr",
        ),
        ("print('step'); exit(3)", Status.FAILED, "ended with exit code 3; its stdout ends: step; see "),
        ("import os; os.abort()", Status.CRASHED, r"was killed by signal 6 \(SIGABRT\); see "),
        ("print('done')", Status.INVALID, "gave no value: it printed no number; its stdout ends: done; see "),
        ("print('nan')", Status.INVALID, "the task returned nan"),
    ],
)
def test_how_the_program_ended_is_told(program, scratch, code, status, reason):
    result = outcome(CommandTask([*program(code), "{x0}"], directory=scratch), 1.0)
    assert result.status is status
    assert re.search(reason, result.error)
    assert len(list(scratch.iterdir())) == 1


def test_a_program_that_cannot_be_run_is_told(scratch):
    result = outcome(CommandTask(["no-such-program", "{x0}"], directory=scratch), 1.0)
    (folder,) = scratch.iterdir()
    assert result.status is Status.FAILED
    assert result.error == f"no-such-program cannot be run: No such file or directory; see {folder}"


def test_a_program_that_hangs_is_killed_with_what_it_has_started(program, notes, scratch):
    command = program(
        """
        import subprocess, sys, time, os, signal
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        child = subprocess.Popen(["sleep", "1000"], start_new_session=True)
        print("started", flush=True)
        open(os.path.join(os.environ["NOTES"], str(child.pid)), "w")
        time.sleep(1000)
        """
    )
    result = outcome(CommandTask([*command, "{x0}"], timeout=0.5, grace=0.2, directory=scratch), 1.0)
    assert result.status is Status.TIMEOUT
    assert "was ended at its deadline of 0.5 s; its stdout ends: started; see " in result.error
    assert notes.survivors == []


def test_what_a_program_leaves_running_ends_with_it(program, notes):
    command = program(
        """
        import subprocess, os
        child = subprocess.Popen(["sleep", "1000"])
        print(child.pid)
        """
    )
    assert is_gone(int(CommandTask([*command, "{x0}"])(np.zeros(1))))


def test_a_program_ends_when_its_evaluator_is_killed(pool, program, notes):
    command = program(
        """
        import os, time
        open(os.path.join(os.environ["NOTES"], str(os.getpid())), "w")
        time.sleep(1000)
        """
    )
    assert pool(CommandTask([*command, "{x0}"]), timeout=1.0).evaluate(np.zeros(1)).status is Status.TIMEOUT
    (pid,) = notes.pids
    assert is_gone(pid)


def test_a_program_ends_when_this_process_is_killed(program, notes):
    command = program("import os, time; print(os.getppid(), flush=True); time.sleep(1000)")
    code = f"""
import numpy as np, os, threading
from glompo.tasks import command
inner = command.await_end
def await_end(process, seconds):
    print(process.pid, flush=True)
    return inner(process, seconds)
command.await_end = await_end
command.CommandTask({command!r} + ["{{x0}}"])(np.zeros(1))
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        pid = int(process.stdout.readline())
        os.kill(process.pid, signal.SIGKILL)
    assert is_gone(pid)


@pytest.mark.parametrize(("keep", "good", "bad"), [("all", 1, 1), ("failed", 0, 1), ("none", 0, 0)])
def test_scratch_directories_are_kept_as_asked(program, scratch, keep, good, bad):
    command = program("import sys; exit(int(float(sys.argv[1]))) if sys.argv[1] != '0.0' else print(1)")
    task = CommandTask([*command, "{x0}"], keep=keep, directory=scratch)
    assert task(np.zeros(1)) == 1.0
    assert len(list(scratch.iterdir())) == good
    with pytest.raises(EvaluationError) as caught:
        task(np.ones(1))
    assert len(list(scratch.iterdir())) == good + bad
    assert ("; see " in str(caught.value)) == (keep != "none")


def test_evaluations_do_not_see_each_other(program, scratch):
    command = program("import os; print(len(os.listdir('.'))); open('left', 'w')")
    task = CommandTask([*command, "{x0}"], keep="all", directory=scratch)
    assert [task(np.zeros(1)), task(np.zeros(1))] == [2.0, 2.0]  # stdout and stderr


def test_a_relative_program_is_found_from_the_directory_it_was_named_in(program, tmp_path, monkeypatch):
    path = tmp_path / "run.sh"
    path.write_text("#!/bin/sh\necho 4\n")
    path.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    assert CommandTask("./run.sh {x0}")(np.zeros(1)) == 4.0


def test_a_point_of_another_length_fails(program):
    task = CommandTask([*program("print(1)"), "{a}", "{b}"], names=["a", "b"])
    assert outcome(task, 1.0).error == "ValueError: the command takes 2 parameters (a, b), the point has 1"


def test_unfinished_says_how_and_can_be_sent():
    error = pickle.loads(pickle.dumps(EvaluationError(Status.OUT_OF_MEMORY, "no room")))
    assert (error.status, str(error)) == (Status.OUT_OF_MEMORY, "out of memory: no room")


def test_its_text_is_the_command():
    assert repr(CommandTask(["a program", "{x0}"])) == "CommandTask(\"'a program' '{x0}'\")"


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"command": []}, SettingTypeError, r"the command is \[\]; give a program"),
        ({"command": ["a", 5]}, SettingTypeError, "give a program and its arguments"),
        ({"command": 5}, SettingTypeError, "the command is 5; give a program and its arguments"),
        ({"command": "run 'a"}, SettingError, "cannot be split: No closing quotation; give a list of texts"),
        ({"names": "ab"}, SettingTypeError, "names are 'ab'; give a list of different texts"),
        ({"names": ["a", "a"]}, SettingTypeError, "give a list of different texts"),
        ({"command": "run"}, SettingError, "the parameters reach the program nowhere"),
        ({"names": ["a", "b"]}, SettingError, "no place for b"),
        ({"template": "/no/such/file"}, SettingError, "the template /no/such/file cannot be read"),
        ({"keep": "some"}, SettingError, "keep is 'some'; it is one of 'failed', 'all', 'none'"),
        ({"stdin": "yaml"}, SettingError, "stdin is 'yaml'; it is 'json' or None"),
        ({"timeout": -1}, SettingError, "timeout is -1"),
        ({"output": "stderr"}, SettingError, "output is 'stderr'"),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused(settings, error, message):
    with pytest.raises(error, match=message):
        CommandTask(**({"command": "run {x0} {a}"} | settings))


def test_a_json_input_holds_what_a_reader_can_take(program, scratch):
    task = CommandTask(program("print(1)"), stdin="json", names=["a"], keep="all", directory=scratch)
    task(np.array([0.1]))
    (folder,) = scratch.iterdir()
    assert json.loads((folder / "stdin").read_text()) == {"a": 0.1}

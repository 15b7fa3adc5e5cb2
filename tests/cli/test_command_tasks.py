"""Runs whose task is a program, described in a configuration."""

from __future__ import annotations

import csv
import io
import json
import shlex
import sys

import pytest

from glompo.cli.config import arguments
from glompo.errors import SettingError, SettingTypeError

PYTHON = json.dumps([sys.executable, "-I", "-S", "{config_dir}/program.py"])

READS_JSON = """
import json, sys
given = json.load(sys.stdin)
json.dump({"result": {"loss": (given["a"] - 1) ** 2 + given["b"] ** 2}}, open("out.json", "w"))
"""

READS_INPUT = """
import time
kind, a, b = open("input.txt").read().split()
if float(a) > 2.5:
    print("it hangs", flush=True)
    time.sleep(1000)
if float(a) < -2.5:
    print("step 7 of 9")
    raise SystemExit("no convergence")
print("the loss is", float(a) ** 2 + float(b) ** 2)
"""


@pytest.fixture
def configured(tmp_path):
    """Return a function that writes a program, its template and a configuration, and returns its path."""

    def write(program, table):
        (tmp_path / "program.py").write_text(program)
        (tmp_path / "input.txt.template").write_text("harmonic {a} {b:.3f}\n")
        path = tmp_path / "fit.toml"
        path.write_text(
            'bounds = [[-5, 5], [-3, 3]]\nnames = ["a", "b"]\nmax_evaluations = 24\nmax_jobs = 2\nrng = 1\n'
            f'optimizers = {{type = "RandomSampling", workers = 2}}\nworking_dir = "run"\n[task]\n{table}\n'
        )
        return path

    return write


def rows(glompo, run_dir):
    return list(csv.DictReader(io.StringIO(glompo("export", run_dir, "-").stdout)))


@pytest.mark.parametrize("evaluator", ["", 'evaluator = "pool"\n'])
def test_parameters_go_in_and_the_value_comes_out_as_json(glompo, configured, tmp_path, evaluator):
    path = configured(READS_JSON, f'command = {PYTHON}\nstdin = "json"\noutput = "json:out.json:result.loss"')
    path.write_text(evaluator + path.read_text())
    done = glompo("run", path)
    assert (done.returncode, done.stderr) == (0, done.stderr)
    found = rows(glompo, tmp_path / "run")
    assert len(found) == 24
    assert all(float(row["value"]) == pytest.approx((float(row["a"]) - 1) ** 2 + float(row["b"]) ** 2) for row in found)


def test_programs_that_hang_and_fail_are_recorded_told_and_kept_for_a_look(glompo, configured, tmp_path):
    table = f'command = {PYTHON}\ntemplate = "input.txt.template"\ntimeout = 1.0\ngrace = 0.5\ndirectory = "scratch"'
    done = glompo("run", configured(READS_INPUT, table))
    assert done.returncode == 0
    found = rows(glompo, tmp_path / "run")
    expected = {True: "timeout", False: "ok"}
    for row in found:
        a = float(row["a"])
        assert row["status"] == ("failed" if a < -2.5 else expected[a > 2.5])
    bad = sum(row["status"] != "ok" for row in found)
    assert {row["status"] for row in found} == {"ok", "timeout", "failed"}

    kept = list((tmp_path / "scratch").iterdir())
    assert len(kept) == bad
    assert {(folder / "stdout").read_text() for folder in kept} == {"it hangs\n", "step 7 of 9\n"}

    told = glompo("status", tmp_path / "run").stdout
    assert told.startswith(f"command:{sys.executable.rpartition('/')[2]}: 2 parameters")
    assert "1 evaluation failed: " in told
    reasons = [reason for reason, _ in json.loads(glompo("status", tmp_path / "run", "--json").stdout)["reasons"]]
    assert any("exit code 1; its stderr ends: no convergence; see " in reason for reason in reasons)
    assert any("ended at its deadline of 1 s; its stdout ends: it hangs; see " in reason for reason in reasons)


@pytest.mark.parametrize(("keep", "left"), [("all", 24), ("none", 0)])
def test_scratch_directories_are_kept_as_the_configuration_says(glompo, configured, tmp_path, keep, left):
    program = "open('note', 'w'); print(1)"
    table = f'command = {PYTHON}\nstdin = "json"\nkeep = "{keep}"\ndirectory = "scratch"'
    assert glompo("run", configured(program, table)).returncode == 0
    assert len(list((tmp_path / "scratch").iterdir())) == left


def test_a_run_of_a_program_is_resumed_from_its_directory_alone(glompo, configured, tmp_path):
    table = f'command = {PYTHON}\ntemplate = "input.txt.template"\ndirectory = "scratch"\ntimeout = 1.0'
    path = configured(READS_INPUT.replace("time.sleep(1000)", "pass"), table)
    assert glompo("run", path).returncode == 0
    path.unlink()
    done = glompo("resume", tmp_path / "run", "--set", "max_evaluations=30")
    assert (done.returncode, done.stderr) == (0, done.stderr)
    assert len(rows(glompo, tmp_path / "run")) == 30


def call(folder, **table):
    return arguments({"bounds": [[0, 1]], "task": table}, folder)["task"]


def test_paths_begin_at_the_configuration(tmp_path):
    (tmp_path / "in").write_text("{x0}")
    command = ["./bin/run", "{config_dir}/data", "rest"]
    assert repr(call(tmp_path, command=command, template="in")) == (
        f"CommandTask({shlex.join([f'{tmp_path}/bin/run', f'{tmp_path}/data', 'rest'])!r})"
    )
    assert repr(call(tmp_path, command="run '{x0}' {config_dir}")) == f"CommandTask(\"run '{{x0}}' {tmp_path}\")"


@pytest.mark.parametrize(
    ("table", "error", "message"),
    [
        ({}, SettingError, r"\[task\] has no command; add command = "),
        ({"comand": ["a"]}, SettingTypeError, r"the table \[task\] has no setting 'comand'; did you mean 'command'"),
        ({"command": 5}, SettingTypeError, "the command is 5; give a program and its arguments"),
        ({"command": ["a", 5]}, SettingTypeError, r"the command is \['a', 5\]"),
        ({"command": "a"}, SettingError, "the parameters reach the program nowhere"),
        ({"command": "a {x0}", "template": "none"}, SettingError, "the template .*/none cannot be read"),
        ({"command": "a {x0}", "template": 5}, SettingTypeError, r"template of \[task\] is 5; give a path"),
        ({"command": "a {x0}", "keep": "some"}, SettingError, "keep is 'some'"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(tmp_path, table, error, message):
    with pytest.raises(error, match=message):
        call(tmp_path, **table)

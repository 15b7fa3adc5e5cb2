"""The command from end to end: what it prints, what it writes, and its exit codes."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys

import pytest

import glompo as library
from glompo.cli.arguments import KINDS
from glompo.read import load, rows
from glompo.settings.components import COMPONENT_KINDS

FIT = """
max_evaluations = 400
rng = 3
stoppers_combine = "1 & 2"

[[optimizers]]
type = "CMAOptimizer"
sigma0 = 0.3

[[optimizers]]
type = "RandomSampling"
iters = 30

[[stoppers]]
type = "MinFuncCalls"
min_pts = 60

[[stoppers]]
type = "BestUnmoving"
calls = 40
"""


def lines(text):
    return [line.strip() for line in text.splitlines()]


def test_a_run_then_its_status_pictures_and_export(glompo, project):
    run = glompo("run", project.config(FIT))
    assert run.returncode == 0
    assert {"success: True", "nfev: 400", f"run_dir: {project.run_dir}"} <= set(lines(run.stdout))
    assert "MaxTotalFunctionCalls(n=400): 400 of 400 calls used" in run.stdout
    assert "exhausted: 30 points sampled" in run.stdout
    # progress, in plain lines since there is no terminal: how each optimizer ended, once
    assert run.stderr.count("RandomSampling) exhausted after 30 evaluations") == run.stdout.count("30 points sampled")
    assert "400 of 400 evaluations" in run.stderr

    status = glompo("status", project.run_dir)
    assert (status.returncode, status.stderr) == (0, "")
    assert lines(status.stdout)[2:] == lines(run.stdout)
    assert "finished; 400 of 400 evaluations" in status.stdout

    told = json.loads(glompo("status", project.run_dir, "--json").stdout)
    assert (told["standing"], told["calls"], told["success"], told["alive"]) == ("finished", 400, True, 0)
    assert f"fx: {told['best_f']}" in lines(run.stdout)
    assert sum(one["evaluations"] for one in told["optimizers"]) == 400

    plot = glompo("plot", project.run_dir)
    pictures = [project.run_dir / "exports" / name for name in ("trajectories.png", "best.png")]
    assert (plot.returncode, lines(plot.stdout)) == (0, list(map(str, pictures)))
    assert [path.read_bytes()[:8] for path in pictures] == [b"\x89PNG\r\n\x1a\n"] * 2

    export = glompo("export", project.run_dir, "--csv")
    path = project.run_dir / "exports" / "evaluations.csv"
    assert (export.returncode, lines(export.stdout)) == (0, [str(path)])
    with path.open(newline="") as file:
        table = list(csv.DictReader(file))
    assert [float(row["value"]) for row in table] == [row.value for row in rows(project.run_dir)]
    assert [[float(row["x0"]), float(row["x1"])] for row in table] == [row.x.tolist() for row in rows(project.run_dir)]
    assert len(table) == 400


def test_the_table_of_evaluations_goes_where_it_is_asked_to(inside, project):
    inside("run", project.config("max_evaluations = 20\noptimizers = 'RandomSampling'"))
    path = project.folder / "table.csv"
    assert inside("export", project.run_dir, "--csv", path) == (0, f"{path}\n", "")
    assert inside("export", project.run_dir, path) == (0, f"{path}\n", "")
    assert inside("export", project.run_dir, "--csv", "-") == (0, path.read_text(), "")
    assert inside("export", "--csv", project.run_dir, "-")[1].count("\n") == 21


def test_pictures_go_where_they_are_asked_to(inside, project):
    inside("run", project.config("max_evaluations = 20\noptimizers = 'RandomSampling'"))
    one, two = project.folder / "one.svg", project.folder / "two.pdf"
    assert inside("plot", project.run_dir, "-o", one) == (0, f"{one}\n", "")
    assert inside("plot", project.run_dir, "-o", one, "--output", two) == (0, f"{one}\n{two}\n", "")
    assert (one.read_bytes()[:5], two.read_bytes()[:5]) == (b"<?xml", b"%PDF-")
    assert not (project.run_dir / "exports").exists()
    code, _, errors = inside("plot", project.run_dir, "-o", one, "-o", two, "-o", one)
    assert (code, errors) == (2, "glompo: --output is given 3 times; there are two pictures\n")


def test_options_override_the_file(inside, project):
    config = project.config("max_evaluations = 999999999\noptimizers = 'RandomSampling'")
    other = project.folder / "other"
    code, output, _ = inside("run", config, "--working-dir", other, "--max-evaluations", 25)
    assert code == 0
    assert {"nfev: 25", f"run_dir: {other}"} <= set(lines(output))
    assert not project.run_dir.exists()
    assert inside("run", config, "--working-dir", other, "--max-evaluations", 25, "--overwrite")[0] == 0
    assert [path.name for path in other.glob("replaced/*/journal")] == ["journal"]


def test_paths_are_relative_to_the_configuration_and_a_run_without_one_gets_a_new_directory(glompo, project, tmp_path):
    config = project.config("max_evaluations = 20\noptimizers = 'RandomSampling'", working_dir="deep/run")
    assert glompo("run", config).returncode == 0
    assert (project.folder / "deep" / "run" / "journal").is_dir()
    config = project.config("max_evaluations = 20\noptimizers = 'RandomSampling'", working_dir=None)
    assert glompo("run", config).returncode == 0
    [run_dir] = (tmp_path / "elsewhere" / "glompo_runs").iterdir()
    assert run_dir.name.endswith("bowl")


def test_a_policy_and_an_optimizer_of_the_user_can_be_named(inside, project):
    config = project.config(
        "stop_best = true\nexit_conditions = [{ type = 'MaxOptimizersStopped', n = 1 }]\n"
        "[[optimizers]]\ntype = 'FunctionOptimizer'\nminimiser = 'bowls:again_and_again'\n"
        "[[stoppers]]\ntype = 'bowls:Impatient'\nafter = 50",
        jobs=1,
    )
    code, output, _ = inside("run", config)
    assert code == 0
    assert "FunctionOptimizer" in output
    assert "stopped: Impatient(after=50): it answered True for optimizer 1" in output


def test_a_run_that_ends_without_success_says_why_and_exits_with_1(inside, project):
    code, output, errors = inside("run", project.config("max_evaluations = 500", task="bowls:broken"))
    assert code == 1
    assert "success: False" in lines(output)
    verdict = errors.splitlines()[-1]
    assert verdict.startswith("glompo: ")
    assert "evaluations failed: RuntimeError: the simulation did not start" in verdict
    assert f"the records are in {project.run_dir}" in verdict
    assert inside("status", project.run_dir)[0] == 0


def test_a_run_that_a_faulty_policy_ended_exits_with_1(inside, project):
    code, _, errors = inside(
        "run", project.config("max_evaluations = 500\nstoppers = 'bowls:Faulty'\nstop_best = true")
    )
    assert code == 1
    assert "glompo: Faulty() raised ValueError: it was never tried" in errors
    assert "message: faulty policy: Faulty() raised ValueError" in inside("status", project.run_dir)[1]


BAD_FILES = {
    "there is no file": None,
    "is no TOML: Expected '=' after a key in a key/value pair (at line 5, column 6)": "this is no TOML",
    "the configuration has no setting 'max_evaluation'; did you mean 'max_evaluations'?": "max_evaluation = 5",
    "the configuration has no setting 'killing_conditions'; it is called 'stoppers' here": "killing_conditions = []",
    "optimizers: there is no optimizer 'CMAOptimiser'; did you mean 'CMAOptimizer'?": "optimizers = 'CMAOptimiser'",
    "optimizers (Scipy): Scipy: method is 'Nelder-Meat'; did you mean 'Nelder-Mead'?": (
        "[[optimizers]]\ntype = 'Scipy'\nmethod = 'Nelder-Meat'"
    ),
    "stoppers (BestUnmoving) has no setting 'tool'; did you mean 'tol'?": (
        "[[stoppers]]\ntype = 'BestUnmoving'\ncalls = 5\ntool = 0.1"
    ),
    "stoppers 2 (MinFuncCalls): MinFuncCalls: min_pts is -3; give a whole number": (
        "[[stoppers]]\ntype = 'CatchUp'\n[[stoppers]]\ntype = 'MinFuncCalls'\nmin_pts = -3"
    ),
    "is -1; give a whole number, 1 or more": "max_evaluations = -1",
    "is 'many'; give a whole number, 1 or more": "max_evaluations = 'many'",
    "max_jobs is 0; give a whole number, 1 or more": "",
    "stopper_interval is 'often'; give a whole number": "stopper_interval = 'often'",
    "x0 lies outside the bounds: parameter 1 is 7.0": "x0 = [0, 7]",
    "names are ['a']; give 2 different ones": "names = ['a']",
}


@pytest.mark.parametrize(("complaint", "text"), BAD_FILES.items(), ids=list(map(str, range(len(BAD_FILES)))))
def test_a_mistake_in_the_configuration_is_one_message_and_nothing_is_written(inside, project, complaint, text):
    config = project.config(text or "", jobs=0 if "max_jobs" in complaint else 2)
    if text is None:
        config.unlink()
    before = project.files()
    code, output, errors = inside("run", config)
    assert (code, output) == (2, "")
    assert errors.startswith("glompo: ")
    assert complaint in errors
    assert errors.count("\n") == 1
    assert project.files() == before


BAD_TASKS = {
    "bowls:bowel": "the task 'bowls:bowel' does not exist: there is no 'bowel' in bowls; did you mean 'bowl'?",
    "bowls": "the task is 'bowls'; an import path has the form 'module:name'",
    "bouls:bowl": "the task 'bouls:bowl' cannot be imported: there is no module 'bouls'",
    "needy:f": "line 1: No module named 'a_missing_simulation'; install or mend it",
    "faulty:f": "faulty.py, line 2: ZeroDivisionError: division by zero; mend the module",
    "unfinished:f": "the task 'unfinished:f' cannot be imported: SyntaxError: '(' was never closed",
    "bowls:constant": "the task 'bowls:constant' is 42, which cannot be called",
}


@pytest.mark.parametrize(("task", "complaint"), BAD_TASKS.items())
def test_a_task_that_cannot_be_imported_is_explained_and_nothing_is_written(inside, project, task, complaint):
    (project.folder / "needy.py").write_text("import a_missing_simulation\n")
    (project.folder / "faulty.py").write_text("\nx = 1 / 0\n")
    (project.folder / "unfinished.py").write_text("f(\n")
    code, output, errors = inside("run", project.config("max_evaluations = 5", task=task))
    assert (code, output) == (2, "")
    assert complaint in errors
    assert errors.count("\n") == 1
    assert not project.run_dir.exists()


@pytest.mark.parametrize("command", ["status", "plot", "export"])
def test_a_directory_without_a_run_is_refused_with_runs_below_it(inside, project, command):
    inside("run", project.config("max_evaluations = 20\noptimizers = 'RandomSampling'"))
    before = project.files()
    code, output, errors = inside(command, project.folder)
    assert (code, output) == (2, "")
    assert errors == f"glompo: {project.folder} holds no run; below it these do: {project.run_dir}\n"
    assert project.files() == before


def test_a_reader_that_has_seen_enough_ends_the_export_quietly(inside, project):
    inside("run", project.config("max_evaluations = 3000\noptimizers = 'RandomSampling'"))
    command = [sys.executable, "-m", "glompo", "export", str(project.run_dir), "--csv", "-"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as export:
        assert export.stdout.readline() == "optimizer,label,count,order,time,status,reason,scratch,value,x0,x1\n"
        export.stdout.close()
        assert export.stderr.read() == ""


def test_the_version_is_printed(inside):
    assert inside("--version") == (0, f"glompo {library.__version__}\n", "")


def test_help_comes_without_loading_what_runs_need():
    command = [sys.executable, "-X", "importtime", "-m", "glompo", "--help"]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    assert all(name in told.stdout for name in ("run", "status", "plot", "export"))
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in told.stderr.splitlines()}
    assert "typer" in loaded
    assert loaded.isdisjoint({"numpy", "scipy", "rich", "msgspec", "matplotlib", "cma"})


@pytest.mark.parametrize(("present", "earlier"), [("suspend", "leave"), ("unpause", "go-on")])
def test_commands_keep_their_earlier_names_which_no_help_shows(inside, tmp_path, present, earlier):
    code, told, _ = inside("--help")
    assert code == 0
    assert f"\n  {present} " in told
    assert f"\n  {earlier} " not in told
    number = [] if present == "suspend" else ["1"]
    refusals = [inside(name, str(tmp_path), *number) for name in (present, earlier)]
    assert refusals[0] == refusals[1]
    assert refusals[0][0] == 2
    assert "holds no run" in refusals[0][2]


def test_the_ending_of_the_path_says_the_format_of_an_export(inside, project):
    inside("run", project.config("max_evaluations = 20\noptimizers = 'RandomSampling'"))
    path = project.folder / "table.parquet"
    assert inside("export", project.run_dir, path) == (0, f"{path}\n", "")
    assert path.read_bytes()[:4] == b"PAR1"
    for arguments, said in (
        (("table.xlsx",), "has no ending of a format"),
        (("--csv", "a.parquet"), "file in Parquet"),
    ):
        code, output, errors = inside("export", project.run_dir, *arguments)
        assert (code, output) == (2, "")
        assert said in errors


def test_the_distinct_minima_are_printed_or_written(inside, project):
    inside("run", project.config("max_evaluations = 20\noptimizers = 'RandomSampling'"))
    code, output, _ = inside("minima", project.run_dir)
    assert code == 0
    assert output.startswith("distinct minima: ")
    told = json.loads(inside("minima", project.run_dir, "--json", "--tol", "0.5")[1])
    assert told[0]["fx"] == load(project.run_dir).result.fx
    assert sum(one["times"] for one in told) == len(load(project.run_dir).result.optimizers)
    path = project.folder / "minima.csv"
    assert inside("minima", project.run_dir, "-o", path) == (0, f"{path}\n", "")
    assert path.read_text().startswith("value,times,converged,at_bound,optimizers,found_by,x0,x1\n")
    assert inside("minima", project.run_dir, "--tol", "2")[0] == 2


def test_every_command_has_help_by_both_names_with_an_example_of_options_that_exist(inside):
    names = re.findall(r"^  ([a-z][a-z-]*) ", inside("-h")[1].partition("Commands:")[2], re.MULTILINE)
    assert len(names) > 15
    for name in names:
        code, told, _ = inside(name, "-h")
        assert (code, told) == inside(name, "--help")[:2]
        example = " ".join(told.partition("Example: ")[2].split())
        assert example.startswith(f"glompo {name}"), name
        assert all(option in told.partition("Example: ")[0] for option in re.findall(r"--?[a-z][a-z-]*", example))


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_commands_options_and_kinds_of_components(inside, monkeypatch, shell):
    def completed(*words):
        monkeypatch.setenv("_GLOMPO_COMPLETE", f"complete_{shell}")
        monkeypatch.setenv("COMP_WORDS", " ".join(words))
        monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
        monkeypatch.setenv("_TYPER_COMPLETE_ARGS", " ".join(words))
        monkeypatch.setenv("_TYPER_COMPLETE_FISH_ACTION", "get-args")
        return inside()[1]

    assert "resume" in completed("glompo", "res")
    assert "--max-evaluations" in completed("glompo", "run", "--max")
    assert "stoppers" in completed("glompo", "components", "sto")
    assert tuple(COMPONENT_KINDS) == KINDS


OWN = """
class Valley:
    bounds = [(-2.0, 2.0), (-1.0, 3.0)]
    names = ["a", "b"]
    x0 = (0.5, 0.5)

    def __call__(self, x):
        return float(100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2)

valley = Valley()
"""


def test_a_task_brings_its_own_bounds_names_and_start_unless_the_configuration_says_otherwise(glompo, tmp_path):
    (tmp_path / "own.py").write_text(OWN)
    common = 'task = "own:valley"\nmax_evaluations = 20\nmax_jobs = 1\noptimizers = "RandomSampling"\n'
    (tmp_path / "fit.toml").write_text(f'{common}working_dir = "fit"\n')
    assert glompo("run", tmp_path / "fit.toml").returncode == 0
    history = load(tmp_path / "fit")
    assert history.opening.names == ("a", "b")
    assert history.view.opened.bounds.tolist() == [[-2, 2], [-1, 3]]
    assert next(history.rows()).x.tolist() == [0.5, 0.5]
    assert glompo("resume", tmp_path / "fit", "--set", "max_evaluations=30").returncode == 0

    other = 'names = ["c", "d"]\nbounds = [[0, 1], [0, 2]]\nx0 = [1, 1]\nworking_dir = "other"\n'
    (tmp_path / "other.toml").write_text(common + other)
    assert glompo("run", tmp_path / "other.toml").returncode == 0
    assert load(tmp_path / "other").opening.names == ("c", "d")

    (tmp_path / "bare.py").write_text("def valley(x):\n    return 0.0\n")
    (tmp_path / "bare.toml").write_text(common.replace("own:", "bare:"))
    told = glompo("run", tmp_path / "bare.toml")
    assert (told.returncode, "bare:valley brings none" in told.stderr) == (2, True)


def test_a_film_of_the_run_is_written_and_its_path_printed(inside, project):
    inside("run", project.config("max_evaluations = 20\noptimizers = 'RandomSampling'"))
    path = project.folder / "film.gif"
    assert inside("film", project.run_dir, "-o", path, "--seconds", "0.2", "--fps", "5") == (0, f"{path}\n", "")
    assert path.read_bytes().startswith(b"GIF89a")
    assert inside("film", project.run_dir, "--fps", "0")[0] == 2

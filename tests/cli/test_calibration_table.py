"""A table [calibration] in place of a task, from two files of rows and a model."""

import sys
from pathlib import Path

import numpy as np
import pytest

from glompo.cli.config import arguments, kept, read_config
from glompo.cli.runs import run_configuration
from glompo.errors import UserError
from glompo.read import load, rows

MODULE = """
import numpy as np
from glompo.calibration import Data, Entry

def model(values, wanted):
    return {name: values["a"] * np.exp(-values["k"] * at) for name, at in wanted.items()}

class Scaled:
    def __init__(self, factor):
        self.factor = factor
    def __call__(self, values, wanted):
        return {name: self.factor * y for name, y in model(values, wanted).items()}

def reader(folder, days):
    return Data([Entry("y", 3.0 * float(np.exp(-0.7 * day)), 0.1, float(day)) for day in range(days)])
"""
PROGRAM = """
import json, math, sys
values = json.load(sys.stdin)
times = [0.5 * i for i in range(9)]
y = [values["a"] * math.exp(-values["k"] * t) for t in times]
json.dump({"t": times, "y": y, "total": sum(y)}, open("out.json", "w"))
with open("out.txt", "w") as file:
    print("# t y", file=file)
    for pair in zip(times, y):
        print(*pair, file=file)
"""
PARAMETERS = "name,value,lower,upper,scale\na,1,0,10,\nk,1,0.01,5,log\n"
DATA = "quantity,at,reference,sigma\n" + "".join(
    f"y,{t},{float(3 * np.exp(-0.7 * t))!r},0.1\n" for t in (0.0, 1.0, 2.0, 4.0)
)
HEAD = 'max_evaluations = 120\nmax_jobs = 1\nrng = 1\nprogress = false\nworking_dir = "fit"\n[calibration]\n'
TABLES = 'parameters = "parameters.csv"\ndata = "data.csv"\n'


@pytest.fixture
def folder(tmp_path, monkeypatch, request):
    name = f"decay_{abs(hash(request.node.name))}"
    (tmp_path / f"{name}.py").write_text(MODULE)
    (tmp_path / "program.py").write_text(PROGRAM)
    (tmp_path / "parameters.csv").write_text(PARAMETERS)
    (tmp_path / "data.csv").write_text(DATA)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    return tmp_path, name


def config(folder, text):
    path, name = folder
    (path / "fit.toml").write_text(HEAD + text.replace("MODULE", name))
    return path / "fit.toml"


def test_a_run_needs_two_tables_and_a_model_only(folder, capsys):
    path = config(folder, 'model = "MODULE:model"\n' + TABLES)
    assert run_configuration(path, {}) == 0
    result = load(path.parent / "fit").result
    assert np.allclose(result.x, [3.0, 0.7])
    assert load(path.parent / "fit").opening.names == ("a", "k")


@pytest.mark.parametrize(
    "text",
    [
        'model = {class = "MODULE:Scaled", factor = 1.0}\n' + TABLES,
        'model = "MODULE:model"\nparameters = "parameters.csv"\n'
        'data = {reader = "MODULE:reader", folder = "{config_dir}", days = 4}\nweights = {all = 4.0}\n',
        f'model = {{command = ["{sys.executable}", "{{config_dir}}/program.py"], stdin = "json", '
        'output = "json:out.json", at = "t"}\n' + TABLES,
        f'model = {{command = ["{sys.executable}", "{{config_dir}}/program.py"], stdin = "json", '
        'output = "columns:out.txt"}\n' + TABLES,
    ],
    ids=["class", "reader", "program with json", "program with columns"],
)
def test_models_are_functions_classes_and_programs_and_tables_have_readers(folder, text):
    path = config(folder, text)
    document = read_config(path)
    fit = arguments(document, path.parent)["task"]
    assert fit([3.0, 0.7]) == pytest.approx(0.0, abs=1e-20)
    assert fit(fit.x0) > 1.0
    there = arguments(kept(document, path.parent), Path("/elsewhere"))["task"]
    assert there(fit.x0) == fit(fit.x0)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('model = "MODULE:model"\ndata = "data.csv"\n', r"the table \[calibration\] has no parameters; add"),
        ('model = "MODULE:modle"\n' + TABLES, "the model .* did you mean 'model'"),
        ('model = "MODULE:model"\nlos = "sse"\n' + TABLES, "los.*did you mean 'loss'"),
        ('model = {class = "MODULE:Scaled"}\n' + TABLES, "missing a required argument: 'factor'"),
        ('model = 3\n' + TABLES, "model is 3; give 'module:name', or a table"),
        ('model = "MODULE:model"\nparameters = "p.csv"\ndata = "data.csv"\n', r"cannot read .*p\.csv"),
        ('model = "MODULE:model"\nparameters = "$NOT_SET_HERE/p.csv"\ndata = "data.csv"\n', "wants .NOT_SET_HERE"),
        ('model = "MODULE:model"\nweights = {other = 2.0}\n' + TABLES, "weights name the group 'other'"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_the_remedy_and_nothing_is_written(folder, text, told):
    path = config(folder, text)
    with pytest.raises(UserError, match=told):
        run_configuration(path, {})
    assert not (path.parent / "fit").exists()


def test_settings_that_a_calibration_brings_are_not_given_twice(folder):
    path = config(folder, 'model = "MODULE:model"\n' + TABLES)
    with pytest.raises(UserError, match=r"has bounds beside \[calibration\]"):
        run_configuration(path, {"bounds": [[0, 1]]})


def test_a_run_from_two_tables_goes_on_from_its_own_directory(folder):
    from glompo.cli.runs import resume_directory

    path = config(folder, 'model = "MODULE:model"\n' + TABLES)
    run_configuration(path, {"max_evaluations": 20})
    assert resume_directory(path.parent / "fit", {"max_evaluations": 30}) == 0
    assert sum(1 for _ in rows(path.parent / "fit")) == 30

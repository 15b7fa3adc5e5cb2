"""glompo report and glompo sensitivity read a run, whatever began it."""

import importlib
import sys

import pytest

import glompo
from glompo.calibration import Parameters
from glompo.cli.fit_report import reported
from glompo.cli.fit_sensitivity import sensitivity_lines
from glompo.cli.run_report import run_report
from glompo.cli.runs import run_configuration
from glompo.errors import UserError
from glompo.optimizers import RandomSampling

MODULE = """
from glompo.calibration import Calibration, Data, Entry, Parameter, Parameters

def model(values, wanted):
    if values["a"] > 9.5:
        raise RuntimeError("no")
    return {name: values["a"] + values["b"] * at for name, at in wanted.items()}

entries = [Entry("y", 3.0 + 0.5 * at, 0.1, at) for at in (0.0, 1.0, 2.0)]
late = [Entry("y", 4.0 + 0.5 * at, 0.1, at, "late", "validation") for at in (3.0, 4.0)]
parameters = Parameters([Parameter("a", 1.0, 0.0, 10.0), Parameter("b", 1.0, -5.0, 5.0)])
fit = Calibration(model, parameters, Data(entries + late))
no_fit = 3
"""


@pytest.fixture
def module(tmp_path, monkeypatch, request):
    name = f"line_{abs(hash(request.node.name))}"
    (tmp_path / f"{name}.py").write_text(MODULE)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.chdir(tmp_path)
    return name


def test_a_run_that_began_in_python_is_reported_by_the_import_path_of_its_task(module, tmp_path):
    glompo.minimize(f"{module}:fit", max_evaluations=60, max_jobs=1, rng=1, working_dir="run")
    with pytest.raises(UserError, match="name its task, --task module:fit"):
        reported(tmp_path / "run", "best", None, True, None)
    text = "\n".join(reported(tmp_path / "run", "best", f"{module}:fit", True, tmp_path / "out"))
    assert "the best point, of the run" in text
    assert "validation would choose evaluation" in text
    header = (tmp_path / "out" / "fitted.csv").read_text().splitlines()
    assert any("of the run" in line for line in header if line.startswith("#"))
    assert Parameters.read(tmp_path / "out" / "fitted.csv").x0.tolist() != [1.0, 1.0]
    assert "before the run" in "\n".join(reported(tmp_path / "run", "x0", f"{module}:fit", False, None))
    with pytest.raises(UserError, match="which is no Calibration"):
        reported(tmp_path / "run", "best", f"{module}:no_fit", False, None)
    with pytest.raises(UserError, match="--at is 'end'; use one of x0, best, validation"):
        reported(tmp_path / "run", "end", f"{module}:fit", False, None)


def test_a_run_from_a_configuration_is_reported_as_it_stands(module, tmp_path):
    (tmp_path / "fit.toml").write_text(
        f'task = "{module}:fit"\nmax_evaluations = 40\nmax_jobs = 1\nrng = 1\nprogress = false\nworking_dir = "run"\n'
    )
    run_configuration(tmp_path / "fit.toml", {})
    text = "\n".join(reported(tmp_path / "run", "validation", None, True, None))
    assert "which validation would choose, of the run" in text


def test_sensitivity_drops_and_counts_what_failed(module, tmp_path):
    settings = {"optimizers": RandomSampling, "max_evaluations": 120, "max_jobs": 1, "rng": 1}
    glompo.minimize(f"{module}:fit", working_dir="run", **settings)
    lines = sensitivity_lines(tmp_path / "run", "hsic", 0.2, 50, tmp_path / "table.csv")
    valid, dropped = int(lines[0].split()[0]), int(lines[0].split()[2])
    assert (valid + dropped, dropped > 0) == (120, True)
    assert "keep active: a, b" in lines
    assert (tmp_path / "table.csv").read_text().startswith("parameter,hsic,p,hsic1,p1\na,")


def test_a_page_on_a_calibration_has_its_chapters_and_one_whose_model_is_gone_says_so(module, tmp_path):
    (tmp_path / "fit.toml").write_text(
        f'task = "{module}:fit"\nmax_evaluations = 40\nmax_jobs = 1\nrng = 1\nprogress = false\nworking_dir = "run"\n'
    )
    run_configuration(tmp_path / "fit.toml", {})
    path = tmp_path / "page.html"
    assert run_report(tmp_path / "run", "best", None, False, path) == [str(path)]
    page = path.read_text()
    assert "<h2>By group</h2>" in page
    assert "<h2>Optimizers</h2>" in page
    assert "By group" in "\n".join(run_report(tmp_path / "run", "best", None, False, None))
    (tmp_path / f"{module}.py").unlink()
    del sys.modules[module]
    run_report(tmp_path / "run", "best", None, False, path)
    assert "no comparison with the data: the task " in path.read_text()
    assert "<h2>Optimizers</h2>" in path.read_text()


def test_a_calibration_that_was_given_as_an_object_has_a_page_that_says_how_to_name_it(module, tmp_path):
    fit = importlib.import_module(module).fit
    glompo.minimize(fit, max_evaluations=20, max_jobs=1, rng=1, working_dir="run")
    (written,) = run_report(tmp_path / "run", "best", None, True, None)
    assert written == str(tmp_path / "run" / "exports" / "report.html")
    assert "--task module:fit" in (tmp_path / "run" / "exports" / "report.html").read_text()
    run_report(tmp_path / "run", "best", f"{module}:fit", False, tmp_path / "page.html")
    assert "<h2>By group</h2>" in (tmp_path / "page.html").read_text()


def test_any_other_run_has_a_page_and_so_has_a_checkpoint_of_it(tmp_path):
    glompo.minimize(
        lambda x: float(x @ x), [(-1, 1)] * 2, max_evaluations=20, max_jobs=1, rng=1, working_dir=tmp_path / "run",
        optimizers=RandomSampling, checkpoint_control=glompo.CheckpointingControl(checkpoint_at_conv=True),
    )  # fmt: skip
    (written,) = run_report(tmp_path / "run", "best", None, True, tmp_path / "folder")
    assert written == str(tmp_path / "folder" / "report.html")
    (checkpoint,) = (tmp_path / "run").rglob("*.zip")
    run_report(checkpoint, "best", None, True, tmp_path / "again.html")
    assert "RandomSampling" in (tmp_path / "again.html").read_text()
    with pytest.raises(UserError, match="--at is 'end'"):
        run_report(tmp_path / "run", "end", None, True, None)

"""Checkpoints from the command line: made of a run that is alive or not, looked at, resumed elsewhere."""

from __future__ import annotations

import json
from pathlib import Path

import glompo as library
from glompo.cli.inspection import status_json
from glompo.optimizers import RandomSampling
from glompo.read import load

SHORT = "rng = 1\nmax_evaluations = 150\nstoppers = []\n"
ENDLESS = """
rng = 1
stoppers = []
max_evaluations = 100000
optimizers = ["RandomSampling", "CMAOptimizer"]
checkpoint_control = {naming_format = "alive_%(count)"}
"""


def test_a_living_run_makes_one_when_it_is_asked_and_goes_on(launch, glompo, project):
    run = launch("run", project.config(ENDLESS, task="bowls:quiet", jobs=2))
    run.await_status(project.run_dir, lambda status: status["calls"] > 20)
    told = glompo("checkpoint", project.run_dir)
    assert (told.returncode, told.stderr) == (0, "")
    file = Path(told.stdout.strip())
    assert file == project.run_dir / "checkpoints" / "alive_001.zip"
    calls = json.loads(status_json(project.run_dir))["calls"]
    run.await_status(project.run_dir, lambda status: status["calls"] > calls)
    refused = glompo("checkpoint", project.run_dir, "-o", "elsewhere.zip")
    assert refused.returncode == 2
    assert "leave it out" in refused.stderr
    looked = glompo("status", file, "--json")
    assert 20 < json.loads(looked.stdout)["calls"] <= calls
    (project.run_dir / "CHKPT").touch()
    run.await_status(project.run_dir, lambda status: (file.parent / "alive_002.zip").exists())
    assert glompo("stop", project.run_dir).returncode == 0
    run.await_end()


def test_a_run_that_is_over_is_packed_looked_at_and_resumed_elsewhere(glompo, project, tmp_path):
    assert glompo("run", project.config(SHORT)).returncode == 0
    file = tmp_path / "packed.zip"
    told = glompo("checkpoint", project.run_dir, "-o", file)
    assert (told.returncode, told.stdout.strip()) == (0, str(file))
    looked = glompo("status", file)
    assert looked.returncode == 0
    assert looked.stdout.startswith("checkpoint 0 of a run, as it was when that was made\n")
    assert f"run_dir: {file}\n" in looked.stdout
    resumed = glompo("resume", file, "--set", "max_evaluations=250")
    assert (resumed.returncode, resumed.stderr.count("Traceback")) == (0, 0)
    assert "nfev: 250\n" in resumed.stdout
    (run_dir,) = [path for path in tmp_path.iterdir() if path.is_dir() and path.name.endswith("_packed")]
    assert load(run_dir).view.calls == 250
    assert load(project.run_dir).view.calls == 150


def test_a_checkpoint_of_a_run_from_python_is_loaded_there(glompo, tmp_path):
    library.minimize(
        lambda x: float(x @ x),
        [(-1, 1)] * 2,
        optimizers=RandomSampling,
        max_evaluations=50,
        working_dir=tmp_path / "run",
    )
    file = tmp_path / "packed.zip"
    assert glompo("checkpoint", tmp_path / "run", "-o", file).returncode == 0
    told = glompo("resume", file)
    assert told.returncode == 2
    assert f"GloMPOManager.load_manager('{file}')" in told.stderr
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == ["elsewhere", "run"]


def test_what_is_no_run_and_no_checkpoint_is_refused(glompo, tmp_path):
    (tmp_path / "text").write_text("no run")
    for command in ("status", "resume", "checkpoint"):
        told = glompo(command, tmp_path / "text")
        assert (told.returncode, "is a file; give the working directory of a run" in told.stderr) == (2, True)
    (tmp_path / "cut.zip").write_bytes(b"PK\3\4")
    told = glompo("status", tmp_path / "cut.zip")
    assert told.returncode == 1
    assert "damaged or no checkpoint of GloMPO" in told.stderr

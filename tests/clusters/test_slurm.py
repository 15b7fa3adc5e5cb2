"""A real Slurm of one node: runs submit their workers as batch jobs, and are batch jobs themselves."""

import os
import sys
from pathlib import Path

import pytest

from glompo.errors import SettingError, UserError
from glompo.evaluators.dask.cluster import Cluster
from glompo.events import Evaluated, SessionClosed
from glompo.function import Status
from glompo.storage.reader import read_events

from .slurm import Slurm, missing

REASON = missing()


def needs_slurm(test):
    """Mark a test that starts a Slurm."""
    return pytest.mark.chaos(pytest.mark.skipif(bool(REASON), reason=REASON or "it is there")(test))


JOBS = """
[cluster]
queue = "short"
cores = 2
memory = "1GB"
walltime = "00:10:00"
interface = "lo"
scheduler_options = {dashboard_address = "127.0.0.1:0"}
"""
"""Settings of the worker jobs; all of them stay on loopback."""


@pytest.fixture
def slurm(tmp_path, monkeypatch):
    """Return a Slurm that is there for one test."""
    folder = tmp_path / "slurm"
    folder.mkdir()
    slurm = Slurm(folder)
    monkeypatch.setenv("SLURM_CONF", slurm.environment["SLURM_CONF"])
    try:
        slurm.start()
        yield slurm
    finally:
        slurm.stop()


def statuses(run_dir):
    return [Status(code) for event in read_events(run_dir) if isinstance(event, Evaluated) for code in event.status]


@needs_slurm
def test_a_run_submits_its_workers_and_ends_their_jobs(slurm, project, glompo):
    done = glompo("run", "--cluster", "slurm", project.config(JOBS))
    assert done.returncode == 0, done.stderr
    assert statuses(project.folder / "run") == [Status.OK] * 60
    assert len(project.calls) == 60
    jobs = slurm.jobs("dask-worker")
    assert len(jobs) == 2  # max_jobs = 4 by two cores
    for job in jobs:
        slurm.await_job(job, "CANCELLED", "COMPLETED", "FAILED")  # whichever Dask was quicker to do


@needs_slurm
def test_a_worker_job_that_is_cancelled_is_followed_by_another_and_costs_the_run_nothing(slurm, project, glompo):
    config = project.config(JOBS, "jobs = 1", task="bowls:cancels_its_job_once")
    done = glompo("run", "--cluster", "slurm", config)
    assert done.returncode == 0, done.stderr
    assert statuses(project.folder / "run") == [Status.OK] * 60
    first, *others = slurm.jobs("dask-worker")
    assert slurm.state(first) == "CANCELLED"
    assert others


@needs_slurm
def test_what_slurm_refuses_is_said_before_anything_begins(slurm, project, glompo):
    done = glompo("run", "--cluster", "slurm", project.config(JOBS.replace("short", "nowhere")))
    assert done.returncode == 2
    assert "Slurm refuses such jobs: " in done.stderr
    assert "nvalid partition" in done.stderr
    assert not (project.folder / "run").exists()


@needs_slurm
def test_a_queue_that_gives_no_job_in_time_is_given_up(slurm, project, glompo):
    slurm.run("sbatch", "--ntasks=4", "--output=/dev/null", "--wrap=sleep 1000")  # another job has the whole node
    done = glompo("run", "--cluster", "slurm", project.config(JOBS, "wait = 5"))
    assert done.returncode == 2
    assert "the cluster of 2 Slurm jobs has no worker after 5 s; look at 'squeue --me'" in done.stderr
    assert not (project.folder / "run").exists()


@needs_slurm
def test_when_the_run_is_killed_its_jobs_end(slurm, project, launched):
    run = launched("run", "--cluster", "slurm", project.config(JOBS, task="bowls:slow", budget=10_000))
    project.await_calls(8)
    run.kill()
    for job in slurm.jobs("dask-worker"):
        slurm.await_job(job, "COMPLETED", "FAILED", "CANCELLED")


@pytest.fixture
def batch(slurm, project, monkeypatch):
    """Return a function that submits the script of the documentation, as the page has it."""
    page = (Path(__file__).parents[2] / "docs" / "clusters-slurm.md").read_text()
    (project.folder / "fit.sh").write_text(page.partition('title="fit.sh"\n')[2].partition("```")[0])
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")

    def submit(*options):
        slurm.environment = dict(os.environ)
        where = ("--parsable", f"--chdir={project.folder}", f"--output={project.folder}/output", "--ntasks=4")
        return slurm.run("sbatch", *where, *options, project.folder / "fit.sh").strip()

    return submit


RESUMED = ('resume = "auto"', 'evaluator = "pool"', "evaluation_timeout = 60")


@needs_slurm
def test_a_run_that_is_pre_empted_leaves_in_order_and_goes_on_when_the_node_is_free(slurm, project, batch):
    project.config(*RESUMED, task="bowls:slow", budget=2000)
    job = batch()
    project.await_calls(20)
    slurm.run("sbatch", "--partition=urgent", "--ntasks=4", "--output=/dev/null", "--wrap=sleep 1")
    slurm.await_job(job, "PENDING", "REQUEUED")
    assert 20 <= len(project.calls) < 2000
    (project.folder / "hurry").touch()
    slurm.await_job("2", "COMPLETED")
    slurm.await_job(job, "COMPLETED")
    assert statuses(project.folder / "run") == [Status.OK] * 2000
    assert 2000 <= len(project.calls) <= 2004  # Slurm's SIGTERM ends evaluations under way: they were made again
    sessions = [event for event in read_events(project.folder / "run") if isinstance(event, SessionClosed)]
    assert len(sessions) == 2


@needs_slurm
def test_a_run_whose_time_is_over_goes_on_in_the_next_job(slurm, project, batch):
    project.config(*RESUMED, task="bowls:slow", budget=2000)
    job = batch("--time=00:01:00", "--signal=B:USR1@58")
    project.await_calls(20)
    slurm.await_job(job, "PENDING", "REQUEUED")
    (project.folder / "hurry").touch()
    slurm.run("scontrol", "update", f"JobId={job}", "TimeLimit=00:10:00")
    slurm.await_job(job, "COMPLETED")
    assert statuses(project.folder / "run") == [Status.OK] * 2000
    assert len(project.calls) == 2000


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Dask, of what it could not construct
def test_settings_that_dask_jobqueue_does_not_know_are_refused(tmp_path, monkeypatch):
    pytest.importorskip("dask_jobqueue")
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "sbatch").write_text("")
    (tmp_path / "sbatch").chmod(0o755)
    for settings, message in (
        ({"cores": 2, "memory": "1GB", "quue": "short"}, "quue"),
        ({"memory": "1GB"}, "cores"),
    ):
        with pytest.raises(SettingError, match=f"SLURMCluster does not take the settings of the cluster, .*{message}"):
            Cluster.of("slurm", settings).evaluator(abs, 2, False)


def test_without_sbatch_the_run_is_refused(tmp_path, monkeypatch):
    pytest.importorskip("dask_jobqueue")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="there is no sbatch here; run on a login node"):
        Cluster.of("slurm", {"cores": 2, "memory": "1GB"}).evaluator(abs, 2, False)

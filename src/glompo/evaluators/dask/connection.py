"""Connections to Dask clusters: one that is there, or one of batch jobs that lives as long as the run."""

from __future__ import annotations

import math
import platform
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from glompo._version import __version__
from glompo.errors import SettingError, UserError
from glompo.evaluators.pool.limits import whole
from glompo.loggers import library_logger
from glompo.optional import library

TIMEOUT = 10.0
"""Seconds in which a scheduler must answer."""

logger = library_logger("glompo.evaluators.dask.evaluator")


@contextmanager
def connected(address: str, wait: float) -> Iterator[Any]:
    """Lend a client of the scheduler at `address`, ``"host:port"``, when it has a worker; `wait` seconds at most.

    Raises
    ------
    UserError
        If no scheduler answers, or there is no worker.
    """
    dask = library("the cluster", "distributed", "cluster")
    try:
        client = dask.Client(address, timeout=TIMEOUT, set_as_default=False)
    except (OSError, ValueError) as error:
        raise UserError(
            f"no Dask scheduler answers at {address} within {TIMEOUT:g} s: {error}; begin one with 'dask scheduler', "
            "or mend host and port"
        ) from error
    with client:
        _await_worker(client, wait, f"the scheduler at {address}", f"begin some with 'dask worker {address}'")
        yield client


@contextmanager
def batch_jobs(settings: Mapping[str, Any], slots: int, wait: float) -> Iterator[Any]:
    """Lend a client of a cluster of Slurm jobs, when one has begun; they are ended behind it.

    A job that ends, at its walltime or because it was cancelled, is followed by another.

    Parameters
    ----------
    settings : mapping
        What `SLURMCluster` takes, beside or instead of dask-jobqueue's own configuration; and `jobs`, by default as
        many as `slots` need.
    slots : int
        Evaluations in flight at most.
    wait : float
        Seconds at most until the first job is at work.

    Raises
    ------
    UserError
        If a package or Slurm is not there, Slurm refuses such jobs, or none begins in time.
    """
    queue = library("the cluster", "dask_jobqueue", "cluster")
    if shutil.which("sbatch") is None:
        raise UserError("the cluster is 'slurm', but there is no sbatch here; run on a login node of the cluster")
    rest = dict(settings)
    jobs = rest.pop("jobs", None)
    if _configured("processes") is None:  # dask-jobqueue would make several, and Dask replace no job of several
        rest.setdefault("processes", 1)  # evaluations have processes of their own anyway
    try:
        cluster = queue.SLURMCluster(**rest)
    except (TypeError, ValueError) as error:
        raise SettingError(
            f"SLURMCluster does not take the settings of the cluster, {dict(settings)!r}: {error}"
        ) from error
    try:
        _check_job(cluster.job_script())
        number = _jobs_for(slots, rest) if jobs is None else whole(jobs, "jobs of the cluster", 1)
        cluster.adapt(minimum_jobs=number, maximum_jobs=number)  # unlike scale, it follows up jobs that end
        with import_module("distributed").Client(cluster, set_as_default=False) as client:
            remedy = "look at 'squeue --me' and at the output of the jobs, slurm-*.out"
            _await_worker(client, wait, f"the cluster of {number} Slurm jobs", remedy)
            yield client
    finally:
        _close(cluster)


def same_everywhere(client: Any) -> None:
    """Make sure that all workers have this GloMPO and this Python.

    Raises
    ------
    UserError
        Naming a worker and what it has.
    """
    ours = installed()
    for worker, theirs in client.run(installed, on_error="return").items():
        if isinstance(theirs, Exception):
            raise UserError(
                f"the worker {worker} cannot use GloMPO: {theirs}; install there what is installed here, {_said(ours)}"
            )
        if tuple(theirs) != ours:
            raise UserError(f"the worker {worker} has {_said(theirs)}, but here is {_said(ours)}; install the same")


def installed() -> tuple[str, str]:
    """Return the version of GloMPO, and that of Python as far as tasks that are sent depend on it."""
    return __version__, ".".join(platform.python_version_tuple()[:2])


def _said(versions: tuple[str, str]) -> str:
    return f"GloMPO {versions[0]} on Python {versions[1]}"


def _await_worker(client: Any, wait: float, whose: str, remedy: str) -> None:
    try:
        client.wait_for_workers(1, timeout=wait)
    except TimeoutError as error:
        raise UserError(f"{whose} has no worker after {wait:g} s; {remedy}, or raise 'wait' of the cluster") from error


def _check_job(script: str) -> None:
    """Have Slurm look at a job without submitting it: what it refuses later, it refuses in the background."""
    done = subprocess.run(["sbatch", "--test-only"], input=script, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UserError(
            f"Slurm refuses such jobs: {done.stderr.strip()}; mend the settings of the cluster. The job:\n{script}"
        )


def _jobs_for(slots: int, settings: Mapping[str, Any]) -> int:
    cores: int = settings.get("cores") or _configured("cores")
    return math.ceil(slots / cores)


def _configured(name: str) -> Any:
    """Return what dask-jobqueue's own configuration says."""
    return import_module("dask").config.get(f"jobqueue.slurm.{name}", None)


def _close(cluster: Any) -> None:
    try:
        cluster.close()
    except Exception as error:  # it fails on jobs that could not be submitted; the run and its result are complete
        logger.warning("the cluster of batch jobs did not close in order: %s: %s", type(error).__name__, error)

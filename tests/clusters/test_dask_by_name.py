"""A run moves to a Dask cluster by one option, and survives what happens to workers there."""

import socket
import sys

import pytest

from glompo import minimize
from glompo.errors import SettingError, SettingTypeError, UserError
from glompo.evaluators.dask import connection as dask_connection
from glompo.evaluators.dask.cluster import Cluster
from glompo.events import Evaluated
from glompo.function import Status
from glompo.optimizers import RandomSampling
from glompo.storage.reader import read_events

distributed = pytest.importorskip("distributed", reason="distributed is not installed")

WORKERS = {"n_workers": 2, "threads_per_worker": 2}
QUIET = {"processes": True, "dashboard_address": "127.0.0.1:0", "silence_logs": 50}


@pytest.fixture(scope="module")
def address():
    """Return where the scheduler of two worker processes listens."""
    with distributed.LocalCluster(**WORKERS, **QUIET) as cluster:
        yield cluster.scheduler_address.replace("tcp://", "dask://")


@pytest.fixture
def mortals():
    """Return the same, of workers that may be killed."""
    with distributed.LocalCluster(**WORKERS, **QUIET) as cluster:
        yield cluster.scheduler_address.replace("tcp://", "dask://")


def workers(address):
    """Return which worker processes there are."""
    with distributed.Client(address.removeprefix("dask://"), set_as_default=False) as client:
        return set(client.scheduler_info(n_workers=-1)["workers"])


def statuses(run_dir):
    return [Status(code) for event in read_events(run_dir) if isinstance(event, Evaluated) for code in event.status]


def run(task, address, tmp_path, **settings):
    usual = {"max_evaluations": 40, "max_jobs": 4, "rng": 1, "optimizers": RandomSampling(workers=4)}
    return minimize(
        task, [(-5, 5)] * 2, evaluator=address, working_dir=tmp_path / "run", **{**usual, **settings}
    )  # fmt: skip


def test_a_configuration_moves_to_a_cluster_by_one_option(address, project, glompo):
    done = glompo("run", "--cluster", address, project.config())
    assert done.returncode == 0, done.stderr
    assert "nfev: 60" in done.stdout
    assert statuses(project.folder / "run") == [Status.OK] * 60
    assert len(project.calls) == 60
    assert len(set(project.calls)) <= 4  # guarded processes of the workers, which stay


def test_an_evaluator_in_the_configuration_does_the_same(address, project, glompo):
    done = glompo("run", project.config(f'evaluator = "{address}"', "evaluation_timeout = 60", "[cluster]", "wait = 9"))
    assert done.returncode == 0, done.stderr
    assert statuses(project.folder / "run") == [Status.OK] * 60


def test_a_worker_killed_in_the_middle_of_an_evaluation_costs_the_run_nothing(mortals, project, glompo):
    before = workers(mortals)
    done = glompo("run", "--cluster", mortals, project.config(task="bowls:kills_its_worker_once"))
    assert done.returncode == 0, done.stderr
    assert statuses(project.folder / "run") == [Status.OK] * 60
    again = len(project.calls) - 60
    assert 1 <= again <= WORKERS["threads_per_worker"]  # what that worker was evaluating, and nothing else
    assert len(before & workers(mortals)) == 1


def test_an_evaluation_that_kills_each_worker_is_given_up_and_the_budget_is_used_exactly(mortals, tmp_path):
    path = tmp_path / "calls"

    def kills(x):
        import os
        import signal

        with path.open("a") as file:
            file.write("x")
        if x[0] > 4.4:
            os.kill(os.getppid(), signal.SIGKILL)
            signal.pause()
        return float(x @ x)

    result = run(kills, mortals, tmp_path, max_jobs=1, optimizers=RandomSampling())  # alone, so that no other is hit
    found = statuses(tmp_path / "run")
    assert result.nfev == len(found) == 40
    points = [x for event in read_events(tmp_path / "run") if isinstance(event, Evaluated) for x in event.X]
    crashed = found.count(Status.CRASHED)
    assert crashed == sum(x[0] > 4.4 for x in points) == 1
    assert found.count(Status.OK) == 40 - crashed
    assert len(path.read_text()) == 40 + crashed  # it was tried once more


def test_a_deadline_holds_for_a_loop_in_c_that_keeps_the_interpreter_lock(address, tmp_path):
    def hangs(x):
        import re

        if x[0] > 4:
            re.match(r"(a+)+$", "a" * 60 + "b")
        return float(x @ x)

    before = workers(address)
    result = run(hangs, address, tmp_path, evaluation_timeout=1.0)
    found = statuses(tmp_path / "run")
    assert result.nfev == len(found) == 40
    assert set(found) == {Status.OK, Status.TIMEOUT}
    assert workers(address) == before


def test_no_scheduler_answers(tmp_path, monkeypatch):
    monkeypatch.setattr(dask_connection, "TIMEOUT", 0.5)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and it does not listen
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"no Dask scheduler answers at 127.0.0.1:{port} within 0.5 s: .*'dask sch"):
            run(lambda x: 0.0, f"dask://127.0.0.1:{port}", tmp_path)
    assert not (tmp_path / "run").exists()


def test_no_worker_comes(project, glompo):
    with distributed.LocalCluster(n_workers=0, **QUIET) as cluster:
        address = cluster.scheduler_address.replace("tcp://", "dask://")
        done = glompo("run", "--cluster", address, project.config("[cluster]", "wait = 0.2"))
    assert done.returncode == 2
    assert "has no worker after 0.2 s; begin some with 'dask worker 127.0.0.1:" in done.stderr
    assert not (project.folder / "run").exists()


def test_workers_with_another_glompo_are_refused(address, tmp_path, monkeypatch):
    monkeypatch.setattr(dask_connection, "__version__", "99.0")
    with pytest.raises(UserError, match=r"the worker tcp://.* has GloMPO .* but here is GloMPO 99.0 .*; install the"):
        run(lambda x: 0.0, address, tmp_path)
    assert not (tmp_path / "run").exists()


def test_workers_without_glompo_are_refused(tmp_path):
    def hide():
        import sys

        for name in [name for name in sys.modules if name.partition(".")[0] == "glompo"]:
            del sys.modules[name]
        sys.modules["glompo"] = None

    with (
        distributed.LocalCluster(n_workers=1, threads_per_worker=1, **QUIET) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        client.run(hide)
        address = cluster.scheduler_address.replace("tcp://", "dask://")
        with pytest.raises(UserError, match=r"cannot use GloMPO: .*No module named .*glompo.*; install there what"):
            run(lambda x: 0.0, address, tmp_path)


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"evaluator": "dask://here"}, SettingError, "'dask://here'; give host and port"),
        ({"evaluator": "dask://host:port"}, SettingError, "give host and port"),
        ({"cluster": "short"}, SettingTypeError, "cluster is 'short'; give its settings by name"),
        ({"cluster": {"wait": 0}}, SettingError, "wait of the cluster is 0; give seconds above 0"),
        ({"cluster": {"wait": "long"}}, SettingError, "wait of the cluster is 'long'"),
        ({"max_jobs": None}, SettingError, "max_jobs is None, .* give the number of evaluations in flight"),
        ({"max_jobs": -1}, SettingError, "max_jobs is -1"),
        ({"backend": "processes"}, SettingError, "use backend='threads'"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_connected(settings, error, message, tmp_path):
    with pytest.raises(error, match=message):
        minimize(abs, [(0, 1)], **{"max_jobs": 2, "evaluator": "dask://127.0.0.1:1", **settings}, working_dir=tmp_path)
    assert not list(tmp_path.iterdir())


def test_what_is_no_cluster_is_refused_with_the_remedy(project, glompo):
    done = glompo("run", "--cluster", "pool", project.config())
    assert (done.returncode, "--cluster is 'pool'; give 'dask://host:port' or 'slurm'" in done.stderr) == (2, True)
    with pytest.raises(SettingError, match="the cluster is 'pool'; give"):
        Cluster.of("pool")


@pytest.mark.parametrize(("evaluator", "module"), [("dask://127.0.0.1:1", "distributed"), ("slurm", "dask_jobqueue")])
def test_a_missing_package_is_named(evaluator, module, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(UserError, match=rf"{module}, which cannot be imported .*pip install 'glompo\[cluster\]'"):
        run(lambda x: 0.0, evaluator, tmp_path)


def test_what_is_printed_over_there_goes_into_the_files_of_whoever_asked(address, tmp_path):
    def talks(x):
        print("point", repr(float(x[0])))
        return float(x @ x)

    with distributed.Client(address.removeprefix("dask://"), set_as_default=False) as client:
        for name, evaluator in (("guarded", address), ("unguarded", client)):
            result = run(talks, evaluator, tmp_path / name, split_printstreams=True)
            for event in read_events(result.run_dir):
                if isinstance(event, Evaluated):
                    file = result.run_dir / "glompo_optimizer_printstreams" / f"printstream_{event.opt}.out"
                    assert {f"point {x!r}" for x in event.X[:, 0].tolist()} <= set(file.read_text().splitlines())

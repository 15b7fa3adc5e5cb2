"""On real worker processes of Dask, which are killed and restarted."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from glompo.details import Ask
from glompo.errors import SettingTypeError
from glompo.evaluators.protocol import NotEvaluated
from glompo.function import Status

from ..endings import PATIENCE, is_gone, wait_until
from .conftest import Notes
from .importable import troubles as t

distributed = pytest.importorskip("distributed", reason="distributed is not installed")

from glompo.evaluators.dask import worker_loop, worker_tracking  # noqa: E402
from glompo.evaluators.dask.evaluator import DaskEvaluator  # noqa: E402

QUIET = {"processes": True, "threads_per_worker": 1, "dashboard_address": "127.0.0.1:0", "silence_logs": 50}


def at(trouble, *rest):
    return np.array([trouble, *rest], dtype=float)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Return where the tasks of all tests leave their notes, and find their gate: workers outlive a test."""
    folder = tmp_path_factory.mktemp("dask")
    (folder / "notes").mkdir()
    os.mkfifo(folder / "gate")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NOTES", str(folder / "notes"))
        patch.setenv("GATE", str(folder / "gate"))
        patch.setattr(sys, "path", [str(Path(__file__).parent / "importable"), *sys.path])
        yield folder


@pytest.fixture(scope="module")
def cluster(place):
    with distributed.LocalCluster(n_workers=3, **QUIET) as cluster:
        yield cluster


@pytest.fixture
def client(cluster):
    with distributed.Client(cluster, set_as_default=False) as client:
        yield client


@pytest.fixture
def mortals(place):
    """Return the client of a cluster whose workers may be killed: Dask does not always restart one that dies young."""
    import dask

    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 1}),
        distributed.LocalCluster(n_workers=3, **QUIET) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        yield client


@pytest.fixture
def crew(place):
    """Return the client of two workers with four threads each."""
    with (
        distributed.LocalCluster(n_workers=2, **{**QUIET, "threads_per_worker": 4}) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        yield client


@pytest.fixture
def notes(place):
    yield Notes(place / "notes")
    for note in (place / "notes").iterdir():
        note.unlink()


@pytest.fixture
def client_here():
    """Return the client of a worker in this process, whose patience can be changed."""
    settings = {"n_workers": 1, "threads_per_worker": 2, "processes": False, "dashboard_address": "127.0.0.1:0"}
    with (
        distributed.LocalCluster(**settings, silence_logs=50) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        yield client


def tasks(client):
    return client.run_on_scheduler(lambda dask_scheduler: [*dask_scheduler.tasks])


def queues(client):
    return client.run_on_scheduler(lambda dask_scheduler: [*dask_scheduler.extensions["queues"].queues])


def test_a_guarded_cluster_survives_what_a_pool_survives(client, notes):
    workers = set(client.scheduler_info()["workers"])
    evaluator = DaskEvaluator(client, "troubles:task", timeout=5.0, memory_limit=200 * 2**20)
    troubles = [t.HANG_WITH_GRANDCHILD, t.HANG_IN_C, t.KILL_SELF, t.SEGFAULT, t.HOG, t.RAISE, t.NAN, t.VALUE]
    futures = [evaluator.submit(at(trouble, 2.0)) for trouble in troubles]
    expected = [Status.TIMEOUT] * 2 + [Status.CRASHED] * 2
    expected += [Status.OUT_OF_MEMORY, Status.FAILED, Status.INVALID, Status.OK]
    assert [future.result(PATIENCE).status for future in futures] == expected
    assert set(client.scheduler_info()["workers"]) == workers
    (grandchild,) = notes.pids
    assert is_gone(grandchild)
    guarded = [int(evaluator.evaluate(at(t.PID)).fx) for _ in range(3)]
    evaluator.close()
    assert all(is_gone(pid) for pid in guarded)


def test_nothing_is_left_on_the_scheduler(client):
    evaluator = DaskEvaluator(client, "troubles:task")
    assert [evaluator.submit(at(t.VALUE, x)).result(PATIENCE).fx for x in range(5)] == [0, 1, 4, 9, 16]
    assert tasks(client)
    evaluator.close()
    wait_until(lambda: not tasks(client) and not queues(client))


def test_more_evaluations_than_threads_are_all_made(client):
    evaluator = DaskEvaluator(client, "troubles:task")
    futures = [evaluator.submit(at(t.VALUE, x)) for x in range(100)]
    assert [future.result(PATIENCE).fx for future in futures] == [x * x for x in range(100)]
    evaluator.close()


def test_a_slow_evaluation_keeps_no_answer_of_its_worker_back(crew, notes, place):
    evaluator = DaskEvaluator(crew, "troubles:task")
    slow = evaluator.submit(at(t.WAIT))
    with (place / "gate").open("wb"):  # it has begun
        quick = [evaluator.submit(at(t.VALUE, x)) for x in range(40)]
        assert [future.result(PATIENCE).fx for future in quick] == [x * x for x in range(40)]
        assert not slow.done()
    assert slow.result(PATIENCE).fx == 5.0
    assert len(notes.pids) == 1
    evaluator.close()
    wait_until(lambda: not tasks(crew) and not queues(crew))


def test_all_that_a_lost_worker_was_evaluating_is_evaluated_elsewhere(crew, tmp_path):
    log, gate = tmp_path / "log", tmp_path / "gate"
    log.mkdir()

    def task(x):
        (log / f"{x[0]:g}-{os.getpid()}").touch()
        while not gate.exists():
            time.sleep(0.01)
        return float(x[0])

    evaluator = DaskEvaluator(crew, task)
    futures = [evaluator.submit(np.array([x])) for x in range(8)]
    wait_until(lambda: len([*log.iterdir()]) == 8)
    lost = {path.name.split("-")[1] for path in log.iterdir()}.pop()
    os.kill(int(lost), signal.SIGKILL)
    assert is_gone(int(lost))
    gate.touch()
    assert [future.result(PATIENCE).fx for future in futures] == [float(x) for x in range(8)]
    made = [path.name.split("-") for path in log.iterdir()]
    assert all(len([pid for y, pid in made if y == x]) == 1 + ((x, lost) in map(tuple, made)) for x, _ in made)
    evaluator.close()
    wait_until(lambda: not queues(crew))


def test_large_tasks_and_large_extras_travel(client):
    big = np.ones(2 * dask_size())

    class Large:
        def __call__(self, x):
            return float(big.sum() + x[0])

        def detailed_call(self, x):
            return float(x[0]), np.arange(10**6)

    evaluator = DaskEvaluator(client, Large(), detailed=True)
    assert evaluator.evaluate(at(3)).extras[0].tolist() == list(range(10**6))
    evaluator.close()


def test_residuals_are_asked_for_in_the_same_streams(client):
    class Fit:
        def __call__(self, x):
            return float(x @ x)

        def residuals(self, x):
            return np.array([x[0], os.getpid() * 1e-12])

    first = DaskEvaluator(client, Fit())
    beside = first.beside(Ask.RESIDUALS)
    assert first.evaluate(at(3)).fx == float(at(3) @ at(3))
    (residuals,) = beside.evaluate(at(3)).extras
    assert residuals[0] == at(3)[0]
    assert round(residuals[1] * 1e12) != os.getpid()
    beside.close()
    assert first.evaluate(at(2)).status is Status.OK
    first.close()


def dask_size():
    from glompo.evaluators.remote import SMALL

    return SMALL


def test_an_evaluation_whose_worker_is_lost_is_tried_once_elsewhere(mortals):
    evaluator = DaskEvaluator(mortals, "troubles:task")
    assert evaluator.evaluate(at(t.KILL_SELF)).error.startswith(
        "each worker that evaluated it was lost, the last at tcp://127.0.0.1:"
    )
    assert evaluator.evaluate(at(t.VALUE, 3.0)).fx == 9.0
    evaluator.close()
    wait_until(lambda: not queues(mortals))


def test_a_worker_killed_in_the_middle_of_an_evaluation_costs_nothing_but_time(mortals, notes, place):
    evaluator = DaskEvaluator(mortals, "troubles:task")
    future = evaluator.submit(at(t.WAIT))
    gate = place / "gate"
    with gate.open("wb"):  # it is open for reading: the task has begun
        (first,) = notes.pids
        os.kill(first, signal.SIGKILL)
        assert is_gone(first)
    gate.open("wb").close()
    assert future.result(PATIENCE).fx == 5.0
    assert len(notes.pids) == 2
    evaluator.close()


@pytest.mark.parametrize("retries", [0, 2])
def test_the_number_of_retries_is_kept_whatever_dask_allows(mortals, tmp_path, retries):
    log = tmp_path / "tries"

    def task(x):
        with log.open("a") as file:
            file.write("x")
        os._exit(1)

    evaluator = DaskEvaluator(mortals, task, retries=retries)
    assert evaluator.evaluate(np.zeros(1)).status is Status.CRASHED
    assert len(log.read_text()) == retries + 1
    evaluator.close()


def test_a_task_that_cannot_be_loaded_over_there_has_failed(client):
    evaluator = DaskEvaluator(client, "nowhere:task")
    outcome = evaluator.evaluate(np.zeros(1))
    assert outcome.status is Status.FAILED
    assert "No module named 'nowhere'" in outcome.error
    evaluator.close()


def test_a_client_that_is_closed_too_early_leaves_no_caller_waiting(cluster, notes, place):
    with distributed.Client(cluster, set_as_default=False) as client:
        evaluator = DaskEvaluator(client, "troubles:task")
        future = evaluator.submit(at(t.WAIT))
        place.joinpath("gate").open("wb").close()  # it had begun, and goes on
    assert future.exception(PATIENCE) is None or isinstance(future.exception(), NotEvaluated)
    with pytest.raises(NotEvaluated, match="the Dask client is closed"):
        evaluator.evaluate(at(t.VALUE))
    evaluator.close()


def test_a_cluster_without_workers_is_awaited_so_long_and_then_takes_nothing(monkeypatch):
    monkeypatch.setattr(worker_tracking, "WATCH_PERIOD", 0.05)
    settings = {"n_workers": 0, "processes": False, "dashboard_address": "127.0.0.1:0", "silence_logs": 50}
    with (
        distributed.LocalCluster(**settings) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        evaluator = DaskEvaluator(client, t.task, wait=0.1)
        with pytest.raises(NotEvaluated, match=r"the cluster has had no worker for 0\.1 s"):
            evaluator.evaluate(at(t.VALUE))
        evaluator.close(kill=True)


class Scheduler:
    """A scheduler with one worker, in processes that can be killed."""

    def __init__(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = str(free.getsockname()[1])
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.processes = []
        self.begin()

    def begin(self):
        here = ["--host", "127.0.0.1", "--no-dashboard"]
        self.start("scheduler", "--port", self.port, *here)
        self.start("worker", self.address, "--nthreads", "1", "--no-nanny", *here)

    def start(self, what, *arguments):
        command = [sys.executable, "-m", f"distributed.cli.dask_{what}", *arguments]
        self.processes.append(
            subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        )

    def kill(self):
        for process in self.processes:
            process.kill()
            process.wait()


@pytest.fixture
def scheduler(place):
    started = Scheduler()
    yield started
    started.kill()


def test_a_scheduler_that_is_killed_costs_no_evaluation_whether_it_comes_back_or_not(scheduler, notes, place):
    with distributed.Client(scheduler.address, timeout=PATIENCE, set_as_default=False) as client:
        evaluator = DaskEvaluator(client, "troubles:task", wait=PATIENCE)
        future = evaluator.submit(at(t.WAIT))
        with (place / "gate").open("wb"):  # it has begun
            scheduler.kill()
        waiting = evaluator.submit(at(t.VALUE, 3.0))
        scheduler.begin()
        (place / "gate").open("wb").close()  # it has begun once more
        assert future.result(PATIENCE).fx == 5.0
        assert waiting.result(PATIENCE).fx == 9.0
        evaluator._wait = 0.1
        scheduler.kill()
        for _ in range(2):
            with pytest.raises(
                NotEvaluated, match=f"the Dask scheduler at {scheduler.address} is lost, and was not back"
            ):
                evaluator.evaluate(at(t.VALUE))
        evaluator.close(kill=True)


def test_streams_without_work_end(client_here, monkeypatch):
    monkeypatch.setattr(worker_tracking, "IDLE_LIMIT", 0.1)
    evaluator = DaskEvaluator(client_here, t.task)
    assert evaluator.evaluate(at(t.VALUE, 2.0)).fx == 4.0
    wait_until(lambda: not tasks(client_here))
    assert evaluator.evaluate(at(t.VALUE, 3.0)).fx == 9.0
    evaluator.close()


def test_a_stream_without_messages_ends_by_itself_and_another_takes_its_calls(client_here, monkeypatch):
    monkeypatch.setattr(worker_loop, "UNATTENDED_LIMIT", 0.1)
    evaluator = DaskEvaluator(client_here, t.task)
    assert evaluator.evaluate(at(t.VALUE, 2.0)).fx == 4.0
    wait_until(lambda: not tasks(client_here))
    assert evaluator.evaluate(at(t.VALUE, 3.0)).fx == 9.0
    evaluator.close()


def test_an_asynchronous_client_is_refused(cluster):
    async def refused():
        async with distributed.Client(cluster.scheduler_address, asynchronous=True, set_as_default=False) as client:
            with pytest.raises(SettingTypeError, match="give one made without asynchronous=True"):
                DaskEvaluator(client, "troubles:task")

    import asyncio

    asyncio.run(refused())

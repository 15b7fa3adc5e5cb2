import os
import signal

import numpy as np
import pytest

from glompo.function import Status

from .conftest import PATIENCE, is_gone
from .importable import troubles as t

distributed = pytest.importorskip("distributed", reason="distributed is not installed")

from glompo.evaluators.dask import DaskEvaluator  # noqa: E402

pytestmark = pytest.mark.filterwarnings("default")  # those of Dask itself are not ours to mend


def at(trouble, *rest):
    return np.array([trouble, *rest], dtype=float)


@pytest.fixture
def client(notes, gate):
    settings = {"n_workers": 3, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with (
        distributed.LocalCluster(**settings, silence_logs=50) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def test_a_guarded_cluster_survives_what_a_pool_survives(client, notes):
    workers = set(client.scheduler_info()["workers"])
    evaluator = DaskEvaluator(client, "troubles:task", timeout=1.5, memory_limit=200 * 2**20)
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


def test_an_evaluation_whose_worker_is_lost_is_tried_once_elsewhere(client, notes):
    evaluator = DaskEvaluator(client, "troubles:task")
    assert evaluator.evaluate(at(t.KILL_SELF)).error.startswith("each worker that evaluated it was lost, the last at ")
    assert evaluator.evaluate(at(t.VALUE, 3.0)).fx == 9.0
    evaluator.close()


def test_a_worker_killed_in_the_middle_of_an_evaluation_costs_nothing_but_time(client, notes, gate):
    evaluator = DaskEvaluator(client, "troubles:task")
    future = evaluator.submit(at(t.WAIT))
    with gate.open("wb"):  # there is somebody to read: the task has begun
        (first,) = notes.pids
        os.kill(first, signal.SIGKILL)
        assert is_gone(first)
    gate.open("wb").close()
    assert future.result(PATIENCE).fx == 5.0
    assert len(notes.pids) == 2
    evaluator.close()


@pytest.mark.parametrize("retries", [0, 1, 2])
def test_the_number_of_retries_is_kept(client, notes, tmp_path, retries):
    log = tmp_path / "tries"

    def task(x):
        with log.open("a") as file:
            file.write("x")
        os._exit(1)

    evaluator = DaskEvaluator(client, task, retries=retries)
    assert evaluator.evaluate(np.zeros(1)).status is Status.CRASHED
    assert len(log.read_text()) == retries + 1
    evaluator.close()

"""Evaluations that cannot hurt the run, from the outside."""

import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

import glompo
from glompo.errors import SettingError
from glompo.events import Evaluated, Started
from glompo.function import Status
from glompo.optimizers import CMAOptimizer, LeastSquares, RandomSampling
from glompo.read import load
from glompo.storage.reader import read_events

BOX = [(-5, 5)] * 3


def sphere(x):
    return float(x @ x)


def troublesome(x):
    if x[0] > 4:
        threading.Event().wait(60)
    if x[0] < -4:
        os.kill(os.getpid(), 9)
    if x[1] > 4:
        raise ValueError("no")
    return float(x @ x)


def statuses(result):
    batches = [event for event in read_events(result.run_dir) if isinstance(event, Evaluated)]
    return [Status(s) for batch in batches for s in batch.status]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("backend", ["threads", "processes"])
def test_hangs_and_crashes_are_recorded_and_the_budget_is_used_exactly(backend):
    result = glompo.minimize(
        troublesome, BOX, optimizers=RandomSampling(workers=2), max_evaluations=30, max_jobs=2, rng=3,
        evaluator="pool", evaluation_timeout=1.0, backend=backend,
    )  # fmt: skip
    found = statuses(result)
    assert result.nfev == len(found) == 30
    assert {Status.OK, Status.TIMEOUT, Status.CRASHED, Status.FAILED} == set(found)
    assert all(row.how != "lost" for row in result.optimizers)


def test_a_pool_uses_processes_of_its_own_for_all_optimizers():
    result = glompo.minimize(
        lambda x: float(os.getpid()), BOX, optimizers=[CMAOptimizer(workers=2), RandomSampling], max_evaluations=60,
        max_jobs=3, evaluator="pool",
    )  # fmt: skip
    values = {v for e in read_events(result.run_dir) if isinstance(e, Evaluated) for v in e.f.tolist()}
    assert 1 <= len(values) <= 3
    assert os.getpid() not in values


@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_any_executor_will_do(kind):
    made = ThreadPoolExecutor(2) if kind == "threads" else ProcessPoolExecutor(2, mp_context=get_context("spawn"))
    with made as executor:
        result = glompo.minimize(
            sphere, BOX, optimizers=CMAOptimizer(workers=2), max_evaluations=50, max_jobs=2, evaluator=executor
        )
    assert result.nfev == 50
    assert set(statuses(result)) == {Status.OK}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"evaluator": "inline", "evaluation_timeout": 3}, "cannot be kept with evaluator='inline'"),
        ({"evaluator": "inline", "memory_limit": 10**9}, "use evaluator='pool'"),
        ({"evaluator": "cloud"}, "evaluator is 'cloud'"),
        ({"evaluator": 5}, "evaluator is 5"),
        ({"evaluator": "pool", "evaluation_timeout": -1}, "-1"),
        ({"optimizers": LeastSquares}, "LeastSquares needs"),
    ],
)
def test_what_does_not_go_together_is_refused_with_the_remedy(settings, message, tmp_path):
    with pytest.raises(glompo.UserError, match=message):
        glompo.minimize(sphere, BOX, max_evaluations=5, **settings)
    assert list(tmp_path.iterdir()) == []


def test_an_executor_does_not_go_into_processes():
    with ThreadPoolExecutor(1) as executor, pytest.raises(glompo.UserError, match="use backend='threads'"):
        glompo.minimize(sphere, BOX, max_evaluations=5, evaluator=executor, backend="processes")


class Residuals:
    def __call__(self, x):
        return float(x @ x)

    def detailed_call(self, x):
        return (float(x @ x), *x.tolist(), float(os.getpid()))


@pytest.mark.parametrize("backend", ["threads", "processes"])
def test_details_are_computed_where_all_else_is(backend):
    result = glompo.minimize(
        Residuals(), BOX, optimizers=LeastSquares(columns=[0, 1, 2]), max_evaluations=30, max_jobs=1,
        evaluator="pool", backend=backend,
    )  # fmt: skip
    batches = [event for event in read_events(result.run_dir) if isinstance(event, Evaluated)]
    computed_in = {row[-1] for batch in batches for row in batch.extras if row}
    lived_in = {os.getpid()} | {
        int(event.worker.split()[-1])
        for event in read_events(result.run_dir)
        if isinstance(event, Started) and event.worker.startswith("process")
    }
    assert computed_in
    assert not computed_in & lived_in


def cleans_up_or_not(x):
    """Hang; SIGTERM is answered by writing down that it came, half a second later."""

    def end(*_):
        Path("asked").touch()
        threading.Event().wait(0.5)
        Path("cleaned up").touch()
        os._exit(1)

    signal.signal(signal.SIGTERM, end)
    threading.Event().wait(60)


@pytest.mark.parametrize(("grace", "done"), [({"evaluation_grace": 30.0}, True), ({"evaluation_grace": 0.0}, False)])
def test_an_evaluation_that_is_ended_has_the_time_to_clean_up_that_the_user_gives(grace, done):
    result = glompo.minimize(
        cleans_up_or_not, BOX, optimizers=RandomSampling, max_evaluations=1, max_jobs=1, evaluator="pool",
        evaluation_timeout=1.0, **grace,
    )  # fmt: skip
    assert statuses(result) == [Status.TIMEOUT]
    assert Path("cleaned up").exists() == done


def threads(x):
    return float(os.environ["OMP_NUM_THREADS"])


@pytest.mark.parametrize(("given", "used"), [({}, 1), ({"evaluation_threads": 3}, 3)])
def test_numerical_libraries_use_as_many_threads_as_the_user_gives(given, used):
    result = glompo.minimize(threads, BOX, optimizers=RandomSampling, max_evaluations=2, evaluator="pool", **given)
    assert result.fx == used


@pytest.mark.parametrize("engine", ["inline", ThreadPoolExecutor])
def test_a_number_of_threads_that_cannot_be_kept_is_refused(engine):
    evaluator = engine if isinstance(engine, str) else engine(1)
    with pytest.raises(SettingError, match=r"evaluation_threads is 4, .* use evaluator='pool'"):
        glompo.minimize(sphere, BOX, max_evaluations=2, max_jobs=1, evaluator=evaluator, evaluation_threads=4)
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("limit", [{"evaluation_timeout": 30}, {"adaptive_timeout": 9.0}, {"memory_limit": 4 * 10**9}])
def test_a_limit_without_an_evaluator_selects_the_pool(limit, tmp_path):
    result = glompo.minimize(
        sphere, [(-1, 1)] * 2, optimizers=RandomSampling, max_evaluations=3, max_jobs=1, working_dir=tmp_path, **limit
    )
    assert result.nfev == 3
    assert load(result.run_dir).opening.settings["evaluator"] == "pool"

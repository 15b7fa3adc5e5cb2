"""Tasks and optimizers that fork: the copies have no part in the run, and can be ended."""

import multiprocessing
import os
import pickle
import signal
import subprocess
import sys

import numpy as np
import pytest

from glompo.optimizers import FunctionOptimizer, RandomSampling
from glompo.signal_handlers import handling

BOX = [(-5, 5)] * 2
FORK = multiprocessing.get_context("fork")

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*multi-threaded, use of fork:DeprecationWarning"
)  # Python 3.12 and later

PLACES = [("threads", "inline"), ("processes", "inline"), ("threads", "pool")]


def spread(x):
    with FORK.Pool(1) as pool:  # leaving the block terminates its worker by SIGTERM, and waits for its end
        return float(sum(pool.map(abs, x.tolist())))


def terminating(x):
    child = FORK.Process(target=signal.pause)
    child.start()
    child.terminate()
    child.join()
    return float(-child.exitcode)


def fork_that_comes_out(x):
    """Let a copy of the process return, raise or leave by sys.exit as if it were the original."""
    child = os.fork()
    if child == 0:
        if x[0] > 0:
            sys.exit(7)
        return 1000.0
    return float(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


@pytest.mark.parametrize(("backend", "evaluator"), PLACES)
def test_a_task_may_use_a_pool_of_forks(run, backend, evaluator):
    result, record = run(
        spread, BOX, optimizers=RandomSampling(), max_evaluations=3, max_jobs=1, backend=backend, evaluator=evaluator
    )
    assert result.nfev == 3
    np.testing.assert_allclose(record.f, np.abs(record.X).sum(axis=1))


@pytest.mark.parametrize(("backend", "evaluator"), PLACES)
def test_a_task_may_terminate_a_fork(run, backend, evaluator):
    _, record = run(
        terminating,
        BOX,
        optimizers=RandomSampling(),
        max_evaluations=2,
        max_jobs=1,
        backend=backend,
        evaluator=evaluator,
    )
    assert record.f.tolist() == [signal.SIGTERM] * 2


# in a process of its own, without threads: Python cannot tell others that such a copy has none of them
COMPILED = """
import ctypes, os
from glompo.evaluators.call import outcome_of

def task(x):
    child = ctypes.PyDLL(None).fork()
    return 1000.0 if child == 0 else float(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))

print(outcome_of(task, 0, None).fx)
"""


def test_a_fork_that_compiled_code_made_ends_as_well():
    done = subprocess.run([sys.executable, "-c", COMPILED], capture_output=True, text=True, check=True)
    assert done.stdout == "1.0\n"


@pytest.mark.parametrize(("backend", "evaluator"), PLACES)
def test_a_fork_that_comes_out_of_the_task_ends_there(run, backend, evaluator):
    result, record = run(
        fork_that_comes_out,
        BOX,
        optimizers=RandomSampling(),
        max_evaluations=8,
        max_jobs=1,
        backend=backend,
        evaluator=evaluator,
    )
    assert result.nfev == 8
    assert record.f.tolist() == [7.0 if x[0] > 0 else 1.0 for x in record.X]
    assert set(record.f) == {1.0, 7.0}


def tell(line, function, x):
    try:
        line.send(f"a value: {function(x)}")
    except BaseException as error:
        line.send(f"{type(error).__name__}: {error}")


def forking(f, x0, bounds):
    """Call the function in a fork, and return what comes of that as the reason of the end."""
    ours, theirs = FORK.Pipe()
    child = FORK.Process(target=tell, args=(theirs, f, x0))
    child.start()
    f(x0)
    child.join()
    raise RuntimeError(ours.recv())


@pytest.mark.parametrize("backend", ["threads", "processes"])
def test_an_optimizer_that_calls_the_function_in_a_fork_is_told_there_and_the_run_goes_on(run, backend):
    result, record = run(
        np.linalg.norm, BOX, optimizers=FunctionOptimizer(forking), max_evaluations=2, max_jobs=1, backend=backend
    )
    assert result.nfev == 2 == len(record.f)
    told = result.optimizers[0].ended_because
    assert told.startswith("RuntimeError: WorkerError: process")
    assert "is a fork of process" in told
    assert "function.map(X)" in told


def sending(f, x0, bounds):
    f(x0)
    pickle.dumps(f._function)


def test_the_function_cannot_be_sent_to_another_process_and_says_so(run):
    result, _ = run(np.linalg.norm, BOX, optimizers=FunctionOptimizer(sending), max_evaluations=2, max_jobs=1)
    assert "cannot be sent to another process" in result.optimizers[0].ended_because


def test_a_fork_begins_with_the_handlers_that_there_were_before_all_of_ours():
    def dispositions():
        return [signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGUSR1)]

    before = dispositions()
    with handling([signal.SIGTERM], lambda *_: None), handling([signal.SIGTERM, signal.SIGUSR1], lambda *_: None):
        child = os.fork()
        if child == 0:
            os._exit(0 if dispositions() == before else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert dispositions() != before
    assert dispositions() == before

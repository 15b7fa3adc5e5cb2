import os
import pickle

import numpy as np
import pytest

from glompo.errors import SettingError, SettingTypeError
from glompo.evaluators.environment import environment
from glompo.evaluators.plan import EvaluatorPlan
from glompo.evaluators.pool.limits import Limits
from glompo.function import Status

from .importable import troubles as t


@pytest.mark.parametrize("kind", ["inline", "pool"])
@pytest.mark.parametrize("detailed", [False, True])
def test_a_plan_builds_what_it_says(kind, detailed):
    evaluator = EvaluatorPlan(kind=kind).build("troubles:DETAILED", 2, detailed)
    outcome = evaluator.submit(np.array([0.0, 3.0])).result()
    evaluator.close()
    assert (outcome.fx, outcome.status, len(outcome.extras)) == (3.0, Status.OK, 3 if detailed else 0)


def test_limits_reach_the_pool(notes):
    plan = EvaluatorPlan(
        kind="pool", limits=Limits(0.3), threads_per_worker=3, initial_environment={"A": "b"}, capture=True
    )
    evaluator = pickle.loads(pickle.dumps(plan)).build("troubles:task", 1, False)
    assert evaluator.evaluate(np.array([t.THREADS])).fx == 3.0
    assert evaluator.evaluate(np.array([t.HANG_IN_C])).error == "ended at its deadline of 0.3 s"
    assert evaluator.evaluate(np.array([t.PRINT_AND_RAISE])).error.endswith("step 1 done | step 2 done")
    evaluator.close()


@pytest.mark.parametrize("limit", [{"timeout": 1.0}, {"adaptive_timeout": 5.0}, {"memory": 2**30}])
def test_a_limit_inline_is_refused_with_the_remedy(limit):
    with pytest.raises(SettingError, match="a thread cannot be killed; use evaluator='pool'"):
        EvaluatorPlan(limits=Limits(**limit))


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"kind": "dask"}, SettingError, "evaluator is 'dask'; it is one of 'inline', 'pool'"),
        ({"threads_per_worker": 0}, SettingError, "threads_per_worker is 0; give 1 or more"),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused(settings, error, message):
    with pytest.raises(error, match=message):
        EvaluatorPlan(**settings)


def test_a_limit_that_is_no_number_of_bytes_is_refused():
    with pytest.raises(SettingTypeError, match="give a whole number of bytes"):
        Limits(memory="2 GB")
    with pytest.raises(SettingError, match="timeout is 0"):
        Limits(timeout=0)


def test_a_worker_process_of_an_mpi_process_is_no_mpi_process(monkeypatch):
    monkeypatch.setenv("PMI_RANK", "1")
    monkeypatch.setenv("OMPI_COMM_WORLD_RANK", "1")
    assert not {"PMI_RANK", "OMPI_COMM_WORLD_RANK"} & set(environment(1, {}))


def test_an_environment_without_limits_is_the_one_of_this_process():
    assert environment(None, {}) == dict(os.environ)

"""Slots and the threads of an evaluation: what is limited, and what is told."""

import json
import logging
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from glompo.cli.inspection import status_json, status_text
from glompo.optimizers import RandomSampling

BOX = [(-5, 5)] * 2


@pytest.fixture
def two_cpus(monkeypatch):
    """Let this process believe that a batch queue has given it two processors, or fewer if there are fewer."""
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", "2")
    return min(2, len(os.sched_getaffinity(0)))


@pytest.mark.parametrize(("jobs", "crowded"), [(8, True), (1, False)])
@pytest.mark.parametrize("backend", ["threads", "processes"])
def test_more_evaluations_than_processors_are_told_at_the_start_and_in_the_status(
    run, two_cpus, caplog, jobs, crowded, backend
):
    caplog.set_level(logging.INFO, "glompo")
    result, _ = run(
        lambda x: float(x @ x), BOX, optimizers=RandomSampling(iters=2), max_evaluations=4, max_jobs=jobs,
        backend=backend,
    )  # fmt: skip
    line = f"\n8 evaluations at once on {two_cpus} CPU"
    assert (line in status_text(result.run_dir)) is crowded
    assert ("8 evaluations at once share" in caplog.text) is crowded
    assert json.loads(status_json(result.run_dir))["cpus"] == two_cpus


def test_processors_of_others_are_not_counted(run, two_cpus):
    with ThreadPoolExecutor(2) as elsewhere:
        result, _ = run(
            lambda x: float(x @ x), BOX, optimizers=RandomSampling, max_evaluations=4, max_jobs=8, evaluator=elsewhere
        )
    assert "at once on" not in status_text(result.run_dir)


@pytest.mark.parametrize(
    ("evaluator", "backend"), [("pool", "threads"), ("pool", "processes"), ("inline", "processes")]
)
def test_numerical_libraries_have_one_thread_for_each_evaluation_in_a_child(run, monkeypatch, evaluator, backend):
    pytest.importorskip("threadpoolctl")

    def pools(x):
        import numpy as np
        import threadpoolctl

        np.ones((4, 4)) @ np.ones((4, 4))
        return float(max(pool["num_threads"] for pool in threadpoolctl.threadpool_info()))

    for name in [name for name in os.environ if name.endswith("_NUM_THREADS")]:
        monkeypatch.delenv(name)
    result, _ = run(
        pools, BOX, optimizers=RandomSampling, max_evaluations=2, max_jobs=1, evaluator=evaluator, backend=backend
    )
    assert result.fx == 1.0

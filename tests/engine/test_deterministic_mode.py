"""The same seed gives the same run, on whatever backend, however fast anybody is."""

from dataclasses import fields, replace
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest

import glompo
from glompo.engine import sampler
from glompo.events import (
    Evaluated,
    Event,
    IncumbentTaken,
    Noted,
    Paused,
    Resumed,
    RunOpened,
    Sampled,
    SessionClosed,
    SessionOpened,
    Started,
    Stopped,
)
from glompo.exit_conditions import MaxOptimizersStarted
from glompo.generators import IncumbentGenerator
from glompo.optimizers import CMAOptimizer, RandomSampling, Scipy
from glompo.problems import Rastrigin
from glompo.stoppers import BestUnmoving, ValueAnnealing
from glompo.storage.reader import read_events


def merged(batches):
    """Return the batches of one optimizer between two decisions as one: where they were cut depends on the clock."""
    first = batches[0]
    joined = {name: np.concatenate([getattr(b, name) for b in batches]) for name in ("X", "f", "status")}
    zeros = np.zeros(len(joined["f"]), np.float32)
    return replace(first, **joined, seconds=zeros, ages=zeros, extras=(), errors=())


SAID = (Started, Evaluated, Noted, IncumbentTaken, Paused, Resumed, Stopped)


def canonical(run_dir):
    """Return what a journal says, without times and places, and in one order where several workers spoke at once."""
    recorded = (event for event in read_events(run_dir) if not isinstance(event, Sampled))
    events: list[Event] = [replace(event, at=0.0) for event in recorded]
    told: list[Event] = []
    for spoken, group in groupby(events, key=lambda e: isinstance(e, SAID)):
        if not spoken:
            told += [event for event in group if not isinstance(event, (RunOpened, SessionOpened, SessionClosed))]
            continue
        for _, of_one in groupby(sorted(group, key=lambda e: e.opt), key=lambda e: e.opt):
            for evaluated, run in groupby(of_one, key=lambda e: isinstance(e, Evaluated)):
                said = list(run)
                told += [merged(said)] if evaluated else [placeless(event) for event in said]
    return told


def placeless(event):
    return replace(event, worker="") if isinstance(event, Started) else event


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def journal(name, backend="threads", workers=2, budget=600, **settings):
    result = glompo.minimize(
        Rastrigin(3),
        [(-5, 5)] * 3,
        optimizers=[CMAOptimizer(workers=workers), RandomSampling, Scipy("Nelder-Mead")],
        max_evaluations=budget,
        max_jobs=4,
        rng=7,
        deterministic=True,
        stoppers=BestUnmoving(60, 0.05) | (ValueAnnealing() & BestUnmoving(30)),
        share_best_solutions=True,
        x0_generator=IncumbentGenerator(),
        backend=backend,
        working_dir=name,
        **settings,
    )
    assert result.nfev == budget
    return canonical(result.run_dir)


def first_difference(one, other):
    for a, b in zip(one, other, strict=False):
        if a != b:
            return f"{a}\n{b}"
    return f"{len(one)} events against {len(other)}"


def test_two_runs_from_one_seed_tell_the_same_story():
    one, other = journal("a"), journal("b")
    assert one == other, first_difference(one, other)
    assert len(one) > 60


def test_samples_of_the_machine_change_nothing_of_the_story(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(sampler, "INTERVAL", 0.0)
        one = journal("a")
    assert any(isinstance(event, Sampled) for event in read_events(Path("a")))
    other = journal("b")
    assert one == other, first_difference(one, other)


def test_threads_and_processes_tell_the_same_story():
    one, other = journal("a"), journal("b", backend="processes")
    assert one == other, first_difference(one, other)


def test_another_seed_tells_another_story():
    def run(seed):
        result = glompo.minimize(
            Rastrigin(2), [(-5, 5)] * 2, optimizers=RandomSampling, max_evaluations=40, rng=seed, deterministic=True
        )
        return result.x.tolist()

    assert run(1) == run(1) != run(2)


@pytest.mark.parametrize("budget", [1, 5, 33, 101])
def test_budgets_stay_exact(budget):
    calls = []

    def task(x):
        calls.append(1)
        return float(x @ x)

    glompo.minimize(
        task, [(-5, 5)] * 2, optimizers=[RandomSampling(iters=7), RandomSampling(workers=3)], max_evaluations=budget,
        max_jobs=5, deterministic=True,
    )  # fmt: skip
    assert len(calls) == budget


def test_a_time_limit_ends_a_run_in_lockstep_although_one_optimizer_is_slow():
    import time

    def task(x):
        time.sleep(0.02)
        return float(x @ x)

    result = glompo.minimize(
        task, [(-5, 5)] * 2, optimizers=RandomSampling, max_seconds=0.3, exit_conditions=MaxOptimizersStarted(99),
        max_jobs=2, deterministic=True,
    )  # fmt: skip
    assert result.status == "finished"
    assert "0.3 s" in result.message
    assert result.nfev <= 60


def test_the_comparison_itself_sees_differences():
    assert {field.name for field in fields(Evaluated)} >= {"X", "f", "status", "seconds", "ages"}
    assert journal("a", budget=200) != journal("b", budget=201)

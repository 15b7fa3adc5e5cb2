"""Tasks that return or raise what no sane library would: one failed evaluation each, wherever they are computed."""

import asyncio
from concurrent.futures import CancelledError, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import nullcontext
from multiprocessing import get_context

import numpy as np
import pytest

from glompo.events import Evaluated
from glompo.function import BaseFunction, Status
from glompo.storage.reader import read_events

from .misbehaving import visiting


class Mute(Exception):
    def __str__(self):
        raise KeyboardInterrupt


class Lost:
    """A tensor on a device that is gone."""

    def __float__(self):
        raise RuntimeError("device lost")


class Interrupted(Lost):
    def __float__(self):
        raise KeyboardInterrupt


class Shy:
    def __repr__(self):
        raise SystemExit


def throw(error):
    raise error


TROUBLES = [
    (lambda: throw(KeyboardInterrupt()), Status.FAILED, "KeyboardInterrupt: "),
    (lambda: throw(GeneratorExit()), Status.FAILED, "GeneratorExit: "),
    (lambda: throw(asyncio.CancelledError()), Status.FAILED, "CancelledError: "),
    (lambda: throw(CancelledError()), Status.FAILED, "CancelledError: "),
    (lambda: throw(SystemExit(3)), Status.FAILED, "SystemExit: 3"),
    (lambda: throw(StopIteration()), Status.FAILED, "StopIteration: "),
    (lambda: throw(Mute()), Status.FAILED, "Mute (its message cannot be had: str() raised KeyboardInterrupt)"),
    (Lost, Status.FAILED, "RuntimeError: device lost"),
    (Interrupted, Status.FAILED, "KeyboardInterrupt: "),
    (Shy, Status.INVALID, "the task returned Shy (repr() raised SystemExit), not a number"),
    (lambda: np.ma.masked, Status.INVALID, "the task returned a masked value, not a number"),
    (lambda: np.ma.array([2.0], mask=True), Status.INVALID, "the task returned a masked value, not a number"),
]


def task(x):
    kind = int(x[0])
    return float(x[1]) if kind == len(TROUBLES) else TROUBLES[kind][0]()


def inline():
    return nullcontext("inline")


def pool():
    return nullcontext("pool")


def threads():
    return ThreadPoolExecutor(1)


def processes():
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"))


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("make", [inline, pool, threads, processes])
def test_each_is_one_failed_evaluation_with_its_reason_and_the_budget_is_exact(run, make, workers):
    kinds = [*range(len(TROUBLES)), len(TROUBLES)]
    with make() as evaluator:
        result, record = run(
            task, [(0, len(TROUBLES) + 1), (0, 100)], optimizers=visiting(kinds, workers),
            max_evaluations=len(kinds), max_jobs=workers, evaluator=evaluator,
        )  # fmt: skip
    assert result.nfev == len(kinds) == len(record.statuses)
    told = {
        int(x[0]): (status, record.errors.get(i, ""))
        for i, (x, status) in enumerate(zip(record.X, record.statuses, strict=True))
    }
    assert told == {i: (status, reason) for i, (_, status, reason) in enumerate(TROUBLES)} | {
        len(TROUBLES): (Status.OK, "")
    }
    assert [row.how for row in result.optimizers] in (["stopped"], ["cut"], ["converged"])


class Residuals(BaseFunction):
    """Gives residuals of which one is masked where x is negative."""

    def __call__(self, x):
        return float(x @ x)

    def detailed_call(self, x):
        return (self(x), np.ma.array([x[0], x[1]], mask=[x[0] < 0, False]), np.ma.masked if x[0] < 0 else 1.0)


def test_a_masked_extra_is_recorded_as_nan_not_as_the_number_below_the_mask(run):
    result, record = run(Residuals(), [(-1, 1)] * 2, max_evaluations=10, max_jobs=1, is_log_detailed=True)
    extras = [extra for event in read_events(result.run_dir) if isinstance(event, Evaluated) for extra in event.extras]
    assert [np.isnan(extra[0][0]) and np.isnan(extra[1]) for extra in extras] == (record.X[:, 0] < 0).tolist()
    assert {bool(np.isnan(extra[1])) for extra in extras} == {True, False}

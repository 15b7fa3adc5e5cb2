"""Everything that can go wrong, mixed."""

import os
import signal

import numpy as np
import pytest

from glompo.function import Status

from .importable import troubles as t

EXPECTED = {
    t.VALUE: Status.OK,
    t.HANG_IN_C: Status.TIMEOUT,
    t.SEGFAULT: Status.CRASHED,
    t.HOG: Status.OUT_OF_MEMORY,
    t.RAISE: Status.FAILED,
    t.NAN: Status.INVALID,
}


@pytest.mark.parametrize("n", [150, pytest.param(10_000, marks=pytest.mark.chaos)])
def test_every_evaluation_of_a_mix_of_troubles_gets_its_own_status(pool, notes, n):
    troubles = [trouble for trouble in EXPECTED if trouble != t.VALUE] * (n // 100)
    kinds = np.random.default_rng(n).permutation(troubles + [t.VALUE] * (n - len(troubles)))
    evaluator = pool(workers=3, timeout=5.0, memory_limit=200 * 2**20)
    futures = [evaluator.submit(np.array([kind, i], dtype=float)) for i, kind in enumerate(kinds)]
    evaluator.close()
    outcomes = [future.result(0) for future in futures]
    assert [one.status for one in outcomes] == [EXPECTED[kind] for kind in kinds]
    values = [float(i * i) for i, kind in enumerate(kinds) if kind == t.VALUE]
    assert [one.fx for one in outcomes if one.status is Status.OK] == values
    assert notes.survivors == []


def test_processes_killed_by_others_at_any_moment_cost_at_most_their_own_evaluation(pool, notes):
    evaluator = pool(workers=3)
    futures = [evaluator.submit(np.array([t.PID], dtype=float)) for _ in range(150)]
    killed = set()
    for i, future in enumerate(futures):
        pid = future.result().fx
        if i % 10 == 0 and pid == pid and pid not in killed:  # it is at its next evaluation, or about to begin it
            killed.add(pid)
            os.kill(int(pid), signal.SIGKILL)
    outcomes = [future.result() for future in futures]
    assert {one.status for one in outcomes} <= {Status.OK, Status.CRASHED}
    assert sum(one.status is Status.CRASHED for one in outcomes) <= len(killed)
    evaluator.close()
    assert notes.survivors == []

from __future__ import annotations

import numpy as np

from glompo.events import Evaluated, Granted
from glompo.function import Status
from glompo.show.curves import curves_of, incumbent

from .pictured import run, seen


def evaluated(written, opt, at, f):
    """Let an optimizer report one evaluation that was completed at a time of the past."""
    written.happen(Granted(written.now, opt, 1))
    k = len(written.state.optimizers[opt].trajectory)
    ages = np.array([written.now - at], np.float32)
    zero = np.zeros(1)
    event = Evaluated(written.now, opt, k, zero[:, None], zero + f, zero.astype(np.uint8), ages, ages)
    written.happen(event)


def test_a_line_has_a_corner_at_each_improvement_and_ends_with_the_last_evaluation():
    written = run()
    opt = written.start()
    written.evaluate(opt, [np.inf, 5.0, 7.0, 3.0, 3.0, np.nan])
    [curve] = curves_of(seen(written), "evaluations")
    at, best = curve.steps
    assert (at.tolist(), best.tolist()) == ([2, 4, 6], [5.0, 3.0, 3.0])


def test_evaluations_are_valid_failed_or_without_a_finite_value():
    written = run()
    opt = written.start()
    values = [1.0, np.inf, np.inf, np.inf, np.inf, np.inf]
    statuses = [Status.OK, Status.OK, Status.FAILED, Status.OUT_OF_BOUNDS, Status.TIMEOUT, Status.OUT_OF_MEMORY]
    written.evaluate(opt, values, status=statuses)
    [curve] = curves_of(seen(written), "evaluations")
    assert np.isfinite(curve.values).tolist() == [True, False, False, False, False, False]
    assert curve.failed.tolist() == [False, False, True, False, True, True]
    assert curve.missing.tolist() == [False, True, False, True, False, False]


def test_a_penalty_is_no_value():
    written = run()
    opt = written.start()
    written.evaluate(opt, [1.0, 1.0], status=[Status.OK, Status.FAILED])
    [curve] = curves_of(seen(written), "evaluations")
    assert np.isnan(curve.values).tolist() == [False, True]


def test_who_never_evaluated_has_no_curve():
    written = run()
    written.start()
    assert curves_of(seen(written), "time") == []
    assert [part.size for part in incumbent(curves_of(seen(written), "time"))] == [0, 0, 0]


def test_the_incumbent_in_recorded_order_and_in_time():
    written = run()
    first, second = written.start(), written.start()
    written.wait(10.0)
    evaluated(written, first, at=8.0, f=2.0)
    evaluated(written, second, at=4.0, f=3.0)
    evaluated(written, second, at=6.0, f=1.0)
    evaluated(written, first, at=9.0, f=5.0)
    recorded = [part.tolist() for part in incumbent(curves_of(seen(written), "evaluations"))]
    assert recorded == [[1, 3, 4], [2.0, 1.0, 1.0], [first, second, second]]
    in_time = [part.tolist() for part in incumbent(curves_of(seen(written), "time"))]
    assert in_time == [[4.0, 6.0, 9.0], [3.0, 1.0, 1.0], [second, second, second]]

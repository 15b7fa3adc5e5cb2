"""What pictures show, as columns: the same whatever paints them."""

from __future__ import annotations

import numpy as np
import pytest

from glompo.errors import SettingError
from glompo.events import Evaluated, Granted
from glompo.function import Status
from glompo.read import load
from glompo.show import best_columns, trajectory_columns

from .pictured import record, run


def evaluated(written, opt, at, f):
    """Let an optimizer report one evaluation that was completed at a time of the past."""
    written.happen(Granted(written.now, opt, 1))
    k = len(written.state.optimizers[opt].trajectory)
    ages = np.array([written.now - at], np.float32)
    zero = np.zeros(1)
    event = Evaluated(written.now, opt, k, zero[:, None], zero + f, zero.astype(np.uint8), ages, ages)
    written.happen(event)


def one(values, **settings):
    """Return a run of one optimizer."""
    written = run()
    written.evaluate(written.start(), values, **settings)
    return written


@pytest.fixture
def seen(tmp_path):
    """Return the columns of a run that was written by hand."""

    def read(written, *arguments, of=trajectory_columns, **settings):
        return of(load(record(tmp_path / "run", written)), *arguments, **settings)

    return read


def lists(points):
    return tuple(column.tolist() for column in points)


def test_a_line_has_a_corner_at_each_improvement_and_ends_with_the_last_evaluation(seen):
    columns = seen(one([np.inf, 5.0, 7.0, 3.0, 3.0, np.nan]))
    assert lists(columns.lines) == ([1, 1, 1], [2, 4, 6], [5.0, 3.0, 3.0])
    assert lists(columns.starts) == ([1], [2], [5.0])
    assert lists(columns.ends) == ([1], [6], [3.0])


def test_evaluations_are_valid_failed_or_without_a_finite_value(seen):
    values = [1.0, np.inf, np.inf, np.inf, np.inf, np.inf]
    statuses = [Status.OK, Status.OK, Status.FAILED, Status.OUT_OF_BOUNDS, Status.TIMEOUT, Status.OUT_OF_MEMORY]
    columns = seen(one(values, status=statuses))
    assert columns.dots.value[np.isfinite(columns.dots.value)].tolist() == [1.0]
    assert (columns.failed.at.tolist(), columns.failed.count) == ([3, 5, 6], 3)
    assert (columns.missing.at.tolist(), columns.missing.count) == ([2, 4], 2)


def test_a_penalty_is_no_value(seen):
    columns = seen(one([1.0, 1.0], status=[Status.OK, Status.FAILED]))
    assert np.isnan(columns.dots.value).tolist() == [False, True]


def test_an_optimizer_that_never_evaluated_has_no_line(seen):
    written = run()
    written.start()
    columns = seen(written, "time")
    assert columns.rows == ()
    assert [points.at.size for points in (columns.lines, columns.ends, columns.dots, columns.incumbent)] == [0] * 4


def test_the_incumbent_in_recorded_order_and_in_time(tmp_path):
    written = run()
    first, second = written.start(), written.start()
    written.wait(10.0)
    evaluated(written, first, at=8.0, f=2.0)
    evaluated(written, second, at=4.0, f=3.0)
    evaluated(written, second, at=6.0, f=1.0)
    evaluated(written, first, at=9.0, f=5.0)
    history = load(record(tmp_path, written))
    recorded = trajectory_columns(history).incumbent
    assert lists(recorded) == ([first, second, second], [1, 3, 4], [2.0, 1.0, 1.0])
    in_time = trajectory_columns(history, "time").incumbent
    assert lists(in_time) == ([second] * 3, [4.0, 6.0, 9.0], [3.0, 1.0, 1.0])


def test_run_time_has_the_unit_that_was_asked_for(seen):
    written = run()
    written.wait(7200.0)
    opt = written.start()
    evaluated(written, opt, at=1800.0, f=1.0)
    assert seen(written, "time", xunit="h").dots.at.tolist() == [0.5]


def test_of_a_long_run_as_much_is_kept_as_can_be_seen(seen):
    rng = np.random.default_rng(0)
    written = run()
    for _ in range(3):
        statuses = [Status.OK] * 900 + [Status.FAILED] * 100
        written.evaluate(written.start(), np.append(np.arange(900.0, 0, -1), rng.random(100)), status=statuses)
    columns = seen(written, detail=60)
    assert all(0 < points.at.size <= 66 for points in (columns.dots, columns.lines, columns.incumbent, columns.failed))
    assert set(columns.dots.opt.tolist()) == {1, 2, 3}
    assert columns.lines.value[:1].tolist() == [900.0]
    assert columns.lines.value[columns.lines.opt == 3].min() == 1.0
    assert columns.failed.count == 300


def test_the_best_value_of_the_run_falls_and_says_what_found_it(seen):
    written = run()
    written.evaluate(written.start("Alpha"), [5.0, 6.0])
    written.evaluate(written.start("Beta"), [2.0, 3.0])
    columns = seen(written, of=best_columns)
    assert lists(columns.incumbent) == ([1, 2, 2], [1, 3, 4], [5.0, 2.0, 2.0])
    assert columns.names == {1: "Alpha", 2: "Beta"}


def test_a_scale_can_be_asked_for(seen, tmp_path):
    history = load(record(tmp_path / "other", one([3.0, 2.0, 1.0])))
    assert [trajectory_columns(history, yscale=scale).scale.kind for scale in ("auto", "linear", "log", "shifted")] == [
        "linear", "linear", "log", "shifted",
    ]  # fmt: skip
    with pytest.raises(SettingError, match="yscale is 'log', but the smallest value is -1; use 'shifted'"):
        seen(one([3.0, -1.0]), yscale="log")


@pytest.mark.parametrize("setting", [{"against": "cpu"}, {"xunit": "years"}, {"yscale": "sqrt"}])
def test_what_there_is_not_is_refused_with_what_there_is(seen, setting):
    [(name, value)] = setting.items()
    with pytest.raises(SettingError, match=f"{name} is '{value}'; use one of '"):
        seen(one([1.0]), **setting)

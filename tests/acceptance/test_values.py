"""Case 13: whatever a task returns, every bundled optimizer goes on, and the record says what it was."""

import math

import numpy as np
import pytest

from glompo.function import Status

from ..optimizers.cases import ALL

BOX = [(-2, 2)] * 2
STRIPES = 24

FORMS = {
    "nan": (lambda: math.nan, Status.INVALID, "the task returned nan"),
    "inf": (lambda: math.inf, Status.OK, ""),
    "-inf": (lambda: -math.inf, Status.INVALID, "the task returned -inf"),
    "None": (lambda: None, Status.INVALID, "the task returned None, not a number"),
    "exception": (lambda: 1 / 0, Status.FAILED, "ZeroDivisionError: "),
    "wrong shape": (lambda: np.zeros(3), Status.INVALID, "the task returned an array of shape (3,), not a number"),
    "complex": (lambda: 1 + 2j, Status.INVALID, "the task returned (1+2j), not a number"),
    "1e308": (lambda: 1e308, Status.OK, ""),
}


def stripe(x):
    """Return which form the point gets, if any: of the narrow stripes across the box every other one has a value."""
    number = int((x[0] + 2.1) / 4.2 * STRIPES)
    return [*FORMS][number // 2 % len(FORMS)] if number % 2 else None


class Striped:
    """A bowl with stripes in which the evaluation goes wrong; least squares gets its residuals."""

    def __call__(self, x):
        form = stripe(x)
        return float(x @ x) if form is None else FORMS[form][0]()

    def detailed_call(self, x):
        return (self(x), *x.tolist())


class Always:
    """A task with one form of trouble everywhere."""

    def __init__(self, form):
        self.form = form

    def __call__(self, x):
        return FORMS[self.form][0]()

    def detailed_call(self, x):
        return (self(x), *x.tolist())


@pytest.mark.filterwarnings("ignore::RuntimeWarning:scipy")  # Powell's arithmetic overflows at 1e308, and it goes on
@pytest.mark.filterwarnings("ignore:overflow encountered in reduce:RuntimeWarning")  # as does the mean of a population
@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_13_it_goes_on_and_each_evaluation_is_recorded_for_what_it_was(run, case):
    result, record = run(Striped(), BOX, optimizers=case(), max_evaluations=80, x0=[0.45, 0.5])
    assert result.nfev == 80
    assert result.x is not None
    assert result.fx in (pytest.approx(result.x @ result.x), 1e308)
    assert {row.how for row in result.optimizers} <= {"converged", "exhausted", "stopped", "cut"}
    for i, x in enumerate(record.X):
        if record.statuses[i] is not Status.OUT_OF_BOUNDS:
            form = stripe(x)
            _, status, reason = (None, Status.OK, "") if form is None else FORMS[form]
            assert record.statuses[i] is status
            assert record.errors.get(i, "").startswith(reason)
            assert record.f[i] == (np.inf if status is not Status.OK else record.f[i])


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
@pytest.mark.parametrize("form", FORMS)
def test_13_nothing_but_trouble_crashes_no_optimizer(run, case, form):
    result, record = run(Always(form), BOX, optimizers=case(), max_evaluations=12, max_jobs=1)
    _, status, reason = FORMS[form]
    assert set(record.statuses) - {Status.OUT_OF_BOUNDS} == {status}
    assert all(told.startswith(reason) or "outside" in told for told in record.errors.values())
    assert (result.fx, result.x is None) == ((1e308, False) if form == "1e308" else (np.inf, True))
    assert {row.how for row in result.optimizers} <= {"converged", "exhausted", "stopped", "cut"}

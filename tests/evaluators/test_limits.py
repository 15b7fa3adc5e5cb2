import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glompo.errors import SettingError
from glompo.evaluators.pool import limits
from glompo.evaluators.pool.limits import ADAPTIVE_AFTER, ADAPTIVE_LEAST, MEDIAN_OVER, Deadlines, Limits, size

LONG = st.floats(1.0, 1000.0)


@given(st.lists(LONG, min_size=ADAPTIVE_AFTER, max_size=2 * MEDIAN_OVER + 5))
def test_an_adaptive_deadline_is_a_multiple_of_the_median_of_the_recent_evaluations(durations):
    deadlines = Deadlines(Limits(adaptive_timeout=3.0))
    for seconds in durations:
        deadlines.note(seconds)
    assert deadlines.seconds() == pytest.approx(3.0 * statistics.median(durations[-MEDIAN_OVER:]))


def test_there_is_no_adaptive_deadline_before_enough_is_known():
    deadlines = Deadlines(Limits(adaptive_timeout=3.0))
    for _ in range(ADAPTIVE_AFTER - 1):
        deadlines.note(1.0)
    assert deadlines.seconds() == float("inf")
    deadlines.note(1.0)
    assert deadlines.seconds() == 3.0


def test_short_evaluations_do_not_make_an_adaptive_deadline_that_a_busy_machine_breaks():
    deadlines = Deadlines(Limits(adaptive_timeout=3.0))
    for _ in range(ADAPTIVE_AFTER):
        deadlines.note(1e-4)
    assert deadlines.seconds() == ADAPTIVE_LEAST


def test_the_smaller_of_both_deadlines_holds_and_says_so():
    deadlines = Deadlines(Limits(timeout=10.0, adaptive_timeout=2.0))
    assert deadlines.reason(deadlines.seconds()) == "ended at its deadline of 10 s"
    for _ in range(ADAPTIVE_AFTER):
        deadlines.note(3.0)
    assert deadlines.reason(deadlines.seconds()) == "ended at its deadline of 6 s, from 2 × the running median"


def test_without_limits_there_is_no_deadline():
    deadlines = Deadlines(Limits())
    deadlines.note(1.0)
    assert deadlines.seconds() == float("inf")
    assert not Limits().any


@pytest.mark.parametrize("given", [{"timeout": 1}, {"adaptive_timeout": 2}, {"memory": 2**30}])
def test_each_limit_counts_as_one(given):
    assert Limits(**given).any


def test_a_memory_limit_where_memory_cannot_be_read_is_refused(monkeypatch):
    monkeypatch.setattr(limits, "LINUX", False)
    with pytest.raises(SettingError, match="needs /proc, which only Linux has"):
        Limits(memory=2**30)


@pytest.mark.parametrize(("number", "text"), [(200 * 2**20, "200 MiB"), (3 * 2**29, "1.50 GiB")])
def test_bytes_are_written_for_readers(number, text):
    assert size(number) == text

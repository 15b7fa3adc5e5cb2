from __future__ import annotations

import math

import numpy as np
import pytest

from glompo.events import Started, StartRequested
from glompo.read import optimizer_rows, summarize
from glompo.show import formatting
from glompo.storage.lease_state import Writer
from glompo.testing.histories import history


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.0, "0:00:00"), (-1e-9, "0:00:00"), (59.99, "0:00:59"), (3661.0, "1:01:01"), (360000.0, "100:00:00")],
)
def test_durations(seconds, shown):
    assert formatting.clock(seconds) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(0.1, "0.1"), (-7371.404123, "-7371.404"), (1e-12, "1e-12"), (math.inf, "none")]
)
def test_values(value, shown):
    assert formatting.value(value) == shown


@pytest.mark.parametrize(("count", "shown"), [(0, "0 slots"), (1, "1 slot"), (1234, "1,234 slots")])
def test_counts(count, shown):
    assert formatting.counted(count, "slot") == shown


@pytest.mark.parametrize(
    ("rate", "shown"),
    [(0.0, "no evaluation yet"), (1234.5, "1,234/s"), (10.0, "10/s"), (3.14159, "3.1/s"), (0.25, "4 s each")],
)
def test_paces(rate, shown):
    assert formatting.pace(rate) == shown


def test_an_end_tells_how_after_how_much_at_which_value_and_why():
    run = history()
    for opt in (1, 2, 3):
        run.start("CMA")
        run.evaluate(opt, [3.0, 2.0] if opt < 3 else [math.nan])
    run.stop(1)
    run.converge(2)
    run.crash(3, "ValueError: a: b")
    assert list(map(formatting.end_of, optimizer_rows(run.view()))) == [
        "optimizer 1 (CMA) stopped after 2 evaluations at 2: by hand",
        "optimizer 2 (CMA) converged after 2 evaluations at 2",
        "optimizer 3 (CMA) crashed after 1 evaluation without a value: ValueError: a: b",
    ]


def test_a_run_without_a_value_says_so():
    assert formatting.best(summarize(history().view())) == "no value yet"


@pytest.mark.parametrize(("shared", "told"), [(True, "3 slots shared"), (False, "1 of 3 slots held")])
def test_slots_that_all_optimizers_share_are_held_by_none(shared, told):
    run = history(slots=3)
    run.happen(StartRequested(0.0, 1, "Alpha", {}, np.array([0.5]), 1, "by hand", shared))
    run.happen(Started(0.0, 1, "w"))
    assert formatting.slots(summarize(run.view())) == told
    assert formatting.slots(summarize(run.view(), Writer.DEAD)) == "3 slots"

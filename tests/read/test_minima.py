"""Distinct minima: the ends of optimizers, alike ones taken together."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from glompo.errors import SettingError, UserError
from glompo.read import load
from glompo.testing.histories import History, history

from .runs import record


def ended(ends, bounds=((0.0, 10.0), (0.0, 1.0)), scales=()) -> History:
    """Return a run of optimizers that evaluated one point each; an end is (point, value, how)."""
    run = history(bounds=bounds, slots=len(ends), scales=scales)
    for point, value, how in ends:
        opt = run.start("Alpha" if value < 3 else "Beta")
        run.evaluate(opt, [value], X=[point])
        if how:
            getattr(run, how)(opt)
    return run


FOUR = [
    ((5.0, 0.5), 2.0, "converge"),
    ((5.05, 0.505), 3.0, "stop"),
    ((1.0, 0.5), 1.0, "converge"),
    ((1.0, 0.0), 4.0, "stop"),
]


def minima_of(tmp_path, run, **settings):
    return load(record(tmp_path / "run", run, names=["rate", "share"])).minima(**settings)


def test_alike_ends_are_one_minimum_and_the_best_comes_first(tmp_path):
    minima = minima_of(tmp_path, ended(FOUR))
    assert [(one.fx, one.times, one.converged) for one in minima] == [(1.0, 1, 1), (2.0, 2, 1), (4.0, 1, 0)]
    assert minima[1].x.tolist() == [5.0, 0.5]
    assert (minima[1].optimizers, minima[1].found_by) == ((1, 2), ("Alpha", "Beta"))
    assert [one.at_bound for one in minima] == [(), (), ("share",)]


def test_a_wider_tolerance_takes_more_ends_together_and_a_narrower_one_fewer(tmp_path):
    run_dir = record(tmp_path / "run", ended(FOUR))
    assert [len(load(run_dir).minima(tol)) for tol in (0.001, 0.01, 0.6)] == [4, 3, 1]
    assert load(run_dir).minima(0.6)[0].times == 4


def test_only_ends_of_optimizers_that_converged_if_that_is_asked_for(tmp_path):
    minima = minima_of(tmp_path, ended(FOUR), converged=True)
    assert [(one.fx, one.times) for one in minima] == [(1.0, 1), (2.0, 1)]


def test_distances_are_those_of_the_scale_of_each_parameter(tmp_path):
    ends = [((1e-6,), 1.0, "converge"), ((1e-3,), 2.0, "converge"), ((0.99e-3,), 3.0, "converge")]
    box = [(1e-9, 1.0)]
    assert len(load(record(tmp_path / "plain", ended(ends, box))).minima()) == 1
    logarithmic = load(record(tmp_path / "log", ended(ends, box, ("log",)))).minima()
    assert [one.optimizers for one in logarithmic] == [(1,), (2, 3)]


def test_fixed_parameters_neither_part_ends_nor_lie_at_a_bound(tmp_path):
    ends = [((3.0, 0.0), 1.0, "converge"), ((3.0, 0.5), 2.0, "converge")]
    minima = minima_of(tmp_path, ended(ends, [(3.0, 3.0), (0.0, 1.0)]))
    assert [one.at_bound for one in minima] == [("share",), ()]


def test_a_searching_optimizer_counts_and_one_without_a_value_does_not(tmp_path):
    minima = minima_of(tmp_path, ended([((1.0, 0.5), 1.0, ""), ((2.0, 0.5), np.nan, "crash")]))
    assert [(one.fx, one.converged) for one in minima] == [(1.0, 0)]


def test_printed_they_are_a_table(tmp_path):
    assert str(minima_of(tmp_path, ended(FOUR))).splitlines() == [
        "distinct minima: 3, the ends of 4 optimizers told apart at 0.01 of the range",
        "   value  times  converged  at bound  rate  share  found by",
        "0      1      1          1         -     1    0.5  Alpha",
        "1      2      2          1         -     5    0.5  Alpha, Beta",
        "2      4      1          0     share     1      0  Beta",
    ]


def test_without_a_value_there_are_no_minima(tmp_path):
    minima = minima_of(tmp_path, ended([]))
    assert (len(minima), str(minima)) == (0, "no minima: no optimizer has found a finite value")


def test_the_file_has_a_row_for_each_and_all_digits(tmp_path):
    run = ended([*FOUR, ((1 / 3, 1 / 7), 0.1 + 0.2, "converge")])
    path = minima_of(tmp_path, run).to_csv(tmp_path / "deep" / "minima.csv")
    with path.open(newline="") as file:
        first, _, second, _ = csv.DictReader(file)
    assert first == {
        "value": "0.30000000000000004", "times": "1", "converged": "1", "at_bound": "", "optimizers": "5",
        "found_by": "Alpha", "rate": repr(1 / 3), "share": repr(1 / 7),
    }  # fmt: skip
    assert (second["optimizers"], second["found_by"]) == ("1;2", "Alpha;Beta")


@pytest.mark.parametrize("tol", [0, 1, -0.1, float("nan"), "0.1", True])
def test_a_tolerance_that_is_no_share_is_refused(tmp_path, tol):
    with pytest.raises(SettingError, match=r"tol is .*; give a number above 0 and below 1"):
        minima_of(tmp_path, ended(FOUR), tol=tol)


def test_the_result_of_a_run_has_them_too_and_other_formats_are_refused(tmp_path):
    minima = load(record(tmp_path / "run", ended(FOUR))).result.minima()
    assert len(minima[:2]) == 2
    with pytest.raises(UserError, match="is the name of a file in Parquet, not in CSV"):
        minima.to_csv(tmp_path / "minima.parquet")

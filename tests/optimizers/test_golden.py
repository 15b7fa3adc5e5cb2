"""The first evaluations are what they always were; see golden.py for how to record them anew."""

import json
import platform

import numpy as np
import pytest

import glompo.optimizers

from .golden import ALIKE, CALLS, CLOSE, EXACT, RECORDED, SEEDS, path_of, problem_of, recorded, start

DRAW_NOTHING = ("Scipy-direct", "Scipy-shgo")
START_ELSEWHERE = ("GridSampling", "Scipy-COBYQA", "Scipy-COBYQA-unit", *DRAW_NOTHING)


def test_every_optimizer_has_a_record():
    assert {case.cls.__name__ for case in RECORDED} == set(glompo.optimizers.__all__)


@pytest.mark.parametrize("case", RECORDED, ids=lambda case: case.name)
def test_the_first_evaluations_are_the_recorded_ones(case):
    case()  # skips without its library
    golden = json.loads(path_of(case).read_text(encoding="utf-8"))
    if golden["made_with"] != case.version:
        pytest.skip(reason=f"recorded with {golden['made_with']}, this is {case.version}")
    now = recorded(case)["runs"]
    assert set(now) == set(golden["runs"]) == set(map(str, SEEDS))
    width = np.ptp(problem_of(case).bounds, axis=1)
    for seed, run in golden["runs"].items():
        assert len(run["f"]) == len(now[seed]["f"]) == ALIKE.get(case.name, CALLS)
        assert (np.abs(np.subtract(now[seed]["x"], run["x"])) <= CLOSE * width).all()
        np.testing.assert_allclose(now[seed]["f"], run["f"], rtol=100 * CLOSE)
    if case.name in EXACT and platform.machine() == "x86_64":  # others contract products and sums
        assert now == golden["runs"]


def test_two_seeds_give_two_records_unless_the_method_draws_nothing():
    for case in RECORDED:
        runs = json.loads(path_of(case).read_text(encoding="utf-8"))["runs"]
        same = runs["1"] == runs["2"]
        assert same == (case.name in DRAW_NOTHING), case.name


@pytest.mark.parametrize("case", RECORDED, ids=lambda case: case.name)
def test_records_are_evaluations_inside_the_bounds_from_the_start_where_it_is_used(case):
    problem = problem_of(case)
    low, high = problem.bounds.T
    for seed, run in json.loads(path_of(case).read_text(encoding="utf-8"))["runs"].items():
        x, f = np.array(run["x"]), np.array(run["f"])
        assert np.isfinite(f).all()
        assert ((low <= x) & (x <= high)).all()
        np.testing.assert_allclose([problem(row) for row in x], f, rtol=1e-9)
        first = np.allclose(x[0], start(case, int(seed)), rtol=1e-9)
        assert first == (case.name not in START_ELSEWHERE)

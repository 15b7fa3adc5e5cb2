"""Several starts, points with values, and an earlier run as a beginning: recorded as what they are."""

import numpy as np
import pytest

import glompo
from glompo.errors import SettingError, SettingTypeError, UserError
from glompo.optimizers import CMAOptimizer, RandomSampling
from glompo.read import load

BOX = [(-4.0, 4.0)] * 2
PLAIN = {"optimizers": CMAOptimizer, "max_jobs": 2, "max_evaluations": 60, "rng": 1, "stoppers": ()}
X = [[3.0, 3.0], [1.0, 0.0], [1.05, 0.0], [-2.0, 2.0]]
F = [18.0, 1.0, 1.1, 8.0]


def task(x):
    return float(x @ x)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def run(name="run", **settings):
    return glompo.minimize(task, BOX, working_dir=name, **PLAIN | settings)


def starts(name="run"):
    return [one.x0.tolist() for one in load(name).view]


def test_several_x0_are_the_starts_of_the_first_optimizers_in_order():
    result = run(x0=[[1, 1], [-3, 2], [0.5, 0]], max_jobs=3)
    assert starts()[:3] == [[1, 1], [-3, 2], [0.5, 0]]
    assert result.optimizers[1].started_because.endswith("x0 as given, 2 of 3")


@pytest.mark.parametrize("x0", [[[1, 1], [5, 0]], [[1, 1, 1]], [[]], [[[1, 1]]], [[1], [2]]])
def test_starts_that_cannot_be_used_are_refused(x0):
    with pytest.raises(SettingError, match="x0"):
        run(x0=x0)


def test_optimizers_start_at_the_best_known_points_that_are_apart():
    result = run(known_points=(X, F), max_jobs=3)
    assert starts()[:3] == [[1, 0], [-2, 2], [3, 3]]
    assert "a known point, of value 1" in result.optimizers[0].started_because


def test_known_points_come_after_given_starts():
    run(known_points=(X, F), x0=[2.0, 0.0])
    assert starts()[:2] == [[2, 0], [1, 0]]


def test_they_are_on_record_and_no_evaluations():
    result = run(known_points=(X, F))
    assert result.nfev == 60
    known = load("run").view.known
    assert known.f.tolist() == sorted(F)
    assert known.X[0].tolist() == [1, 0]
    assert known.source == "the user"
    assert len([*load("run").rows()]) == 60


def test_the_result_is_a_known_point_if_nothing_better_was_found():
    result = run(known_points=([[0.0, 0.0]], [-1.0]), optimizers=RandomSampling, max_evaluations=5)
    assert (result.fun, result.origin) == (-1.0, {"opt_id": None, "type": "known point"})
    assert load("run").result.fun == -1.0
    better = run("better", known_points=(X, [one + 100 for one in F]))
    assert better.origin["opt_id"] is not None


@pytest.mark.parametrize("form", ["directory", "result", "history"])
def test_an_earlier_run_is_a_warm_start(form):
    first = run("first", optimizers=RandomSampling)
    given = {"directory": "first", "result": first, "history": load("first")}[form]
    run("second", known_points=given)
    known = load("second").view.known
    assert len(known.f) == 60
    assert known.f[0] == first.fun
    assert "first" in known.source
    assert starts("second")[0] == first.x.tolist()


def test_of_an_earlier_run_only_what_lies_inside_the_bounds_is_taken():
    run("first", optimizers=RandomSampling)
    glompo.minimize(task, [(-4, 1)] * 2, working_dir="second", known_points="first", **PLAIN)
    known = load("second").view.known
    assert 0 < len(known.f) < 60
    assert (known.X <= 1).all()


def test_a_resumed_run_starts_where_the_whole_one_would():
    settings = {
        "known_points": (X, F),
        "deterministic": True,
        "max_jobs": 1,
        "optimizers": (RandomSampling, {"iters": 9}),
    }
    run("whole", **settings)
    run("parts", **settings | {"max_evaluations": 10})
    run("parts", **settings, resume="must")
    assert starts("parts") == starts("whole")


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        (3, "known_points is int"),
        (([[1, 1]], [1, 2]), "shapes"),
        (([[1]], [1]), "shapes"),
        (([[1, 9]], [1]), "outside the bounds"),
        (([[1, 1]], [np.nan]), "leave out points without a value"),
        ("nowhere", "does not exist"),
    ],
)
def test_what_cannot_be_known_is_refused_before_anything_is_written(given, complaint, tmp_path):
    with pytest.raises((SettingError, SettingTypeError, UserError), match=complaint):
        run(known_points=given)
    assert not (tmp_path / "run").exists()


def test_a_run_of_another_number_of_parameters_is_refused():
    glompo.minimize(task, [(0, 1)] * 3, working_dir="first", **PLAIN)
    with pytest.raises(SettingError, match="has 3 parameters"):
        run(known_points="first")


def test_in_a_portfolio_the_first_search_alone_starts_at_a_known_point():
    result = run(known_points=(X, F), optimizers=None, max_evaluations=150)
    assert [row.opt_id for row in result.optimizers if "a known point" in row.started_because] == [1]

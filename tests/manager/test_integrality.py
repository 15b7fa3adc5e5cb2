"""Parameters that are whole numbers are rounded where asked, and recorded as the task got them."""

import numpy as np
import pytest

import glompo
from glompo.errors import SettingError, SettingTypeError
from glompo.optimizers import CMAOptimizer, RandomSampling, Scipy
from glompo.read import load
from glompo.worker.space import Space

BOX = [(-5.0, 5.0), (0.5, 7.5), (1.0, 1000.0)]
PLAIN = {"max_jobs": 1, "max_evaluations": 40, "rng": 1, "stoppers": ()}


def task(x):
    return float((x[0] - 0.3) ** 2 + (x[1] - 3.2) ** 2 + (np.log(x[2]) - 2) ** 2)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def run(name="run", **settings):
    settings = {"optimizers": CMAOptimizer, "integrality": [0, 1, 1]} | PLAIN | settings
    return glompo.minimize(task, BOX, working_dir=name, **settings)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"optimizers": Scipy("Nelder-Mead")},
        {"backend": "processes", "optimizers": RandomSampling},
        {"evaluator": "pool"},
        {"scaler": ["linear", "std", "log"]},
    ],
)
def test_the_task_gets_whole_numbers_inside_the_bounds_and_they_are_recorded(settings):
    result = run(**settings)
    X = np.array([row.x for row in load("run").rows() if row.status == "ok"])
    assert (X[:, 1:] == X[:, 1:].round()).all()
    assert X[:, 1].min() >= 1
    assert X[:, 1].max() <= 7
    assert (X[:, 0] != X[:, 0].round()).any()
    assert result.fx == task(result.x)


def test_one_may_stand_for_all_and_a_fixed_one_may_be_whole():
    result = glompo.minimize(
        lambda x: float(x @ x), [(-3, 3), (2, 2)], optimizers=CMAOptimizer, integrality=True, working_dir="run", **PLAIN
    )
    assert result.x.tolist() == [0, 2]


def test_a_resumed_search_repeats_itself():
    settings = {"deterministic": True}
    whole = run("whole", **settings)
    run("parts", max_evaluations=15, **settings)
    parts = run("parts", resume="must", **settings)
    assert parts.fun == whole.fun
    assert [row.x.tolist() for row in load("whole").rows()] == [row.x.tolist() for row in load("parts").rows()]


@pytest.mark.parametrize("wrong", [2, [0, 1], [0, 1, 3], "yes", [[0, 1, 1]], [0.5, 0, 0]])
def test_what_says_neither_yes_nor_no_is_refused(wrong):
    with pytest.raises(SettingError, match="integrality is"):
        run(integrality=wrong)


def test_bounds_without_a_whole_number_are_refused():
    with pytest.raises(SettingError, match=r"no whole number between its bounds, \(0\.2, 0\.8\)"):
        glompo.minimize(task, [(0, 1), (0.2, 0.8), (0, 1)], integrality=1)


def test_names_as_bounds_are_refused_with_the_remedy_in_one_line():
    with pytest.raises(SettingTypeError, match="a choice among names is a whole number") as caught:
        glompo.minimize(task, [("red", "green", "blue"), (0, 1)])
    assert "\n" not in str(caught.value)


def test_what_lies_outside_is_not_rounded_into_the_bounds():
    space = Space(np.array([[0.0, 10.0], [0.5, 2.5]]), None, [True, True])
    assert space.natural(np.array([10.3, 2.5])).tolist() == [10.3, 2.0]
    assert space.natural(np.array([-0.2, 0.5])).tolist() == [-0.2, 1.0]
    assert space.natural(np.array([9.5, 1.4])).tolist() == [10.0, 1.0]

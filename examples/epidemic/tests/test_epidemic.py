"""The epidemic of the example, its two tables, and what a fit of them finds."""

import sys
from pathlib import Path

import numpy as np

import glompo
from glompo.calibration import Calibration

HERE = Path(__file__).resolve().parent.parent
sys.path.append(str(HERE))

import make_data  # noqa: E402
from epidemic import POPULATION, model  # noqa: E402


def fit():
    return Calibration(model, HERE / "parameters.csv", HERE / "cases.csv")


def test_only_what_is_wanted_is_told_and_fewer_fall_ill_than_there_are():
    answer = model(make_data.TRUTH, {"cases": np.array([1.0, 40.0])})
    assert set(answer) == {"cases", "ill"}
    assert 0 < answer["cases"][0] < answer["cases"][1]
    assert 0 < answer["ill"] < POPULATION


def test_the_table_is_what_the_truth_gives_with_noise():
    task = fit()
    truth = [make_data.TRUTH[name] for name in task.names]
    assert 90 < task(truth) < 170
    assert (len(task.training), len(task.validation)) == (118, 40)


def test_a_short_fit_comes_below_the_loss_at_the_truth(tmp_path):
    task = fit()
    truth = [make_data.TRUTH[name] for name in task.names]
    result = glompo.minimize(task, max_evaluations=300, max_jobs=1, rng=1, working_dir=tmp_path)
    assert result.fx <= 1.1 * task(truth)
    assert task.report(result, errors=False).best_by_validation.validation < task.validation_loss(result.x)

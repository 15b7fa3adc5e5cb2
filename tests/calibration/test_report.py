"""A report says where a calibration stands: before, during and after a run."""

import csv
import math

import numpy as np
import pytest

import glompo
from glompo.calibration import Calibration, Data, Entry, Parameter, Parameters
from glompo.errors import SettingError


def polynomial(values, wanted):
    found = {}
    for name, places in wanted.items():
        line = values["a"] + values["b"] * places + 0.0 * values["idle"]
        found[name] = line if len(places) else values["a"] * int(name[-1])
    return found


def fit(*more, **settings):
    rows = [
        Parameter("a", 1.0, 0.0, 10.0),
        Parameter("b", 1.0, -5.0, 5.0),
        Parameter("idle", 0.5, 0.0, 1.0),
        *more,
    ]
    entries = [Entry("y", 3.0 + 0.5 * at, 0.1, at, "line") for at in np.linspace(0, 1, 8).tolist()]
    entries += [Entry("y", 5.0 + 0.5 * at, 0.1, at + 2.0, "line", "validation") for at in np.linspace(0, 1, 4).tolist()]
    entries += [Entry(f"e{i} - e1", 3.0 * (i - 1), 0.5, None, "steps") for i in (2, 3, 4)]
    return Calibration(polynomial, Parameters(rows), Data(entries), **settings)


def test_groups_have_their_number_share_and_common_zero():
    report = fit().report()
    found = {(row.split, row.group): row for row in report.groups}
    steps = found["training", "steps"]
    assert (steps.n, steps.zero, steps.sharing) == (3, "e1", 3)
    assert steps.loss == pytest.approx(sum(((i - 1) * 2.0 / 0.5) ** 2 for i in (2, 3, 4)))
    assert sum(row.share for row in report.groups if row.split == "training") == pytest.approx(1.0)
    assert report.loss == pytest.approx(fit()([1.0, 1.0, 0.5]))
    assert report.validation_loss == pytest.approx(fit().validation_loss([1.0, 1.0, 0.5]))
    assert found["validation", "line"].loss == pytest.approx(report.validation_loss)
    assert "e1 (3 of 3)" in str(report)


def test_a_parameter_without_influence_and_one_at_its_bound_are_named():
    report = fit().report([10.0, 0.5, 0.5])
    assert [row.name for row in report.parameters if row.silent] == ["idle"]
    assert [(row.name, row.bound) for row in report.parameters if row.bound] == [("a", "upper")]
    assert report.rank == 2
    assert math.isinf(report.parameters[2].error)
    assert "without influence on the training data: idle" in str(report)
    assert "at a bound: a (upper)" in str(report)


def test_errors_are_those_of_linear_least_squares_and_cost_an_evaluation_for_each_parameter():
    calls = []
    one = fit()
    counted = Calibration(lambda p, w: calls.append(1) or polynomial(p, w), one.parameters, one.data)
    report = counted.report([3.0, 0.5, 0.5])
    assert len(calls) == report.evaluations <= len(one.names) + 6
    at = np.linspace(0, 1, 8)
    J = np.concatenate([np.stack([np.ones(8), at], 1) / 0.1, [[(i - 1) / 0.5, 0.0] for i in (2, 3, 4)]])
    expected = np.sqrt(np.diag(np.linalg.inv(J.T @ J)))
    found = [row.error * (row.upper - row.lower) for row in report.parameters[:2]]
    assert found == pytest.approx(expected, rel=1e-4)
    calls.clear()
    assert counted.report(errors=False).rank is None
    assert len(calls) == 2


def test_a_difference_that_fails_is_taken_in_the_other_direction():
    one = fit()

    def touchy(values, wanted):
        if values["a"] > 3.0:
            raise RuntimeError("no")
        return polynomial(values, wanted)

    report = Calibration(touchy, one.parameters, one.data).report([3.0, 0.5, 0.5])
    assert report.rank == 2
    assert report.parameters[0].error == pytest.approx(one.report([3.0, 0.5, 0.5]).parameters[0].error, rel=1e-6)


def test_after_a_run_the_point_is_named_that_validation_would_choose(tmp_path):
    task = fit()
    result = glompo.minimize(task, max_evaluations=80, max_jobs=1, rng=1, working_dir=tmp_path)
    report = task.report(result)
    assert [point.training for point in report.trail] == sorted((p.training for p in report.trail), reverse=True)
    assert report.trail[-1].training == result.fx == pytest.approx(report.loss)
    best = report.best_by_validation
    assert best.validation == min(point.validation for point in report.trail)
    assert f"validation would choose evaluation {best.number}:" in str(report)
    assert ("from there on validation got worse" in str(report)) == (report.trail[-1].validation > best.validation)
    assert sum(best.groups.values()) == pytest.approx(best.validation)


def test_a_report_is_written_as_text_page_and_tables(tmp_path):
    report = fit().report()
    paths = {path.name: path for path in report.write(tmp_path / "out")}
    assert paths.keys() == {"report.txt", "report.html", "groups.csv", "residuals.csv", "parameters.csv", "fitted.csv"}
    assert Parameters.read(paths["fitted.csv"]).names == fit().names
    with paths["residuals.csv"].open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 15
    assert float(rows[0]["prediction"]) == report.residuals[0].prediction
    assert paths["report.html"].read_text().count("<table>") == 3


def test_a_point_of_another_shape_or_none_is_refused():
    with pytest.raises(SettingError, match=r"the point has shape \(2,\); give one number for each of the 3"):
        fit().report([1.0, 2.0])


@pytest.mark.parametrize("loss", ["sae", "rmse", "huber"])
def test_each_loss_has_a_report(loss):
    one = fit(loss=loss)
    assert one.report().loss == pytest.approx(one(one.x0))

"""The profile of a parameter is made of managed runs, one for each of its values, which go on where they were cut."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import glompo
from glompo.calibration import Calibration, Data, Entry, Parameter, Parameters, Prior
from glompo.errors import SettingError

TIMES = (0.0, 1.0, 2.0, 3.0)
BUDGET = {"max_evaluations": 40, "max_jobs": 1, "rng": 1, "backend": "threads"}


def decay(values, wanted):
    return {"level": values["start"] * np.exp(-values["rate"] * wanted["level"])}


@pytest.fixture
def fit() -> Calibration:
    rows = [
        Parameter("start", 1.0, 0.1, 5.0, scale="log"),
        Parameter("rate", 0.5, 0.1, 2.0, scale="log", prior=Prior("normal", 0.5, 0.1)),
    ]
    data = [Entry("level", 2.0 * float(np.exp(-0.4 * at)), 0.05, at=at) for at in TIMES]
    return Calibration(decay, Parameters(rows), Data(data))


def test_each_value_is_held_while_the_others_are_found_with_its_prior_in_the_loss(fit: Calibration, tmp_path: Path):
    found = glompo.profile(fit, "rate", [0.3, 0.4, 0.5], working_dir=tmp_path, **BUDGET)
    assert [point.value for point in found] == [point.x[1] for point in found] == [0.3, 0.4, 0.5]
    assert [point.run_dir for point in found] == [tmp_path / "0.3", tmp_path / "0.4", tmp_path / "0.5"]
    assert min(found, key=lambda point: point.fx).value == 0.4
    assert found[1].x[0] == pytest.approx(2.0, rel=1e-3)
    assert found[1].fx == pytest.approx(1.0, rel=1e-3)  # one width from the centre of its prior


def test_the_same_call_takes_what_is_there_and_goes_on(fit: Calibration, tmp_path: Path):
    first = glompo.profile(fit, "rate", [0.3], working_dir=tmp_path, **BUDGET)
    both = glompo.profile(fit, "rate", [0.3, 0.4], working_dir=tmp_path, **BUDGET)
    assert both[0].fx == first[0].fx
    assert glompo.load(tmp_path / "0.3").result.nfev == 40


@pytest.mark.parametrize(
    ("name", "points", "told"),
    [
        ("rat", [0.3], r"the task has no parameter 'rat'; it has start, rate"),
        ("rate", [0.3, 3.0], r"points hold 3.0; give values of 'rate' between 0.1 and 2.0"),
    ],
)
def test_a_name_or_value_that_does_not_exist_is_refused_before_any_run(fit, tmp_path, name, points, told):
    with pytest.raises(SettingError, match=told):
        glompo.profile(fit, name, points, working_dir=tmp_path, **BUDGET)
    assert list(tmp_path.iterdir()) == []

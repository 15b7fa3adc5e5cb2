"""What a calibration has recorded gives the same numbers as its model."""

import numpy as np
import pytest

import glompo
from glompo.calibration import Calibration, Data, Entry, Parameter, Parameters
from glompo.calibration.losses import loss_of
from glompo.read import Recording, load
from glompo.show.columns import FitRecord, Tables


def line(values, wanted):
    return {name: values["slope"] * places + values["offset"] for name, places in wanted.items()}


DATA = Data(
    [Entry("y", 2.0 * t + 1.0 + 0.3 * (-1) ** t, 0.1, at=float(t), group="y") for t in range(1, 9)]
    + [Entry("z", 9.0, 2.0, at=4.0, group="z"), Entry("y", 21.0, 0.1, at=10.0, split="validation")],
    weights={"z": 3.0},
)
PARAMETERS = Parameters([Parameter("slope", 1.0, -5.0, 5.0), Parameter("offset", 0.0, -5.0, 5.0)])


def recorded(tmp_path, tables=True, **settings):
    """Return a calibration, its run, and what the run has recorded of it."""
    fit = Calibration(line, PARAMETERS, DATA, **settings)
    glompo.minimize(fit, max_evaluations=150, rng=1, working_dir=tmp_path / "run", max_jobs=2)
    found = FitRecord()
    found.tables = Tables(fit.training, loss_of(fit.loss)) if tables else None
    Recording(tmp_path / "run", found.take).poll()
    return fit, load(tmp_path / "run").result, found.columns()


@pytest.mark.parametrize("loss", ["sse", "huber", "sae", "rmse"])
def test_record_and_model_give_the_same_predictions_and_losses(tmp_path, loss):
    fit, result, columns = recorded(tmp_path, loss=loss, record_residuals=True)
    references, predictions = columns.parity
    np.testing.assert_array_equal(references, fit.training.reference)
    np.testing.assert_allclose(predictions, fit.predictions(result.x), rtol=1e-10)
    assert columns.loss[-1] == result.fx
    assert columns.groups == columns.members[:1] + columns.members[-1:] == ("y", "z")
    assert columns.sums.shape == (len(columns.number), 2)
    assert columns.count == 150
    assert [number for number, _, _ in result.trail()] == columns.number.tolist()


def test_without_residuals_there_are_the_sums_and_without_data_the_residuals(tmp_path):
    _, _, columns = recorded(tmp_path / "a", loss="sae")
    assert (columns.residuals.size, columns.parity[0].size, len(columns.groups)) == (0, 0, 2)
    _, _, columns = recorded(tmp_path / "b", tables=False, record_residuals=True)
    assert (columns.residuals.size, columns.parity[0].size, columns.members) == (9, 0, ())


def test_another_task_has_recorded_nothing_of_the_kind(tmp_path):
    glompo.minimize(lambda x: float(x @ x), [(-1, 1)] * 2, max_evaluations=50, rng=1, working_dir=tmp_path / "run")
    found = FitRecord()
    Recording(tmp_path / "run", found.take).poll()
    assert found.columns().groups == ()
    assert found.columns().number.size == 0

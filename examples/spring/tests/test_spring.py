"""The program of the example is a model by its configuration alone."""

import shutil
from pathlib import Path

import pytest

from glompo.cli.config import arguments, read_config
from glompo.errors import TaskContractError

HERE = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.skipif(shutil.which("awk") is None, reason="needs awk")


def fit():
    return arguments(read_config(HERE / "fit.toml"), HERE)["task"]


def test_the_values_behind_the_data_fit_them():
    task = fit()
    assert task.names == ("stiffness", "linear", "quadratic")
    assert task([22, 0.31, 0.45]) / len(task.training) < 2.0
    assert task.validation_loss([22, 0.31, 0.45]) / len(task.validation) < 2.0
    assert task(task.x0) > 1000


def test_a_program_that_stops_early_is_a_failed_evaluation_with_its_reason():
    task = fit()
    task(task.x0)
    task.model._command = ("sh", "-c", "printf 'time position\\n0 1\\n1 0.5\\n' > spring.out")
    task.model._keep = "none"
    with pytest.raises(ValueError, match=r"'position' from 0 to 1, but wanted from 0\.2 to 4"):
        task(task.x0)


def test_a_program_that_stops_early_at_the_values_of_the_table_is_refused_with_the_row():
    task = fit()
    task.model._command = ("sh", "-c", "printf 'time position\\n0 1\\n1 0.5\\n' > spring.out")
    task.model._keep = "none"
    with pytest.raises(TaskContractError, match=r"positions\.csv:3: 'position' failed: .*'position' from 0 to 1"):
        task(task.x0)

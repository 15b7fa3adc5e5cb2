"""A program that leaves many numbers: those that cannot be used are told where they are wanted, and nowhere else."""

import json
import sys

import numpy as np
import pytest

from glompo.calibration import Calibration, Data, Entry, Parameter, Parameters
from glompo.errors import TaskContractError
from glompo.tasks.command import CommandTask

PARAMETERS = Parameters([Parameter("a", 1.0, 0.0, 10.0)])
DATA = Data(
    [
        Entry("y", 1.0, at=1.0, where="data.csv:2"),
        Entry("y", 2.0, at=2.5, where="data.csv:3"),
        Entry("total", 3.0, where="data.csv:4"),
    ]
)
LEFT = {"time": [0.0, 1.0, 3.0], "y": [0.0, 1.0, 3.0], "total": 3.0}


def fit(tmp_path, **changed):
    content = json.dumps({name: value for name, value in (LEFT | changed).items() if value is not ...})
    command = [sys.executable, "-c", "import sys; open('out.json', 'w').write(sys.argv[1])", content]
    settings = {"names": ["a"], "stdin": "json", "output": "json:out.json", "at": "time"}
    return Calibration(CommandTask(command, directory=tmp_path / "scratch", **settings), PARAMETERS, DATA)


def test_series_are_interpolated_and_what_is_not_wanted_may_be_anything(tmp_path):
    task = fit(tmp_path, status="done", table=[[1, 2], [3, 4]], other=[1.0])
    assert task.predictions([1.0]).tolist() == [1.0, 2.5, 3.0]
    assert not list((tmp_path / "scratch").iterdir())


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (
            {"total": "many"},
            r"data\.csv:4: 'total' failed: ValueError: 'total' is 'many', no number and no list",
        ),
        ({"y": [1.0, 2.0]}, r"data\.csv:2: 'y' failed: ValueError: out\.json has 2 values of 'y' for 3 places"),
        ({"time": [1.5, 2.0, 3.0]}, r"data\.csv:2: 'y' failed: .* has 'y' from 1\.5 to 3, but wanted from 1 to 2\.5"),
        ({"total": [1.0, 2.0, 3.0]}, r"data\.csv:4: 'total' failed: .* has a series for 'total', of which a single"),
        ({"total": ...}, r"data\.csv:4: the model gave no 'total'; it gave 'y'"),
        ({"y": [0.0, np.nan, 1.0]}, r"data\.csv:2: the model gave nan for 'y' at 1"),
    ],
)
def test_what_cannot_be_used_names_the_row_that_wants_it_and_the_scratch_directory_is_kept(changed, told, tmp_path):
    with pytest.raises(TaskContractError, match=told) as raised:
        fit(tmp_path, **changed)([1.0])
    kept = list((tmp_path / "scratch").iterdir())
    assert len(kept) == ("nan" not in told)
    assert ("failed: ValueError" in str(raised.value)) == any(str(one) in str(raised.value) for one in kept)

